"""Where an utterance begins and ends in continuous sound, by the voice detector's opinion of each window."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from models.protocols import Samples
from pipeline.graph.graph import Turns

RELEASE = 0.15
"""A voice lasts until its probability is this far below the threshold: words fade, and hysteresis keeps them whole."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """The sound of one turn of the user's."""

    samples: Samples
    start: float
    """Seconds since the recording began."""


@dataclass(slots=True)
class Endpointer:
    """Cuts windows of sound into utterances.

    An utterance begins `turns.lead` seconds before its first voiced window, and ends when `turns.pause` seconds went by
    without voice. One that grows past `turns.longest` is cut where it was least voiced, and goes on as the next.
    """

    turns: Turns
    sample_rate: int
    window: int
    """Samples in one window."""
    _windows: deque[tuple[Samples, float]] = field(default_factory=deque)
    """Those of the utterance so far or, while nobody speaks, of the lead; each with its probability of voice."""
    _first: int = 0
    """Index of `_windows[0]`, counted from the start of the recording."""
    _voiced: int = 0
    _quiet: int = 0
    """Windows since the last voiced one."""

    def feed(self, window: Samples, probability: float) -> Iterator[Utterance]:
        """Take the next window, shape (window,); give the utterance that it completes, if it does."""
        self._windows.append((window, probability))
        threshold = self.turns.threshold - (RELEASE if self._voiced and not self._quiet else 0.0)
        if probability >= threshold:
            self._voiced += 1
            self._quiet = 0
        elif self._voiced:
            self._quiet += 1
        if not self._voiced:
            self._keep(self._count(self.turns.lead))
        elif self._quiet >= self._count(self.turns.pause):
            yield from self.flush()
        elif len(self._windows) >= self._count(self.turns.longest):
            yield self._cut()

    def flush(self) -> Iterator[Utterance]:
        """Give the utterance that the end of the sound completes, if there is one."""
        if self._voiced >= self._count(self.turns.shortest):
            spoken = len(self._windows) - self._quiet + self._count(self.turns.tail)
            yield self._take(min(spoken, len(self._windows)))
        self._voiced = self._quiet = 0
        self._keep(self._count(self.turns.lead))

    def _cut(self) -> Utterance:
        """Give all but the last part of an utterance that goes on; that part begins at its least voiced window."""
        recent = self._count(self.turns.longest / 4)
        start = len(self._windows) - recent
        probabilities = [self._windows[i][1] for i in range(start, len(self._windows))]
        taken = self._take(start + int(np.argmin(probabilities)))
        self._voiced = sum(probability >= self.turns.threshold for _, probability in self._windows)
        return taken

    def _take(self, count: int) -> Utterance:
        start = self._first * self.window / self.sample_rate
        samples = np.concatenate([self._windows.popleft()[0] for _ in range(count)])
        self._first += count
        return Utterance(samples, start)

    def _keep(self, count: int) -> None:
        while len(self._windows) > count:
            self._windows.popleft()
            self._first += 1

    def _count(self, seconds: float) -> int:
        return max(1, round(seconds * self.sample_rate / self.window))
