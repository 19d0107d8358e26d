"""Who may come in: users with their tokens, and pages with their origins."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from models.context import User, known_as
from pipeline.runners.serve.refusal import Refused
from pipeline.runners.serve.tokens import Secret, SecretUnusable, TokenInvalid, user_of
from pipeline.wire.fields import NAME

log = logging.getLogger(__name__)

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine that no name server tells."""

_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)


class Guard:
    """Knows users by their tokens, and which pages may speak to this server.

    Where no token is required, anybody is who they say they are; a token is still checked if one is given. The server's
    own pages may always speak to it. `origins` are those of other pages, such as ``https://example.org``."""

    def __init__(
        self,
        secret: Secret,
        *,
        required: bool,
        origins: Iterable[str] = (),
        default: str = "",
    ) -> None:
        self._secret, self.required, self._default = secret, required, default
        self.origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        self._hosts = LOOPBACK | {host_of(urlsplit(origin).netloc) for origin in self.origins}

    def user(self, token: str, claimed: str = "") -> User:
        """The user whose token it is, or without one the user who they claim to be. Raises Refused."""
        if not self.required and not _TOKEN.fullmatch(token):
            token = ""  # clients made for other servers send some key whatever it is
        if token:
            try:
                return known_as(user_of(token, self._secret.read()))
            except TokenInvalid as error:
                raise Refused("unauthorised", str(error)) from error
            except SecretUnusable as error:
                log.error("tokens cannot be checked: %s", error)
                raise Refused("unauthorised", "this server cannot check tokens just now; its log says why") from error
        if self.required:
            raise Refused(
                "unauthorised", "this server wants a token; make one where it runs: parley token create --user NAME"
            )
        name = claimed.strip() or self._default
        if len(name) > NAME or not name.isprintable():
            raise Refused("not-understood", f"a user's name has up to {NAME} printable characters, on one line")
        return known_as(name)

    def knows(self, host: str) -> bool:
        """Whether a request to that host (the header ``Host``) may be for this server.

        Where no token is required, a page elsewhere could else have its own name server say that its name is this
        machine, and would be of the same origin (DNS rebinding)."""
        return self.required or host_of(host) in self._hosts

    def allows(self, origin: str | None, host: str) -> bool:
        """Whether a page of that origin may speak to the server that it calls `host`; programs have no origin."""
        if origin is None or origin.lower() in self.origins:
            return True
        scheme, _, netloc = origin.lower().partition("://")
        return scheme in {"http", "https"} and netloc == host.lower()


def host_of(netloc: str) -> str:
    """The host of ``host:port``, in lower case and without an IPv6 address's brackets; empty where it is none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def bearer(authorization: str) -> str:
    """The token of a header ``Authorization: Bearer ...``; empty where it is another."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
