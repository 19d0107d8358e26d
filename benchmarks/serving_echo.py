"""A server that sends every user's sound back to them: python benchmarks/serving_echo.py parley|bare

`parley` is Parley's own path (HTTP server, connections, receiver, frames) with an echo in place of the conversation.
`bare` is uvicorn alone with the same frames. It prints its port when it listens, and stops when its standard input
ends.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import uvloop
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from pipeline.packets import Audio
from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.client_session import ClientSession
from pipeline.runners.serve.http_server import allow_connections, listen, serving
from pipeline.runners.serve.parley import connection, websocket
from pipeline.runners.serve.security import AccessControl
from pipeline.runners.serve.sessions import Sessions
from pipeline.runners.serve.settings import Address
from pipeline.runners.serve.tokens import secret_of_this_user
from pipeline.runtime.sink import Sink
from pipeline.runtime.turn_taking.conversation import Conversation
from pipeline.testing import scripted_graph
from pipeline.wire.frames import WRAP

MOST = 4000
"""Connections at most."""


class Echoing(Conversation):
    """A conversation that sends back the sound that it hears."""

    def __init__(self, client: ClientSession, conversation: Conversation) -> None:
        super().__init__(conversation.session, conversation.floor, conversation.sink)
        self._client = client

    async def run(self, source: AsyncIterator[Audio]) -> None:
        """Send each piece of sound back as it comes."""
        timestamp = 0
        async for piece in source:
            if isinstance(downlink := self._client.connection, connection.ParleyConnection):
                downlink.sound(timestamp, piece.samples)
            timestamp = (timestamp + piece.samples.size) % WRAP


class EchoSession(ClientSession):
    """A session that echoes."""

    def use_sink(self, sink: Sink) -> None:
        super().use_sink(sink)
        assert self.conversation
        self.conversation = Echoing(self, self.conversation)


async def echo(socket: WebSocket) -> None:
    """Send back what comes, with only the socket."""
    await socket.accept()
    try:
        while True:
            received: Any = await socket.receive()
            if received.get("bytes") is not None:
                await socket.send_bytes(received["bytes"])
            elif received["type"] == "websocket.disconnect":
                return
            else:
                await socket.send_text('{"type":"welcome"}')
    except WebSocketDisconnect:
        return


async def main(kind: str) -> None:
    """Serve until standard input ends."""
    allow_connections(MOST)
    listener = listen(Address(port=0))
    async with Sessions(scripted_graph("assistant"), Limits(sessions=MOST)) as sessions:
        vars(connection)["ClientSession"] = EchoSession  # nothing of the product is made for echoes
        routes = websocket.routes(sessions, AccessControl(secret_of_this_user(), required=False))
        app: ASGIApp = Starlette(routes=routes if kind == "parley" else [WebSocketRoute("/parley", echo)])
        async with serving(app, listener, None, MOST):
            gc.collect()
            gc.freeze()  # as the product does
            print(listener.getsockname()[1], flush=True)
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
