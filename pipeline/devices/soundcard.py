"""A microphone and a loudspeaker, which may be unplugged and come back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from models.protocols import Samples
from pipeline.devices import portaudio
from pipeline.devices.player import Player
from pipeline.devices.portaudio import LATENCY, NAMES, Device, Direction
from pipeline.devices.resample import Resampler
from pipeline.errors import MediaError
from pipeline.packets import Audio

BLOCK = 0.02
"""Seconds of sound that a device gives or takes at a time."""
BACKLOG = 5.0
"""Seconds of the user's sound that wait for a session which is late; what is older is dropped."""
CHECK = 0.25
"""Seconds between two looks at a device."""
SILENT = 1.0
"""Seconds without a block after which a device counts as unplugged."""
AGAIN = 1.0
"""Seconds between two tries to find it again."""

log = logging.getLogger(__name__)

Trouble = Callable[[str | None], None]
"""Told, in the event loop's thread, why a device is waited for, and then None when it is there again."""


def ignored(*_: object) -> None:
    """Where nobody wants to be told."""


class _Port:
    """One direction of a sound card. As a context it keeps a stream open, and opens it again when a device returns."""

    direction: ClassVar[Direction]
    _opened: ClassVar[set[_Port]] = set()  # used on PortAudio's thread only

    def __init__(self, device: str | int | None, sample_rate: int, trouble: Trouble) -> None:
        self.sample_rate = sample_rate
        self.name = ""
        """Of the device, once it is open."""
        self.glitches = 0
        """How often the device lost sound because this process was late."""
        self._wanted, self._trouble = device, trouble
        self._stream: Any = None
        self._called = 0.0  # when the device last gave or took a block

    async def __aenter__(self) -> Self:
        """Open the device. Raises MediaError."""
        self._loop = asyncio.get_running_loop()
        try:
            await portaudio.on_its_thread(self._start)
        except BaseException:
            await portaudio.on_its_thread(self._stop)
            raise
        self._watch = asyncio.create_task(self._watching())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._watch.cancel()
        try:
            await asyncio.wait([self._watch])
        finally:
            await portaudio.on_its_thread(self._stop)
        if not self._watch.cancelled():
            self._watch.result()

    async def _watching(self) -> None:
        """Wait for the device whenever it is gone."""
        while True:
            await asyncio.sleep(CHECK)
            if self._alive(SILENT):
                continue
            log.warning("device lost", extra={"direction": self.direction})
            self._trouble(f"the {NAMES[self.direction]} ({self.name}) gives no sign of life; plug it in again")
            await self._returned()
            log.info("device returned", extra={"direction": self.direction})
            self._trouble(None)

    def _alive(self, silent: float) -> bool:
        """Whether the device was silent for less than so many seconds."""
        stream = self._stream  # for a moment None while PortAudio restarts for the other direction
        return (stream is None or stream.active) and self._loop.time() - self._called < silent

    async def _returned(self) -> None:
        """Open the device again, as often as it takes until it goes on giving or taking blocks."""
        while True:
            await portaudio.on_its_thread(self._stop)
            for attempt in (self._start, self._start_anew):
                with contextlib.suppress(MediaError):
                    await portaudio.on_its_thread(attempt)
                    break
            await asyncio.sleep(AGAIN)
            if self._alive(CHECK):
                return

    # The rest runs on PortAudio's thread.

    def _start(self) -> None:
        """Open the stream. Raises MediaError."""
        sounddevice = portaudio.library()
        device = portaudio.find(self._wanted, self.direction)
        if self._wanted is not None and str(self._wanted).isdecimal():
            self._wanted = device.name  # an index changes when a device comes or goes
        self.name = device.name
        reasons = []
        for channels, rate in self._forms(device):
            try:
                self._stream = self._open(sounddevice, device.index, channels, rate)
                self._called = self._loop.time()
                self._stream.start()
                self._opened.add(self)
                return
            except sounddevice.PortAudioError as error:
                self._stop()
                reasons.append(str(error))
        raise MediaError(
            f"{NAMES[self.direction]} {device.name!r} cannot be opened: {reasons[0]}; "
            "see whether another program holds it, or choose another device"
        )

    def _forms(self, device: Device) -> list[tuple[int, int]]:
        """Numbers of channels and sample rates to try, the best first."""
        most = min(device.channels(self.direction), 2)
        rates = dict.fromkeys((self.sample_rate, round(device.sample_rate)))
        return [(channels, rate) for rate in rates for channels in dict.fromkeys((1, most))]

    def _open(self, sounddevice: Any, device: int, channels: int, rate: int) -> Any:
        """A stream of that form, not started. Raises PortAudioError."""
        raise NotImplementedError

    def _start_anew(self) -> None:
        """Open the stream after a restart of PortAudio, which sees new devices only then. Raises MediaError."""
        others = [port for port in self._opened if port is not self]
        if not all(port._idle() for port in others):
            raise MediaError("the other device is busy")
        for port in others:
            port._stop()
        try:
            portaudio.restart()
        finally:
            for port in others:
                with contextlib.suppress(MediaError):  # its own watch finds it missing
                    port._start()
        self._start()

    def _idle(self) -> bool:
        """Whether the stream may be interrupted for a moment."""
        return True

    def _stop(self) -> None:
        """Close the stream, if it is open."""
        stream, self._stream = self._stream, None
        self._opened.discard(self)
        if stream is not None:
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Block:
    """What a device gave at once."""

    samples: Samples
    sample_rate: int
    start: float
    """In the event loop's time."""

    @property
    def end(self) -> float:
        return self.start + self.samples.size / self.sample_rate


