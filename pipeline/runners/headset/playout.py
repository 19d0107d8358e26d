"""The loudspeaker of a simulated headset: when each sample is heard, and where none arrived in time.

Sound that is sent ahead of its time begins once some of it waits. Sound that is sent at its own pace, silence included,
waits for as long as recent frames were late. While it plays, only silences are made longer or shorter to adapt.

A playout has no clock. It is given frames and the time, and computes what a sound card would have played by then, so
its results do not depend on how punctually it is called.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np

from models.protocols import Samples
from pipeline.runners.headset.lateness import Lateness
from pipeline.wire.frames import WRAP, since

START = 0.06
"""Seconds of sound that must wait before it begins to play."""
LATEST_START = 0.1
"""Seconds after the first frame arrived at which it begins to play in any case."""
LONGEST = 10.0
"""The most seconds of sound that wait; frames beyond are lost."""
CONCEALED = 0.06
"""Seconds in which the sound that stands for a lost frame fades away, as in ITU-T G.711, appendix I."""
FADE = 0.008
"""Seconds in which a cut sound falls silent."""
AUDIBLE = 0.01
"""The share of full scale below which a sample counts as silence."""
SLACK = 0.003
"""Seconds by which sound may be played too early or too late before silence is made longer or shorter."""


@dataclass(slots=True)
class Stretch:
    """Sound that is heard without a break."""

    at: float
    """The time at which its first sample is heard, in seconds."""
    timestamp: int
    """The timestamp of that sample."""
    sample_rate: int
    """The rate in Hz."""
    buffered: float
    """Seconds for which its first sample waited."""
    skipped: int = 0
    """The samples of silence that were left out before its first."""
    dry: bool = False
    """True where it ended because no more sound was there."""
    size: int = 0
    """The number of samples."""
    _pieces: list[Samples] = field(default_factory=list)

    @property
    def end(self) -> float:
        """The time at which its last sample ends."""
        return self.at + self.size / self.sample_rate

    @property
    def samples(self) -> Samples:
        """All samples of it, shape (n,)."""
        return np.concatenate([np.zeros(0, np.float32), *self._pieces])

    def add(self, samples: Samples) -> None:
        """Append samples."""
        self._pieces.append(samples)
        self.size += samples.size

    def audible(self, after: float) -> float | None:
        """The time at which its first audible sample at or after `after` is heard; None if there is none."""
        first = max(0, round((after - self.at) * self.sample_rate))
        loud = np.flatnonzero(np.abs(self.samples[first:]) > AUDIBLE)
        return self.at + (first + int(loud[0])) / self.sample_rate if loud.size else None


@dataclass(slots=True)
class _Waiting:
    timestamp: int
    samples: Samples
    came: float
    concealing: bool = False
    """True where it stands for a frame that has not arrived."""

    @property
    def audible(self) -> bool:
        return bool(np.abs(self.samples).max(initial=0.0) > AUDIBLE)

    def take(self, count: int) -> Samples:
        part, self.samples = self.samples[:count], self.samples[count:]
        self.timestamp = (self.timestamp + part.size) % WRAP
        return part


class Playout:
    """Plays frames in order, and conceals those that are missing: what docs/protocol.md asks of a client.

    All times are seconds of one clock; they do not decrease from call to call."""

    def __init__(self, sample_rate: int, *, paced: bool = False) -> None:
        """`paced` is true where frames are sent at their own pace, silence included."""
        self.sample_rate = sample_rate
        self.stretches: list[Stretch] = []
        """The stretches that were heard, and the one that is heard now."""
        self.lost = 0
        """Frames that never arrived, or that arrived while `LONGEST` seconds of sound waited."""
        self._lateness = Lateness(sample_rate) if paced else None
        self._queue: deque[_Waiting] = deque()
        self._next: int | None = None  # sequence number
        self._latest: _Waiting | None = None  # frame, as it came
        self._playing: Stretch | None = None
        self._last: Stretch | None = None  # that played, or plays

    @property
    def playing(self) -> bool:
        """Whether sound is heard now."""
        return self._playing is not None

    @property
    def idle(self) -> bool:
        """True where no sound is heard and none waits."""
        return self._playing is None and not self._queue

    @property
    def quiet(self) -> bool:
        """True where no audible sound waits: a server may send silence without an end."""
        return not any(frame.audible for frame in self._queue)

    @property
    def position(self) -> int:
        """The timestamp of the sample that is heard next."""
        if self._queue:
            return self._queue[0].timestamp
        return (self._last.timestamp + self._last.size) % WRAP if self._last else 0

    @property
    def changes(self) -> float | None:
        """The time at which it begins to play or runs out of sound, if no frame arrives; None where neither will
        happen."""
        if self._playing:
            return self._playing.end + self._waiting / self.sample_rate
        return self._start()

    @property
    def _waiting(self) -> int:
        return sum(frame.samples.size for frame in self._queue)

    def _start(self) -> float | None:
        """The time at which to begin with the sound that waits."""
        if not self._queue:
            return None
        first = self._queue[0]
        if self._lateness:
            return max(first.came, self._lateness.due(first.timestamp))
        size = 0
        for frame in self._queue:
            size += frame.samples.size
            if size >= START * self.sample_rate:
                return min(frame.came, first.came + LATEST_START)
        return first.came + LATEST_START

    def put(self, sequence: int, timestamp: int, samples: Samples, now: float) -> None:
        """Take a frame that arrived. Repeated frames are ignored.

        So are frames that others overtook, unless the sound that conceals them has not been heard yet."""
        self.advance(now)
        ahead = 0 if self._next is None else since(sequence, self._next)
        if self._lateness:
            if ahead > 0:  # a loss cannot be concealed before the next frame is there
                self._lateness.came((timestamp - samples.size) % WRAP, now)
            self._lateness.came(timestamp, now)
        if ahead < 0:
            self._fill(timestamp, samples)
            return
        self.lost += ahead
        self._next = (sequence + 1) % WRAP
        if self._waiting > LONGEST * self.sample_rate:
            self.lost += 1
            return
        if ahead and not self.idle:
            self._conceal(ahead, timestamp, now)
        self._latest = _Waiting(timestamp, samples, now)
        self._queue.append(replace(self._latest))

    def _conceal(self, count: int, timestamp: int, now: float) -> None:
        """Put the latest sound, fading out, in the place of `count` frames that are missing before `timestamp`."""
        last = self._latest
        assert last is not None  # noqa: S101  for mypy
        begin = (last.timestamp + last.samples.size) % WRAP
        size = since(timestamp, begin)
        if 0 < size < LONGEST * self.sample_rate:
            fading = np.clip(1.0 - np.arange(size) / (CONCEALED * self.sample_rate), 0.0, 1.0)
            sound = (np.resize(last.samples, size) * fading).astype(np.float32)
            for part in np.array_split(sound, count):
                self._queue.append(_Waiting(begin, part, now, concealing=True))
                begin = (begin + part.size) % WRAP

    def _fill(self, timestamp: int, samples: Samples) -> None:
        """Put a frame that was overtaken into its place."""
        for frame in self._queue:
            if frame.concealing and frame.timestamp == timestamp:
                frame.samples, frame.concealing = samples, False
                self.lost -= 1

    def advance(self, now: float) -> None:
        """Compute what is heard up to `now`."""
        while self._playing or self._begin(now):
            stretch = self._playing
            assert stretch is not None  # noqa: S101  for mypy
            due = int((now - stretch.at) * self.sample_rate + 1e-3) - stretch.size
            if due <= 0:
                return
            if not self._queue:
                stretch.dry, self._playing = True, None
                return
            if self._correct(stretch):
                continue
            frame = self._queue[0]
            if frame.timestamp != (stretch.timestamp + stretch.size) % WRAP:  # a new count, without a break
                self._hear(Stretch(stretch.end, frame.timestamp, self.sample_rate, stretch.end - frame.came))
                continue
            stretch.add(frame.take(due))
            if not frame.samples.size:
                self._queue.popleft()

    def _correct(self, stretch: Stretch) -> bool:
        """Where silence comes next, wait for late frames, or leave out the part that would be heard too late.

        Returns whether that was done."""
        frame = self._queue[0]
        if self._lateness is None or frame.audible:
            return False
        early = self._lateness.due(frame.timestamp) - stretch.end
        if early > SLACK:
            self._playing = None
        elif early < -SLACK:
            skipped = frame.take(round(-early * self.sample_rate)).size
            self._hear(Stretch(stretch.end, frame.timestamp, self.sample_rate, stretch.end - frame.came, skipped))
            if not frame.samples.size:
                self._queue.popleft()
        return self._playing is not stretch

    def _begin(self, now: float) -> bool:
        start = self._start()
        if start is None or start > now:
            return False
        frame = self._queue[0]
        self._hear(Stretch(start, frame.timestamp, self.sample_rate, start - frame.came))
        return True

    def _hear(self, stretch: Stretch) -> None:
        self._playing = self._last = stretch
        self.stretches.append(stretch)

    def flush(self, now: float) -> None:
        """Fall silent at once, and drop the sound that waits."""
        self.advance(now)
        if self._playing and self._queue:
            edge = self._queue[0].take(round(FADE * self.sample_rate))
            self._playing.add((edge * np.linspace(1.0, 0.0, edge.size)).astype(np.float32))
        self._queue.clear()
        self._playing = None

    def forget(self) -> None:
        """Forget what was heard so far."""
        self.stretches = []
        if old := self._playing:
            self._hear(Stretch(old.end, self.position, self.sample_rate, old.buffered))

    def heard_at(self, timestamp: int) -> float | None:
        """The latest time at which the sample of that timestamp was heard, or the sample after it if it was left out.

        None if it was not heard."""
        for stretch in reversed(self.stretches):
            if -stretch.skipped <= (offset := since(timestamp, stretch.timestamp)) < stretch.size:
                return stretch.at + max(0, offset) / self.sample_rate
        return None
