"""What a distant user says: frames from a network, put in order and heard at the graph's rate."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import numpy as np

from models.protocols import Samples
from pipeline.devices.opus import OpusDecoder
from pipeline.devices.resample import Resampler
from pipeline.errors import MediaError
from pipeline.packets import Audio
from pipeline.wire.frames import WRAP, Frame
from pipeline.wire.messages import Format

SHORTEST, LONGEST = 0.0025, 0.12
"""Seconds of sound in a frame: what Opus allows (RFC 6716, section 2.1.4)."""
REORDERED = 3
"""Frames that wait for a missing one at most; TCP never reorders, datagrams seldom by more (RFC 4737, section 1)."""
CONCEALED = 0.2
"""Seconds of lost sound that are filled at most; what is longer was a silence."""
WAITING = 10.0
"""Seconds of sound that wait to be heard at most; beyond it the oldest is dropped."""
FULL_SCALE = 32_768.0


@dataclass(slots=True)
class Counts:
    """Frames of sound since the line began."""

    received: int = 0
    lost: int = 0
    """Their numbers never came; what they held is concealed."""
    late: int = 0
    """They came after their place was filled."""
    dropped: int = 0
    """There was no time to hear them."""


class Ears:
    """Hears one user, in order: sound, and whatever else happens between.

    A frame that is missing is waited for while `REORDERED` others come, then concealed; frames in order are never
    held up, so a good line costs no delay."""

    def __init__(self, sample_rate: int, now: Callable[[], float], form: Format) -> None:
        """`sample_rate` is the graph's, in Hz; `now` is session time; `form` is that of the frames."""
        self.sample_rate, self._now = sample_rate, now
        self.counts = Counts()
        self.received = 0.0
        """Seconds of sound that came."""
        self._queue: deque[Audio | Callable[[], None]] = deque()
        self._seconds = 0.0
        self._wake = asyncio.Event()
        self._closed = False
        self.begin(form)

    def begin(self, form: Format) -> None:
        """A new line: its numbers begin anew."""
        self.form = form
        self._decoder = OpusDecoder(form.sample_rate) if form.codec == "opus" else None
        self._resampler = Resampler(form.sample_rate, self.sample_rate)
        self._next: int | None = None
        self._time = 0  # timestamp behind the latest frame
        self._early: dict[int, Frame] = {}
        self._last = np.zeros(0, np.float32)

    @property
    def delay(self) -> float:
        """Seconds that sound waits here for a missing frame just now."""
        return len(self._early) * self._last.size / self.form.sample_rate

    # --- what comes in -----------------------------------------------------------------------------------------------

    def frame(self, frame: Frame) -> None:
        """Take the next frame from the network. Raises MediaError where it holds no sound."""
        self.counts.received += 1
        ahead = 0 if self._next is None else (frame.sequence - self._next) % WRAP
        if ahead >= WRAP // 2:
            self.counts.late += 1
        elif ahead == 0:
            self._take(frame)
            self._catch_up()
        else:
            self._early[frame.sequence] = frame
            if len(self._early) > REORDERED:
                self._skip()

    def hear(self, samples: Samples, sample_rate: int) -> None:
        """Take sound that is in order already, shape (n,), at a rate that stays the same."""
        if sample_rate != self._resampler.sample_rate:
            self._resampler = Resampler(sample_rate, self.sample_rate)
        self._add(self._resampler.feed(samples))

    def do(self, deed: Callable[[], None]) -> None:
        """Have something done once all sound so far was heard, such as the key's release."""
        while self._early:
            self._skip()
        self._queue.append(deed)
        self._wake.set()

    def close(self) -> None:
        """Nothing more is to be heard."""
        self._closed = True
        self._wake.set()

    async def audio(self) -> AsyncIterator[Audio]:
        """All that was heard, until `close`."""
        while True:
            while self._queue:
                item = self._queue.popleft()
                if isinstance(item, Audio):
                    self._seconds -= item.samples.size / self.sample_rate
                    yield item
                else:
                    item()
            if self._closed:
                return
            self._wake.clear()
            await self._wake.wait()

    # --- putting frames in order -------------------------------------------------------------------------------------

    def _take(self, frame: Frame) -> None:
        self._next = (frame.sequence + 1) % WRAP
        samples = self._decoded(frame.payload)
        self._time = (frame.timestamp + samples.size) % WRAP
        self._last = samples
        self._add(self._resampler.feed(samples))

    def _catch_up(self) -> None:
        while self._early and (frame := self._early.pop(self._next or 0, None)):
            self._take(frame)

    def _skip(self) -> None:
        """Give up the frames that are missing before the earliest that is there."""
        start = self._next or 0
        frame = self._early.pop(min(self._early, key=lambda number: (number - start) % WRAP))
        self.counts.lost += (frame.sequence - start) % WRAP
        self._conceal((frame.timestamp - self._time) % WRAP)
        self._take(frame)
        self._catch_up()

    def _conceal(self, missing: int) -> None:
        """Let the latest frame fade in place of `missing` samples: packet repetition, which serves for short losses
        (Perkins, Hodson and Hardman, "A Survey of Packet Loss Recovery Techniques", 1998)."""
        if not self._last.size or missing > CONCEALED * self.form.sample_rate:
            return
        repeated = np.resize(self._last, missing) * np.linspace(1, 0, missing, dtype=np.float32)
        self._add(self._resampler.feed(repeated))

    def _decoded(self, payload: bytes) -> Samples:
        if self._decoder:
            samples = self._decoder.decode(payload)
        elif len(payload) % 2:
            raise MediaError(f"{len(payload)} bytes are no 16-bit samples: their number is odd")
        else:
            samples = np.frombuffer(payload, "<i2").astype(np.float32) / FULL_SCALE
        seconds = samples.size / self.form.sample_rate
        if seconds > LONGEST or (seconds < SHORTEST and not self._decoder):
            raise MediaError(
                f"a frame of {1000 * seconds:g} ms at {self.form.sample_rate} Hz; "
                f"expected 10 to 60 ms of {self.form.codec}"
            )
        return samples

    def _add(self, samples: Samples) -> None:
        if not samples.size:
            return
        seconds = samples.size / self.sample_rate
        self._queue.append(Audio(samples, self.sample_rate, max(0.0, self._now() - seconds)))
        self._seconds += seconds
        self.received += seconds
        if self._seconds > WAITING:
            self._drop()
        self._wake.set()

    def _drop(self) -> None:
        """Drop the oldest piece of sound; what else waits stays in its order."""
        place = next(i for i, item in enumerate(self._queue) if isinstance(item, Audio))
        piece = self._queue[place]
        del self._queue[place]
        assert isinstance(piece, Audio)  # noqa: S101  told to mypy
        self._seconds -= piece.samples.size / self.sample_rate
        self.counts.dropped += 1
