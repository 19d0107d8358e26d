"""Access: users with their tokens, and pages with their origins."""

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
"""Names of this machine that no name server gives."""

_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)


class AccessControl:
    """Knows users by their tokens, and knows which pages may use this server.

    Where no token is required, users are who they claim to be; a token is still checked where one is given. The
    server's own pages may always use it. `origins` are those of other pages, such as ``https://example.org``."""

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
        """Return the user whose token it is, or without a token the user whom the client claims. Raises Refused."""
        if not self.required and not _TOKEN.fullmatch(token):
            token = ""  # clients that were made for other servers send any key
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
        """Whether a request to that host (the header ``Host``) may be meant for this server.

        Without tokens, a page elsewhere could make its own name point to this machine, and would then have the same
        origin as this server (DNS rebinding)."""
        return self.required or host_of(host) in self._hosts

    def allows(self, origin: str | None, host: str) -> bool:
        """Whether a page of that origin may use the server that it calls `host`. Programs send no origin."""
        if origin is None or origin.lower() in self.origins:
            return True
        scheme, _, netloc = origin.lower().partition("://")
        return scheme in {"http", "https"} and netloc == host.lower()


def host_of(netloc: str) -> str:
    """Return the host of ``host:port`` in lower case and without the brackets of an IPv6 address; empty where there is
    none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def bearer(authorization: str) -> str:
    """Return the token of a header ``Authorization: Bearer ...``; empty where the header is another one."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
