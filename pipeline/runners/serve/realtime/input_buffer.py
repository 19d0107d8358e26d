"""The sound that a client sends, until the receiver has it. Clients send it faster or slower than it is spoken."""

from __future__ import annotations

import asyncio

from models.protocols import Samples
from pipeline.devices.network.receiver import Receiver
from pipeline.runners.serve.realtime.event_error import EventError

BUFFERED = 60.0
"""Seconds of sound that wait to be committed at most."""
AT_ONCE = 2.0
"""Seconds of sound that the receiver is given at once; after them, the buffer waits until they have been passed on."""
EARLY = 30.0
"""Seconds of sound that a client may send ahead of time; more is read only as fast as it is spoken."""
SMALLEST = 0.01
"""Seconds that each piece counts as at least, however little sound it holds."""


class InputBuffer:
    """Takes a client's sound, and slows a client down that sends too fast, so that nothing is lost and nothing piles
    up."""

    def __init__(self, receiver: Receiver) -> None:
        self.received = 0.0
        """Seconds of sound that came since the session began."""
        self._receiver = receiver
        self._time = asyncio.get_running_loop().time
        self._began, self._counted, self._unheard = self._time(), 0.0, 0.0
        self._kept: list[Samples] = []
        self._said: list[Samples] = []

    async def admit(self, samples: Samples, rate: int) -> None:
        """Count a piece of sound, shape (n,) at `rate` Hz; return when it may be read."""
        seconds = samples.size / rate
        self.received += seconds
        self._counted += max(seconds, SMALLEST)
        await asyncio.sleep(max(0.0, self._counted - (self._time() - self._began) - EARLY))

    async def hear(self, samples: Samples, rate: int) -> None:
        """Give a piece to the receiver, as fast as it takes it."""
        for first in range(0, samples.size, size := round(AT_ONCE * rate)):
            piece = samples[first : first + size]
            self._receiver.hear(piece, rate)
            self._unheard += piece.size / rate
            if self._unheard >= AT_ONCE:
                await self.heard()

    async def heard(self) -> None:
        """Return when the receiver has passed on all that it was given."""
        heard = asyncio.Event()
        self._receiver.do(heard.set)
        await heard.wait()
        self._unheard = 0.0

    def keep(self, samples: Samples, rate: int) -> None:
        """Keep a piece until it is committed. Raises EventError where too much waits."""
        if sum(piece.size for piece in self._kept) + samples.size > BUFFERED * rate:
            raise EventError(f"the buffer holds {BUFFERED:g} s of sound; commit or clear it", code="buffer_full")
        self._kept.append(samples)

    def commit(self) -> None:
        """Declare that what waits is what the user said. Raises EventError where nothing waits."""
        if not self._kept:
            raise EventError("nothing was appended since the last commit", code="input_audio_buffer_commit_empty")
        self._said, self._kept = self._kept, []

    def clear(self) -> None:
        """Drop what waits to be committed."""
        self._kept = []

    def forget(self) -> None:
        """Drop what waits to be committed, and what was committed."""
        self._said, self._kept = [], []

    async def speak(self, rate: int) -> None:
        """Let the receiver hear what was committed."""
        said, self._said = self._said, []
        for samples in said:
            await self.hear(samples, rate)
