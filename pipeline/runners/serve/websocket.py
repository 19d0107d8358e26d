"""The Parley protocol over a WebSocket."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from pydantic import ValidationError
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from models.protocols import Samples
from pipeline.devices.opus import RATES, OpusEncoder
from pipeline.devices.remote import FRAME, RemotePlayer
from pipeline.errors import MediaError
from pipeline.packets import Picture
from pipeline.runners.serve.allowance import Allowance
from pipeline.runners.serve.parlour import Parlour
from pipeline.runners.serve.refusal import Refused
from pipeline.runners.serve.security import Guard
from pipeline.runners.serve.visit import Visit
from pipeline.wire import messages as wire
from pipeline.wire.frames import PICTURE, SOUND, BadFrame, Frame, pack, unpack

log = logging.getLogger(__name__)

HELLO = 5.0
"""Seconds in which a client says hello."""
TEXT, BYTES = 64 * 1024, 1024 * 1024
"""The longest message, and the largest picture, in bytes."""
OUTSTANDING = 512
"""Messages and frames that wait to be sent at most; the line of a client that reads more slowly is cut."""
MISTAKES = 100
"""Messages that are not understood, until the line is cut."""
POLICY = 1008
"""The WebSocket close code of a client that broke a rule (RFC 6455, section 7.4.1)."""
_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
"""First bytes of the files that are taken."""


def routes(parlour: Parlour, guard: Guard) -> list[BaseRoute]:
    """Where clients of the Parley protocol come in."""

    async def parley(socket: WebSocket) -> None:
        await socket.accept()
        await WebSocketLine(socket, parlour, guard).serve()

    return [WebSocketRoute("/parley", parley)]


class WebSocketLine:
    """One connection. Is the visit's `Line`, and the player's `Outlet`."""

    def __init__(self, socket: WebSocket, parlour: Parlour, guard: Guard) -> None:
        self._socket, self._parlour, self._guard = socket, parlour, guard
        self._visit: Visit | None = None
        self._player: RemotePlayer | None = None
        self._pack: Callable[[Samples], bytes] = pcm16
        self._sequence = 0
        self._outbox: deque[str | bytes] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._mistakes = 0
        self._allowance = Allowance()

    async def serve(self) -> None:
        """Serve the client until it goes, or has to."""
        writing = asyncio.create_task(self._write())
        reading = asyncio.create_task(self._read())
        try:  # the writer ends where the line is closed from here, the reader where the client goes
            await asyncio.wait([writing, reading], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, reading):
                task.cancel()
            await asyncio.gather(writing, reading, return_exceptions=True)
            if self._visit and self._player and self._visit.line is self:
                self._player.detach()
                self._visit.detach(self)

    # --- reading -----------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            await self._greet()
            while True:
                await self._take(await self._socket.receive())
        except Refused as refusal:
            self._parlour.totals.refusals[refusal.code] += 1
            self.close(refusal.message())
            await asyncio.sleep(HELLO)  # the writer ends earlier, where the client reads
        except WebSocketDisconnect:
            pass

    async def _greet(self) -> None:
        try:
            async with asyncio.timeout(HELLO):
                received = await self._socket.receive()
        except TimeoutError:
            raise Refused("hello-first", f"no hello within {HELLO:g} s") from None
        hello = self._message(_text(received)) if received.get("bytes") is None else None
        if not isinstance(hello, wire.Hello):
            raise Refused("hello-first", 'the first message must be a hello: {"type": "hello", "protocol": 1}')
        if hello.protocol not in wire.SPOKEN:
            known = ", ".join(str(version) for version in sorted(wire.SPOKEN))
            raise Refused("unknown-protocol", f"protocol {hello.protocol} is not spoken here; {known} is")
        user = self._guard.user(hello.token, hello.user)
        if hello.session:
            self._come_back(hello, user)
        else:
            self._come_in(hello, user)

    def _come_in(self, hello: wire.Hello, user: str) -> None:
        player = RemotePlayer(_playable(hello.audio_out).sample_rate)
        visit = Visit(self._parlour, user, _playable(hello.audio_in), hello.mode)
        visit.give(player)
        self._join(visit, player, hello, _playable(hello.audio_out), resumed=False)
        self._parlour.receive(visit)

    def _come_back(self, hello: wire.Hello, user: str) -> None:
        visit = self._parlour.find(hello.session, hello.key)
        player = visit.sink
        if not isinstance(player, RemotePlayer):
            raise Refused("unknown-session", "that session is held over another kind of line; it cannot come here")
        form = wire.Format(codec=_playable(hello.audio_out).codec, sample_rate=player.sample_rate)
        player.detach(hello.heard)
        visit.ears.begin(_playable(hello.audio_in))
        self._join(visit, player, hello, form, resumed=True)

    def _join(self, visit: Visit, player: RemotePlayer, hello: wire.Hello, form: wire.Format, *, resumed: bool) -> None:
        visit.attach(self, hello.wants)
        self._visit, self._player = visit, player
        if form.codec == "opus":
            self._pack = OpusEncoder(form.sample_rate, round(FRAME * form.sample_rate)).encode
        session = visit.session
        past = (wire.Past(heard=e.heard, said=e.said, interrupted=e.interrupted) for e in session.history)
        self.tell(
            wire.Welcome(
                protocol=hello.protocol,
                session=session.name,
                key=visit.key,
                resumable=round(1000 * self._parlour.limits.resumable),
                resumed=resumed,
                user=visit.user,
                graph=session.graph.name,
                mode=visit.floor.policy,
                state=session.state.value,
                audio_in=visit.ears.form,
                audio_out=form,
                history=tuple(past) if resumed else (),
            )
        )
        player.attach(self, reports=hello.reports)

    async def _take(self, received: Any) -> None:
        data = received.get("bytes")
        try:
            if data is not None:
                self._take_frame(data)
            else:
                self._take_message(self._message(_text(received)))
        except (BadFrame, MediaError) as error:
            self._mistake(Refused("bad-audio", str(error)))
        except Refused as refusal:
            if refusal.code not in ("not-understood", "too-fast") or self._allowance.spent:
                raise
            self._mistake(refusal)

    def _take_frame(self, data: bytes) -> None:
        visit = self._expect_visit()
        if len(data) > BYTES:
            raise Refused("too-long", f"a frame of {len(data)} bytes; {BYTES} is the most")
        frame = unpack(data)
        if frame.kind == PICTURE:
            self._allowance.message()
            visit.floor.notice(_picture(frame, visit.session.now()))
        else:
            before = visit.ears.received
            visit.ears.frame(frame)
            self._allowance.sound(visit.ears.received - before)

    def _take_message(self, message: wire.Message) -> None:
        visit = self._expect_visit()
        self._allowance.message()
        if isinstance(message, wire.Played) and self._player:
            self._player.played(message.timestamp, playing=message.playing)
        else:
            visit.take(message)

    def _message(self, text: str) -> wire.Message:
        if len(text) > TEXT:
            raise Refused("too-long", f"a message of {len(text)} characters; {TEXT} is the most")
        try:
            message = wire.FROM_CLIENT.validate_json(text)
        except ValidationError as error:
            raise Refused("not-understood", _mistakes(error)) from None
        assert isinstance(message, wire.Message)  # noqa: S101  told to mypy
        return message

    def _expect_visit(self) -> Visit:
        if self._visit is None or self._visit.line is not self:
            raise WebSocketDisconnect
        return self._visit

    def _mistake(self, refusal: Refused) -> None:
        self._mistakes += 1
        if self._mistakes >= MISTAKES:
            raise refusal
        self._parlour.totals.refusals[refusal.code] += 1
        self.tell(refusal.message(fatal=False))

    # --- writing -----------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # the client is gone; the reader knows as well
            while True:
                while self._outbox:
                    item = self._outbox.popleft()
                    if isinstance(item, str):
                        await self._socket.send_text(item)
                    else:
                        await self._socket.send_bytes(item)
                if self._closing:
                    break
                self._wake.clear()
                await self._wake.wait()
            await self._socket.close(POLICY)

    def _put(self, item: str | bytes) -> None:
        if self._closing:
            return
        self._outbox.append(item)
        self._wake.set()
        if len(self._outbox) > OUTSTANDING:
            self._outbox.clear()
            self._parlour.totals.refusals["too-slow"] += 1
            self.close(Refused("too-slow", f"{OUTSTANDING} messages waited for you to read them").message())

    def tell(self, message: wire.Message) -> None:
        """Send a message."""
        self._put(message.model_dump_json())

    def close(self, error: wire.Error) -> None:
        """Say why, and close."""
        self.tell(error)
        self._closing = True
        self._wake.set()

    # --- the player's outlet -----------------------------------------------------------------------------------------

    def sound(self, timestamp: int, samples: Samples) -> None:
        """Send a frame of the answer."""
        self._put(pack(SOUND, self._sequence, timestamp, self._pack(samples)))
        self._sequence += 1

    def sync(self, timestamp: int, position: float) -> None:
        """Tell where an answer lies in the stream of sound."""
        if self._visit:
            self._visit.telling.sync(timestamp, position)

    def flush(self) -> None:
        """Let the client drop what it was sent."""
        kept = [item for item in self._outbox if isinstance(item, str)]
        self._outbox.clear()
        self._outbox.extend(kept)
        self.tell(wire.Flush())

    def show(self, packet: Any) -> None:
        """Send what is seen of the answer."""
        if self._visit:
            self._visit.telling.show(packet)


def pcm16(samples: Samples) -> bytes:
    """As 16-bit little-endian."""
    return bytes(np.clip(samples * 32_767.0, -32_768, 32_767).astype("<i2"))


def _text(received: Any) -> str:
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", 1000))
    return received.get("text") or ""


def _playable(form: wire.Format) -> wire.Format:
    if form.codec == "opus" and form.sample_rate not in RATES:
        raise Refused("bad-audio", f"Opus knows no {form.sample_rate} Hz, only {', '.join(map(str, RATES))}")
    return form


def _picture(frame: Frame, now: float) -> Picture:
    for first, media_type in _PICTURES.items():
        if frame.payload.startswith(first):
            return Picture(media_type, base64.b64encode(frame.payload).decode(), now)
    raise BadFrame("a picture must be a PNG, JPEG or WebP file")


def _mistakes(error: ValidationError) -> str:
    """What is wrong, without what the client said."""
    found = [f"{'.'.join(str(part) for part in each['loc']) or 'message'}: {each['msg']}" for each in error.errors()]
    return "; ".join(found[:3])