class Microphone(_Port):
    """The user's sound, in pieces of 20 ms::

        async with Microphone(None, 16_000) as microphone:
            async for audio in microphone.frames(): ...

    A device that does not take the sample rate is opened at its own and resampled. When it is unplugged, `trouble` is
    told, and the pieces go on when it is back."""

    direction = "input"

    def __init__(self, device: str | int | None, sample_rate: int, trouble: Trouble = ignored) -> None:
        """`device` is an index or a part of a name; None is the system's default."""
        super().__init__(device, sample_rate, trouble)
        self.latency = 0.0
        """Seconds from a sound at the device until it arrives here, at the longest."""
        self.level = 0.0
        """Root mean square of the latest block, full scale is 1."""
        self.dropped = 0
        """Blocks that were too old before anybody took them."""
        self._lock = Lock()
        self._blocks: deque[_Block] = deque()
        self._arrived = asyncio.Event()

    async def frames(self) -> AsyncGenerator[Audio, None]:
        """The sound from now on, without end.

        Times count samples from the first one on, so pieces follow each other without a gap, except for what was
        dropped and what an unplugged device did not hear."""
        self._take()
        size, rest, resampler = round(BLOCK * self.sample_rate), np.zeros(0, np.float32), Resampler(1, 1)
        origin, end, start = None, -math.inf, 0.0
        while True:
            await self._arrived.wait()
            for block in self._take():
                origin = block.start if origin is None else origin
                if abs(block.start - end) > BLOCK / 2:
                    start, rest = block.start - origin, rest[:0]
                    resampler = Resampler(block.sample_rate, self.sample_rate)
                end = block.end
                rest = np.concatenate([rest, resampler.feed(block.samples)])
                while rest.size >= size:
                    yield Audio(rest[:size], self.sample_rate, start)
                    start, rest = start + size / self.sample_rate, rest[size:]

    def _take(self) -> list[_Block]:
        with self._lock:
            self._arrived.clear()
            blocks = list(self._blocks)
            self._blocks.clear()
        return blocks

    def _open(self, sounddevice: Any, device: int, channels: int, rate: int) -> Any:
        due: float | None = None

        def called(sound: NDArray[np.float32], frames: int, times: Any, status: Any) -> None:
            nonlocal due
            self._called = self._loop.time()
            self.glitches += bool(status)
            self.latency = _sane(times.currentTime - times.inputBufferAdcTime, frames / rate)
            # Only the first time is read from the clock: the others count samples, so that no gaps appear.
            start = self._called - frames / rate if due is None else due
            block = _Block(sound.mean(axis=1), rate, start)
            due = block.end
            self.level = float(np.sqrt(np.mean(np.square(block.samples))))
            with self._lock:
                self._blocks.append(block)
                if self._blocks[-1].end - self._blocks[0].start > BACKLOG:
                    self._blocks.popleft()
                    self.dropped += 1
            self._loop.call_soon_threadsafe(self._arrived.set)

        return sounddevice.InputStream(rate, round(BLOCK * rate), device, channels, "float32", LATENCY, callback=called)


class Loudspeaker(_Port):
    """Plays what a player has to say, while it is open as a context.

    A device that does not take the player's sample rate is opened at its own and resampled. While it is unplugged, the
    player waits."""

    direction = "output"

    def __init__(
        self,
        device: str | int | None,
        player: Player,
        played: Callable[[Samples, int], object] = ignored,
        trouble: Trouble = ignored,
    ) -> None:
        """`device` is an index or a part of a name; None is the system's default. `played` is told on the device's
        thread of every block that goes there, at the player's sample rate, silence included: an echo canceller is."""
        super().__init__(device, player.sample_rate, trouble)
        self._player, self._played = player, played
        self._loud = 0.0  # when there was sound last

    def _open(self, sounddevice: Any, device: int, channels: int, rate: int) -> Any:
        player, resampler = self._player, Resampler(self.sample_rate, rate)
        size, rest = round(BLOCK * self.sample_rate), np.zeros(0, np.float32)

        def called(sound: NDArray[np.float32], frames: int, times: Any, status: Any) -> None:
            nonlocal rest
            self._called = self._loop.time()
            self.glitches += bool(status)
            player.latency = _sane(times.outputBufferDacTime - times.currentTime, LATENCY) + rest.size / rate
            while rest.size < frames:
                block = player.pull(size)
                if block.any():
                    self._loud = self._called
                self._played(block, self.sample_rate)
                rest = np.concatenate([rest, resampler.feed(block)])
            sound[:], rest = rest[:frames, np.newaxis], rest[frames:]

        return sounddevice.OutputStream(
            rate, round(BLOCK * rate), device, channels, "float32", LATENCY, callback=called
        )

    def _idle(self) -> bool:
        return self._loop.time() - self._loud > SILENT


def _sane(seconds: float, otherwise: float) -> float:
    """`seconds`, unless the sound system reports what cannot be."""
    return seconds if 0.0 < seconds < 1.0 else otherwise
