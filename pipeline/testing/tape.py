"""A recording that grows, and what can be read off it."""

from __future__ import annotations

import numpy as np

from models.protocols import Samples

AUDIBLE = 0.01
"""Of full scale: what is softer counts as silence."""


class Tape:
    """Sound on a time axis that begins at 0. With `keep`, only the latest seconds stay; what went before is silence."""

    def __init__(self, sample_rate: int, keep: float | None = None) -> None:
        self.sample_rate = sample_rate
        self._keep = None if keep is None else round(keep * sample_rate)
        self._buffer = np.zeros(sample_rate, np.float32)
        self._start = 0  # index of the buffer's first sample, counted from time 0
        self._used = 0  # samples of the buffer that are filled

    @property
    def end(self) -> float:
        """Seconds recorded so far."""
        return (self._start + self._used) / self.sample_rate

    def append(self, samples: Samples) -> None:
        """Record what follows, shape (n,)."""
        if self._used + samples.size > self._buffer.size:
            kept = self._used if self._keep is None else min(self._used, self._keep)
            grown = np.zeros(2 * (kept + samples.size) + self.sample_rate, np.float32)
            grown[:kept] = self._buffer[self._used - kept : self._used]
            self._start += self._used - kept
            self._buffer, self._used = grown, kept
        self._buffer[self._used : self._used + samples.size] = samples
        self._used += samples.size

    def between(self, start: float, end: float) -> Samples:
        """The sound from `start` to `end`, in seconds; silence where nothing is recorded."""
        first, behind = round(start * self.sample_rate), round(end * self.sample_rate)
        sound = np.zeros(max(behind - first, 0), np.float32)
        begin, stop = max(first, self._start), min(behind, self._start + self._used)
        if begin < stop:
            sound[begin - first : stop - first] = self._buffer[begin - self._start : stop - self._start]
        return sound

    def first_audible(self, after: float = 0.0) -> float | None:
        """When the first audible sample at or behind `after` sounds, in seconds; None if there is none."""
        loud = np.flatnonzero(np.abs(self.between(after, self.end)) > AUDIBLE)
        return after + int(loud[0]) / self.sample_rate if loud.size else None

    def silent_from(self, after: float = 0.0) -> float:
        """When the silence begins that lasts to the end of the recording; `after` if all behind it is silent."""
        loud = np.flatnonzero(np.abs(self.between(after, self.end)) > AUDIBLE)
        return after + (int(loud[-1]) + 1) / self.sample_rate if loud.size else after
