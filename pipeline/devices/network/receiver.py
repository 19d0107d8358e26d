"""The sound that a client sends: frames from a network, put in order and resampled to the graph's rate."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from models.protocols import Samples
from pipeline.devices.opus import OpusDecoder
from pipeline.devices.pcm import WIDTH, from_pcm16
from pipeline.devices.resample import Resampler
from pipeline.errors import MediaError
from pipeline.packets import Audio
from pipeline.wire.fields import Format
from pipeline.wire.frames import WRAP, Frame

SHORTEST, LONGEST = 0.0025, 0.12
"""Seconds of sound in the shortest and the longest frame: what Opus allows (RFC 6716, section 2.1.4)."""
REORDERED = 3
"""The most frames that wait for a missing one. TCP never reorders, and datagrams seldom by more (RFC 4737, section
1)."""
APART = 3000
"""A gap in the frames' numbers that is larger than this is no loss: the client counts anew (RFC 3550, appendix A.1)."""
CONCEALED = 0.2
"""The longest loss, in seconds, that is concealed; a longer gap was a silence."""
STALLED, SPARED = 1.0, 0.2
"""Seconds without a frame after which silence is filled in. A network may stall, so the wait is long, unless the client
is known to leave out silence."""
QUIET = 3.0
"""The most seconds of silence that are filled in while no frame arrives: more than a turn needs to end."""
LOOK = 0.1
"""Seconds between two checks for new frames."""
WAITING, DEEDS = 10.0, 256
"""The most seconds of sound, and the most callbacks, that wait; beyond it the oldest is dropped."""


@dataclass(slots=True)
class Counts:
    """Frames of sound since the connection began."""

    received: int = 0
    lost: int = 0
    """Frames that never arrived, and were concealed, or that could not be decoded."""
    late: int = 0
    """Frames that arrived after their place was filled."""
    dropped: int = 0
    """Frames that were dropped because too much sound waited."""


