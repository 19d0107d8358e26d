"""Tokens that say who a user is: JSON Web Tokens, signed with a secret of this machine's user or of the environment."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jwt

from pipeline.devices.files.paths import shown
from pipeline.errors import PipelineError
from pipeline.wire.fields import NAME

VARIABLE: Final = "PARLEY_SECRET"
"""The environment variable that holds the secret itself, instead of the file."""
ALGORITHM: Final = "HS256"
"""The only algorithm that is accepted. A token names its own algorithm, and with a weak one anyone could sign it."""
AUDIENCE: Final = "parley"
SHORTEST: Final = 32
"""Bytes of a secret at least: as many as the signature has (RFC 7518, 3.2)."""
SKEW: Final = 30.0
"""Seconds by which the clocks of two machines may differ."""


class TokenInvalid(PipelineError):
    """A token is not accepted. The message does not tell which part of it is wrong."""


class TokenExpired(TokenInvalid):
    """A token was valid, and has expired."""


class BadName(PipelineError):
    """A text cannot be a user's name."""


class SecretUnusable(PipelineError):
    """The secret is missing, too short, or cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Secret:
    """The key that signs tokens. Its file is read each time, so that a new secret ends all tokens at once."""

    path: Path
    given: bytes | None = None
    """The secret itself, used instead of the file."""

    def read(self) -> bytes | None:
        """Return the secret, or None where none was made yet. Raises SecretUnusable."""
        if self.given is not None:
            return _long_enough(self.given, VARIABLE)
        try:
            return _long_enough(self.path.read_bytes().strip(), shown(self.path))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SecretUnusable(f"{shown(self.path)}: cannot be read: {error.strerror}") from error

    def make(self) -> bytes:
        """Return the secret, and make it the first time. Raises SecretUnusable."""
        return self.read() or self._write(replace=False)

    def renew(self) -> None:
        """Make a new secret, which ends all tokens that were made before. Raises SecretUnusable."""
        if self.given is not None:
            raise SecretUnusable(f"the secret is in the environment; give {VARIABLE} another value where servers start")
        self._write(replace=True)

    def _write(self, *, replace: bool) -> bytes:
        """Write a new secret as a whole, readable for its owner alone. Another process's secret stays unless `replace`
        is set."""
        secret = secrets.token_hex(SHORTEST).encode()
        draft = self.path.parent / f".{secrets.token_hex(8)}.part"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(file, "wb") as stream:
                    stream.write(secret)
                    stream.flush()
                    os.fsync(stream.fileno())
                if replace:
                    os.replace(draft, self.path)
                else:
                    os.link(draft, self.path)  # fails where another process was first, whose secret stays
            finally:
                draft.unlink(missing_ok=True)
        except FileExistsError:
            return self.read() or secret
        except OSError as error:
            raise SecretUnusable(
                f"{shown(self.path)}: cannot be written: {error.strerror}; or put a secret of {SHORTEST} characters or "
                f"more into {VARIABLE}"
            ) from error
        return secret


def _long_enough(secret: bytes, place: str) -> bytes:
    if len(secret) < SHORTEST:
        raise SecretUnusable(
            f"{place}: a secret of {len(secret)} characters, expected {SHORTEST} or more that nobody guesses; "
            "such as: openssl rand -hex 32"
        )
    return secret


def secret_of_this_user() -> Secret:
    """Return the secret of the environment, or the one in the user's data folder of this system."""
    from platformdirs import user_data_path

    given = os.environ.get(VARIABLE)
    return Secret(user_data_path("parley", appauthor=False) / "secret", given.encode() if given else None)


def issue(secret: bytes, user: str, seconds: float) -> str:
    """Return a token for `user` that is valid for `seconds`. Raises BadName."""
    name = user.strip()
    if not name or len(name) > NAME or not name.isprintable():
        raise BadName(f"found {user!r}, expected a user's name of 1 to {NAME} characters on one line")
    now = time.time()
    return jwt.encode({"sub": name, "aud": AUDIENCE, "iat": int(now), "exp": int(now + seconds)}, secret, ALGORITHM)


def user_of(token: str, secret: bytes | None) -> str:
    """Return the user of a token; without a secret no token is valid. Raises TokenInvalid, and TokenExpired where it
    was valid.

    The signature is compared in constant time, before anything in the token is trusted."""
    wrong = "the token is not one of this server's; make one where it runs: parley token create --user NAME"
    if secret is None:
        raise TokenInvalid(wrong)
    try:
        claims = jwt.decode(
            token,
            secret,
            [ALGORITHM],
            audience=AUDIENCE,
            leeway=SKEW,
            options={"require": ["sub", "aud", "exp"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenExpired("the token has expired; make another: parley token create --user NAME") from error
    except jwt.InvalidTokenError as error:
        raise TokenInvalid(wrong) from error
    user: str = claims["sub"]
    return user
