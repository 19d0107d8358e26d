"""The web application: the routes of every protocol, the page, the schema, health and metrics."""

from __future__ import annotations

import time
from importlib import resources
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from pipeline.runners.serve import realtime
from pipeline.runners.serve.gate import HEALTH, Gate, Standing, Status
from pipeline.runners.serve.metrics import Metrics
from pipeline.runners.serve.parley import webrtc, websocket
from pipeline.runners.serve.refusal import Refused
from pipeline.runners.serve.security import AccessControl
from pipeline.runners.serve.sessions import Sessions
from pipeline.wire.from_server import Code
from pipeline.wire.schema import schema

HASHED: Final = "assets"
"""The folder of files whose names change with their contents."""
_FOR_EVER, _ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"
_STATUS: Final[dict[Code, int]] = {"unauthorised": 401, "too-many-sessions": 429, "shutting-down": 503, "too-long": 413}
"""The HTTP status for each code of the protocol; all other codes get 400."""

_NO_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Parley</title>
<h1>Parley is here, but its page is not</h1>
<p>This copy of the source has no built page. Build it in <code>pipeline/web</code>: <code>npm ci &amp;&amp; npm run
build</code></p>
<p>Clients connect to the WebSocket at <code>/parley</code>; <a href="/protocol.schema.json">the messages</a>.</p>
</html>
"""


def app(sessions: Sessions, access: AccessControl, metrics: Metrics, standing: Standing) -> ASGIApp:
    """Return the application that answers every request, as long as `sessions` admits users."""
    began = time.monotonic()

    async def health(_: Request) -> Response:
        told = {
            "status": standing.status,
            "graph": sessions.graph.name,
            "sessions": sessions.count,
            "uptime_s": round(time.monotonic() - began, 1),
        }
        return JSONResponse(told, 200 if standing.status is Status.READY else 503, {"Cache-Control": "no-store"})

    published = schema()

    async def protocol(_: Request) -> Response:
        return JSONResponse(published)

    routes: list[BaseRoute] = [
        *websocket.routes(sessions, access),
        *webrtc.routes(sessions, access),
        *realtime.routes(sessions, access),
        Route(HEALTH, health),
        Route("/protocol.schema.json", protocol),
        *metrics.routes(access),
        page(),
    ]
    elsewhere = Middleware(
        CORSMiddleware,
        allow_origins=sorted(access.origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
    )
    inner = Starlette(routes=routes, middleware=[elsewhere], exception_handlers={Refused: _refused})
    return Gate(metrics.counting(inner), access, standing)


def page() -> BaseRoute:
    """Return the page, or instructions to build it where it was not built."""
    built = Path(str(resources.files("pipeline").joinpath("web", "dist")))
    if (built / "index.html").is_file():
        return Mount("/", _Page(directory=built, html=True))

    async def missing(_: Request) -> Response:
        return HTMLResponse(_NO_PAGE)

    return Route("/", missing)


class _Page(StaticFiles):
    """The built page's files, and how long browsers keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        lasting = Path(path).parts[:1] == (HASHED,) and response.status_code in {200, 304}
        response.headers["Cache-Control"] = _FOR_EVER if lasting else _ASK_AGAIN
        return response


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)  # noqa: S101  told to mypy
    return JSONResponse(refusal.message().model_dump(), _STATUS.get(refusal.code, 400))
