"""Checks that every request passes first: the server is ready, the host is right, and the page may ask."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.runners.serve.security import AccessControl

HEALTH: Final = "/healthz"

HEADERS: Final = {
    # Nothing comes from other hosts. A face that a user drops on the page, and its pictures, are blobs.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self'",
            "connect-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Permissions-Policy": (
        "microphone=(self), speaker-selection=(self), autoplay=(self), xr-spatial-tracking=(self), camera=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Status(StrEnum):
    """Whether a server can answer."""

    LOADING = "loading"
    READY = "ready"
    SHUTTING_DOWN = "shutting-down"


class Standing:
    """The present status of a server, set by the code that runs it."""

    status = Status.LOADING


class Gate:
    """Middleware around the whole application, so that no transport inside it checks again."""

    def __init__(self, app: ASGIApp, access: AccessControl, standing: Standing) -> None:
        self._app, self._access, self._standing = app, access, standing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        app: ASGIApp = self._refused(scope) or self._app
        # WebSocket messages have no headers, and there are many of them.
        await app(scope, receive, answer if scope["type"] == "http" else send)

    def _refused(self, scope: Scope) -> Response | None:
        """Return the response that refuses the request, or None. A WebSocket gets it instead of its handshake."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._access.knows(host):
            return PlainTextResponse(
                f"this server is not called {host[:100]!r}; give --origin where it should be, or call it localhost\n",
                421,
            )
        if scope["type"] == "websocket" or scope["method"] not in {"GET", "HEAD"}:
            origin = headers.get("origin")
            if not self._access.allows(origin, host):
                return PlainTextResponse(
                    f"pages of {(origin or '')[:100]!r} may not speak to this server; it can be told --origin\n", 403
                )
        if self._standing.status is Status.READY or scope["path"] == HEALTH:
            return None
        # A browser that was opened too early asks again by itself.
        return PlainTextResponse(
            f"Parley is {self._standing.status.replace('-', ' ')}; come back in a moment.\n",
            503,
            {"Retry-After": "2", "Refresh": "2"},
        )
