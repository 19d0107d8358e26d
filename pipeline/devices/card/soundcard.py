"""A microphone and a loudspeaker, which may be unplugged and come back."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.protocols import Samples
from pipeline.devices.card.player import Player
from pipeline.devices.card.port import SILENT, Port, Trouble, ignored
from pipeline.devices.card.portaudio import LATENCY
from pipeline.devices.resample import Resampler
from pipeline.packets import Audio

BLOCK = 0.02
"""Seconds of sound that a device gives or takes at a time."""
BACKLOG = 5.0
"""Seconds of the user's sound that may wait for the session; older sound is dropped."""


@dataclass(frozen=True, slots=True)
class _Block:
    """The sound that a device gave at once."""

    samples: Samples
    sample_rate: int
    start: float
    """The event loop's time at which it was captured."""

    @property
    def end(self) -> float:
        return self.start + self.samples.size / self.sample_rate


class Microphone(Port):
    """The user's sound, in pieces of 20 ms::

        async with Microphone(None, 16_000) as microphone:
            async for audio in microphone.frames(): ...

    A device that does not take the sample rate is opened at its own and resampled. When it is unplugged, `trouble` is
    called, and the pieces go on when it has returned."""

    direction = "input"

    def __init__(self, device: str | int | None, sample_rate: int, trouble: Trouble = ignored) -> None:
        """`device` is an index or a part of a name; None is the system's default."""
        super().__init__(device, sample_rate, trouble)
        self.latency = 0.0
        """Seconds from a sound at the device until it arrives here, at the longest."""
        self.level = 0.0
        """Root mean square of the latest block, full scale is 1."""
        self.dropped = 0
        """Blocks that were dropped because they became too old."""
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


class Loudspeaker(Port):
    """A context manager that plays the sound of a player.

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
        """`device` is an index or a part of a name; None is the system's default. `played` is called on the
        device's thread with every block that is played, at the player's sample rate, silence included, for an echo
        canceller."""
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
    """`seconds`, or a default where the sound system reports an impossible value."""
    return seconds if 0.0 < seconds < 1.0 else otherwise
