"""The Parley protocol over a WebSocket."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from models.protocols import Samples
from pipeline.devices.network.sender import FRAME
from pipeline.devices.opus import OpusEncoder
from pipeline.devices.pcm import to_pcm16
from pipeline.packets import Picture
from pipeline.runners.serve.client_session import ClientSession
from pipeline.runners.serve.outbox import NORMAL, Outbox
from pipeline.runners.serve.parley.connection import ParleyConnection, read_message
from pipeline.runners.serve.refusal import Refused
from pipeline.runners.serve.security import AccessControl
from pipeline.runners.serve.sessions import Sessions
from pipeline.wire import from_client, from_server
from pipeline.wire.fields import Message
from pipeline.wire.frames import HEADER, PICTURE, SOUND, BadFrame, Frame, pack, unpack

HELLO = 5.0
"""Seconds in which a client must say hello."""
BYTES = 1024 * 1024
"""Bytes of a binary frame at most, without its header."""
_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
"""The first bytes of the accepted picture files, and their media types."""


def routes(sessions: Sessions, access: AccessControl) -> list[BaseRoute]:
    """Return the route at which clients of the Parley protocol connect."""

    async def parley(socket: WebSocket) -> None:
        await socket.accept()
        await WebSocketConnection(socket, sessions, access).serve()

    return [WebSocketRoute("/parley", parley)]


class WebSocketConnection(ParleyConnection):
    """A connection over a WebSocket."""

    def __init__(self, socket: WebSocket, sessions: Sessions, access: AccessControl) -> None:
        super().__init__(sessions, access)
        self._socket = socket
        self._pack: Callable[[Samples], bytes] = to_pcm16
        self._sequence = 0
        self._outbox = Outbox(socket, self._refuse)

    async def serve(self) -> None:
        """Serve the client until it leaves or is refused."""
        try:
            await self._outbox.exchange(self._read())
        finally:
            self.leave()

    # --- reading -----------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            await self._wait_for_hello()
            while True:
                received = await self._socket.receive()
                with self.forgiving():
                    self._take(received)
        except Refused as refusal:
            self._refuse(refusal)
        except WebSocketDisconnect:
            pass

    async def _wait_for_hello(self) -> None:
        try:
            async with asyncio.timeout(HELLO):
                received = await self._socket.receive()
        except TimeoutError:
            raise Refused("hello-first", f"no hello within {HELLO:g} s") from None
        hello = read_message(_text(received)) if received.get("bytes") is None else None
        if not isinstance(hello, from_client.Hello):
            raise Refused("hello-first", 'the first message must be a hello: {"type": "hello", "protocol": 1}')
        self.greet(hello)

    def _take(self, received: Any) -> None:
        data = received.get("bytes")
        if data is None:
            message = read_message(_text(received))
            self.do(self._expect_client(), message)
            if isinstance(message, from_client.Bye):
                self._outbox.finish(NORMAL)
            return
        client = self._expect_client()
        if len(data) > BYTES + HEADER:
            raise Refused("too-long", f"a frame of {len(data)} bytes; {BYTES} after its header is the most")
        frame = unpack(data)
        if frame.kind == PICTURE:
            self.look(client, _picture(frame, client.session.now()))
        else:
            self.hear(client, frame)

    def _expect_client(self) -> ClientSession:
        if self.client is None:
            raise WebSocketDisconnect
        return self.client

    # --- writing -----------------------------------------------------------------------------------------------------

    def welcome(self, welcome: from_server.Welcome) -> None:
        form = welcome.audio_out
        if form.codec == "opus":
            self._pack = OpusEncoder(form.sample_rate, round(FRAME * form.sample_rate)).encode
        self.tell(welcome)

    def tell(self, message: Message) -> None:
        self._outbox.put(message.model_dump_json())

    def close(self, error: from_server.Error) -> None:
        self.tell(error)
        self._outbox.finish()

    def sound(self, timestamp: int, samples: Samples) -> None:
        self._outbox.put(pack(SOUND, self._sequence, timestamp, self._pack(samples)), sound=True)
        self._sequence += 1

    def flush(self) -> None:
        self._sequence -= self._outbox.drop_sound()  # or the client would take the dropped frames for lost
        self.tell(from_server.Flush())


def _text(received: Any) -> str:
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", 1000))
    return received.get("text") or ""


def _picture(frame: Frame, now: float) -> Picture:
    for first, media_type in _PICTURES.items():
        if frame.payload.startswith(first):
            return Picture(media_type, base64.b64encode(frame.payload).decode(), now)
    raise BadFrame("a picture must be a PNG, JPEG or WebP file")
