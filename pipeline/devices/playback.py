"""The sound of one answer, on its way to be heard."""

from __future__ import annotations

from collections import deque

from models.protocols import Samples
from pipeline.devices.word_timing import Words

AUDIBLE = 0.01
"""Of full scale: the first sample above it is the first that is heard."""


class Playback:
    """The sound of one answer, from the word that is heard now to the end. Positions are samples since it began."""

    def __init__(self, sample_rate: int) -> None:
        self.words = Words()
        self.position = 0
        """That of the next sample."""
        self.end = 0
        """Behind the last sample that there is."""
        self._sample_rate = sample_rate
        self._chunks: deque[Samples] = deque()
        self._first = 0  # position of the first chunk

    def append(self, samples: Samples) -> None:
        if samples.size:
            self._chunks.append(samples)
            self.end += samples.size

    def read(self, block: Samples, heard: int | None = None) -> int:
        """Fill `block` with what comes next, as far as there is anything; the number of samples that there were.

        What lies before the word that is `heard` (a position; left out, what comes next) cannot be read again."""
        filled, start = 0, self._first
        for chunk in self._chunks:
            part = chunk[max(self.position - start, 0) :][: block.size - filled]
            block[filled : filled + part.size] = part
            filled += part.size
            self.position += part.size
            start += chunk.size
        keep = self.whole(heard)
        while self._chunks and self._first + self._chunks[0].size <= keep:
            self._first += self._chunks.popleft().size
        return filled

    def whole(self, position: int | None = None) -> int:
        """Where to go on so that the word that is cut there is heard as a whole; left out, it is what comes next."""
        position = self.position if position is None else position
        return round(self._sample_rate * self.words.whole(position / self._sample_rate))

    def heard(self, position: int | None = None) -> str:
        """The words that have begun there; left out, it is what comes next."""
        position = self.position if position is None else position
        return self.words.before(position / self._sample_rate)

    def forget(self) -> None:
        """Drop what was not heard."""
        self._chunks.clear()
        self.end = self.position