class Receiver:
    """Takes the sound of one client, and gives it in order, together with callbacks for what happens in between.

    A missing frame is awaited while `REORDERED` later ones arrive, then it is concealed. Frames in order are never held
    up, so a good connection costs no delay. While no frames arrive, silence is filled in for a while: a client may
    leave it out, and a pause ends a turn."""

    def __init__(self, sample_rate: int, now: Callable[[], float], form: Format) -> None:
        """`sample_rate` is the graph's, in Hz; `now` gives session time; `form` is the format of the frames."""
        self.sample_rate, self._now = sample_rate, now
        self.counts = Counts()
        self.received = 0.0
        """Seconds of sound that were received."""
        self._queue: deque[Audio | Callable[[], None]] = deque()
        self._seconds = 0.0
        self._deeds = 0
        self._wake = asyncio.Event()
        self._closed = False
        self._came = 0.0  # when the latest frame arrived, in session time
        self._spares = False  # the client leaves out silence
        self._look: asyncio.TimerHandle | None = None
        self.begin(form)

    def begin(self, form: Format) -> None:
        """Begin a new connection, whose frames are numbered anew."""
        self.form = form
        self._decoder = OpusDecoder(form.sample_rate) if form.codec == "opus" else None
        self._resampler = Resampler(form.sample_rate, self.sample_rate)
        self._next: int | None = None
        self._time = 0  # timestamp after what was heard
        self._filled = 0.0  # seconds of silence heard since the latest frame
        self._early: dict[int, Frame] = {}
        self._last = np.zeros(0, np.float32)

    @property
    def delay(self) -> float:
        """Seconds of sound that wait here for a missing frame."""
        return len(self._early) * self._last.size / self.form.sample_rate

    # --- what comes in -----------------------------------------------------------------------------------------------

    def frame(self, frame: Frame) -> None:
        """Take the next frame from the network. Raises MediaError where it, or one that waited, cannot be decoded."""
        self.counts.received += 1
        self._listen()
        ahead = 0 if self._next is None else (frame.sequence - self._next) % WRAP
        if APART < ahead < WRAP - APART:
            self._early.clear()
            ahead = 0
        if ahead >= WRAP - APART:
            self.counts.late += 1
        elif ahead == 0:
            self._take(frame)
            self._catch_up()
        else:
            self._early[frame.sequence] = frame
            if len(self._early) > REORDERED:
                self._skip()

    def hear(self, samples: Samples, sample_rate: int) -> None:
        """Take sound that is in order already, shape (n,), at `sample_rate` Hz."""
        if sample_rate != self._resampler.sample_rate:
            self._resampler = Resampler(sample_rate, self.sample_rate)
        self._add(self._resampler.feed(samples))

    def do(self, deed: Callable[[], None]) -> None:
        """Call `deed`, such as the key's release, after all sound so far was heard."""
        while self._early:
            with suppress(MediaError):  # counted as lost; what happened must still take effect
                self._skip()
        self._queue.append(deed)
        self._deeds += 1
        if self._deeds > DEEDS:
            self._drop(deeds=True)
        self._wake.set()

    def close(self) -> None:
        """End: no more sound arrives, and `audio` ends."""
        self._closed = True
        self._wake.set()
        if self._look:
            self._look.cancel()
            self._look = None

    async def audio(self) -> AsyncIterator[Audio]:
        """Give the sound in order, and call what happened between its pieces, until `close`."""
        try:
            while True:
                while self._queue:
                    item = self._queue.popleft()
                    if isinstance(item, Audio):
                        self._seconds -= item.samples.size / self.sample_rate
                        yield item
                    else:
                        self._deeds -= 1
                        item()
                if self._closed:
                    return
                self._wake.clear()
                await self._wake.wait()
        finally:
            self.close()

    # --- putting frames in order -------------------------------------------------------------------------------------

    def _take(self, frame: Frame) -> None:
        left_out = (frame.timestamp - self._time) % WRAP
        if frame.sequence == self._next and 0 < self._last.size <= left_out < STALLED * self.form.sample_rate:
            self._spares = True
            self._be_silent(left_out / self.form.sample_rate)
        self._next = (frame.sequence + 1) % WRAP
        try:
            samples = self._decoded(frame.payload)
        except MediaError:
            self.counts.lost += 1
            raise
        self._time = (frame.timestamp + samples.size) % WRAP
        self._last = samples
        self._add(self._resampler.feed(samples))

    def _catch_up(self) -> None:
        while self._early and (frame := self._early.pop(self._next or 0, None)):
            self._take(frame)

    def _skip(self) -> None:
        """Give up the frames that are missing before the earliest one that waits."""
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

    # --- silence -----------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Note that a frame arrived, and begin to check that others follow."""
        self._came, self._filled = self._now(), 0.0
        if self._look is None and not self._closed:
            self._look = asyncio.get_running_loop().call_later(LOOK, self._look_again)

    def _look_again(self) -> None:
        """Fill in silence for the time in which no frame arrived, if that was long."""
        waited = self._now() - self._came
        if waited >= (SPARED if self._spares else STALLED):
            self._be_silent(waited - self._filled)
            self._filled = waited
        more = waited < QUIET
        self._look = asyncio.get_running_loop().call_later(LOOK, self._look_again) if more else None

    def _be_silent(self, seconds: float) -> None:
        count = round(seconds * self.form.sample_rate)
        self._time = (self._time + count) % WRAP
        self._add(self._resampler.feed(np.zeros(count, np.float32)))

    # --- what a frame holds ------------------------------------------------------------------------------------------

    def _decoded(self, payload: bytes) -> Samples:
        if self._decoder:
            samples = self._decoder.decode(payload)
        elif len(payload) % WIDTH:
            raise MediaError(f"{len(payload)} bytes are no 16-bit samples: their number is odd")
        else:
            samples = from_pcm16(payload)
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
            self._drop(deeds=False)
        self._wake.set()

    def _drop(self, *, deeds: bool) -> None:
        """Drop the oldest piece of sound, or the oldest callback; the others stay in order."""
        place, item = next((i, item) for i, item in enumerate(self._queue) if isinstance(item, Audio) is not deeds)
        del self._queue[place]
        if isinstance(item, Audio):
            self._seconds -= item.samples.size / self.sample_rate
            self.counts.dropped += 1
        else:
            self._deeds -= 1
