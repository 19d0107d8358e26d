"""A simulated headset: a microphone, a loudspeaker and a connection to a server, at real speed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
from pydantic import ValidationError

from models.protocols import Samples
from pipeline.devices.files.wav import resampled
from pipeline.devices.opus import OpusDecoder, OpusEncoder
from pipeline.devices.pcm import from_pcm16, to_pcm16
from pipeline.errors import PipelineError
from pipeline.runners.headset.connecting import open_transport
from pipeline.runners.headset.network import PERFECT, Impairment
from pipeline.runners.headset.playout import Playout
from pipeline.runners.headset.transport import Transport, TransportError
from pipeline.wire import from_client, from_server
from pipeline.wire.fields import Format, Message
from pipeline.wire.frames import SOUND, WRAP, BadFrame, pack, unpack

M = TypeVar("M", bound=Message)

FRAME = 0.02
"""Seconds of sound in a frame of the microphone."""
REPORTS = 0.2
"""Seconds between two ``played`` messages."""
WELCOMED = 10.0
"""Seconds in which a server must answer ``hello``."""
PARTING = 1.0
"""Seconds in which a server may close the connection after ``bye``."""
BREATH = 0.1
"""Seconds without a frame that count as a pause, which is left out; within them, a slow headset catches up."""
TICK = 0.001
"""Seconds by which the loudspeaker is checked late, so that an expected change has happened."""
HELLO = from_client.Hello(client="parley headset")
"""The ``hello`` that a headset sends by default."""


@dataclass(frozen=True, slots=True)
class TimedMessage:
    """A message from the server."""

    at: float
    """The time at which it arrived."""
    message: Any
    """A message of `pipeline.wire.from_server`."""


class Headset:
    """One user with a headset that behaves as docs/protocol.md asks; an asynchronous context manager.

        async with Headset("ws://127.0.0.1:8088/parley") as headset:
            await headset.say(samples, 16_000)
            await headset.until(lambda: headset.of(Answered) and headset.playout.idle, 10.0)

    All times are those of the running event loop, in seconds."""

    def __init__(
        self, url: str, hello: from_client.Hello = HELLO, network: Impairment = PERFECT, seed: int = 0
    ) -> None:
        """`hello` has the formats, the mode, the token, and the session to resume; `seed` is that of the network's
        chance."""
        self.url, self.hello = url, hello
        self.messages: list[TimedMessage] = []
        """All messages of the server, but no sound."""
        self.playout: Playout
        """The sound that was heard. This attribute and the next exist once the headset is entered."""
        self.welcome: from_server.Welcome
        self.state = "idle"
        """The avatar's state, by the server's latest message."""
        self._network, self._seed = network, seed
        self._stack = AsyncExitStack()
        self._transport: Transport
        self._decode: Callable[[bytes], Samples]
        self._encode: Callable[[Samples], bytes]
        self._tasks: list[asyncio.Task[None]] = []
        self._failure: TransportError | None = None  # why the connection has ended
        self._welcomed = self._over = False
        self._change = asyncio.Event()
        self._breath = asyncio.Lock()
        self._sequence = self._timestamp = 0  # of the microphone's next frame
        self._due = 0.0  # when that frame is full
        self._silenced: int | None = None  # where a flush stopped the sound, until that is reported

    async def __aenter__(self) -> Self:
        """Connect. Raises TransportError where there is no server, or where it refuses."""
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()
        self._transport = await self._stack.enter_async_context(open_transport(self.url, self._network, self._seed))
        try:
            self._work(self._listen())
            await self.send(self.hello)
            if not await self.until(lambda: self._welcomed, WELCOMED):
                raise TransportError(f"{self.url}: no welcome within {WELCOMED:g} s; is it a Parley server?")
            self._work(self._report())
            if self.welcome.mode == "hands-free":
                self._work(self._breathe())
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._leave()

    async def _leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self._stack.aclose()
        for task in self._tasks:
            if not task.cancelled():
                task.result()

    # --- what its user does ------------------------------------------------------------------------------------------

    async def say(self, samples: Samples, sample_rate: int) -> tuple[float, float]:
        """Say `samples`, shape (n,), at real speed, with the key held if there is one.

        Returns the times at which that began and ended."""
        keyed = self.welcome.mode == "push-to-talk"
        async with self._breath:
            if keyed:
                await self.send(from_client.Press())
            began = self._loop.time()
            await self._speak(resampled(samples, sample_rate, self.welcome.audio_in.sample_rate))
            if keyed:
                await self.send(from_client.Release())
            return began, self._loop.time()

    async def send(self, message: Message) -> None:
        """Send any message, such as a typed line. Raises TransportError."""
        await self._transport.send(message.model_dump_json())

    async def leave(self) -> None:
        """End the session for good, and wait a moment until the server knows. Raises TransportError."""
        await self.send(from_client.Bye())
        with suppress(TransportError):
            await self.until(lambda: False, PARTING)

    def cut(self) -> None:
        """Lose the connection without telling the server.

        To come back, enter another headset whose hello names the session of this one."""
        self._transport.cut()

    # --- what it hears -----------------------------------------------------------------------------------------------

    def of(self, kind: type[M], start: int = 0) -> list[M]:
        """The messages of one kind among `messages`, from number `start` on."""
        return [one.message for one in self.messages[start:] if isinstance(one.message, kind)]

    def forget(self) -> None:
        """Forget the messages and the sound so far, so that a long session takes no more memory than a short one."""
        self.messages.clear()
        self.playout.forget()

    async def until(self, happened: Callable[[], Any], patience: float) -> bool:
        """Wait until `happened` is true; returns whether that took at most `patience` seconds.

        Raises TransportError where the connection ends before."""
        deadline = self._loop.time() + patience
        while not happened():
            if self._over:
                raise self._failure or TransportError(f"{self.url}: the server closed the connection")
            self._change.clear()
            left = deadline - self._loop.time()
            if left <= 0:
                return False
            try:
                await asyncio.wait_for(self._change.wait(), left)
            except TimeoutError:
                return bool(happened())
        return True

    # --- the connection ----------------------------------------------------------------------------------------------

    def _work(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _listen(self) -> None:
        """Take what arrives until the connection ends."""
        try:
            async with aclosing(self._transport.received()) as messages:
                async for data in messages:
                    self._take(data)
        except (PipelineError, ValidationError) as error:
            if self._failure is None:
                self._failure = error if isinstance(error, TransportError) else TransportError(f"{self.url}: {error}")
        finally:
            self._over = True
            self._change.set()

    def _take(self, data: str | bytes) -> None:
        now = self._loop.time()
        if isinstance(data, bytes):
            if not self._welcomed:
                raise BadFrame("a server sends no sound before its welcome")
            frame = unpack(data)
            self.playout.put(frame.sequence, frame.timestamp, self._decode(frame.payload), now)
            self._change.set()
            return
        message = from_server.FROM_SERVER.validate_json(data)
        match message:
            case from_server.Welcome(audio_out=sound, audio_in=microphone):
                self.playout = Playout(sound.sample_rate, paced=self._transport.paced)
                self._decode = _decoder(sound)
                self._encode = _encoder(microphone)
                self.welcome, self.state, self._welcomed = message, message.state, True
            case from_server.StateIs(state=state):
                self.state = state
            case from_server.Flush():
                self.playout.flush(now)
                self._silenced = self.playout.position
            case from_server.Error(fatal=True, code=code, message=reason):
                self._failure = TransportError(f"{self.url} refuses: {code}: {reason}")
            case _:
                pass
        self.messages.append(TimedMessage(now, message))
        self._change.set()

    # --- the microphone ----------------------------------------------------------------------------------------------

    async def _speak(self, samples: Samples) -> None:
        rate = self.welcome.audio_in.sample_rate
        pause = self._loop.time() - self._due
        if pause > BREATH:
            self._due += pause
            self._timestamp = (self._timestamp + round(pause * rate)) % WRAP
        for piece in _pieces(samples, round(FRAME * rate)):
            self._due += FRAME
            await asyncio.sleep(self._due - self._loop.time())
            await self._transport.send(pack(SOUND, self._sequence, self._timestamp, self._encode(piece)))
            self._sequence, self._timestamp = (self._sequence + 1) % WRAP, (self._timestamp + piece.size) % WRAP

    async def _breathe(self) -> None:
        """Send the silence of the room while the user does not speak."""
        silence = np.zeros(round(FRAME * self.welcome.audio_in.sample_rate), np.float32)
        try:
            while True:
                async with self._breath:
                    await self._speak(silence)
        except TransportError:
            return  # `until` tells

    # --- the loudspeaker ---------------------------------------------------------------------------------------------

    async def _report(self) -> None:
        """Report how far the sound has played: when it begins, every `REPORTS` seconds, and when nothing is left."""
        playing, next_one = False, 0.0
        while not self._over:
            now = self._loop.time()
            self.playout.advance(now)
            if (position := self._silenced) is not None:
                self._silenced, playing = None, False
            elif self.playout.playing != playing or (playing and now >= next_one):
                position, playing = self.playout.position, self.playout.playing
            if position is not None:
                next_one = now + REPORTS
                self._change.set()
                try:
                    await self.send(from_client.Played(timestamp=position, playing=playing))
                except TransportError:
                    return  # `until` tells
                continue
            due = [at for at in (self.playout.changes, next_one if playing else None) if at is not None]
            self._change.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._change.wait(), min(due) - now + TICK if due else None)


def _pieces(samples: Samples, size: int) -> Iterator[Samples]:
    """Cut `samples` into frames; the last one is filled up with silence."""
    for start in range(0, samples.size, size):
        piece = samples[start : start + size]
        yield np.pad(piece, (0, size - piece.size))


def _encoder(sound: Format) -> Callable[[Samples], bytes]:
    if sound.codec == "opus":
        return OpusEncoder(sound.sample_rate, round(FRAME * sound.sample_rate)).encode
    return to_pcm16


def _decoder(sound: Format) -> Callable[[bytes], Samples]:
    if sound.codec == "opus":
        return OpusDecoder(sound.sample_rate).decode
    return from_pcm16
