"""What of an answer has sounded, sample by sample, and what is still to sound."""

from __future__ import annotations

from collections import deque

from models.protocols import Samples
from pipeline.devices.word_timing import Words

AUDIBLE = 0.01
"""The share of full scale above which a sample counts as audible."""


class Playback:
    """The sound of one answer, from the word that is heard now to the end. Positions count samples from its
    beginning."""

    def __init__(self, sample_rate: int) -> None:
        self.words = Words()
        self.position = 0
        """The position of the next sample to be read."""
        self.end = 0
        """The position after the last sample so far."""
        self._sample_rate = sample_rate
        self._chunks: deque[Samples] = deque()
        self._first = 0  # position of the first chunk

    def append(self, samples: Samples) -> None:
        if samples.size:
            self._chunks.append(samples)
            self.end += samples.size

    def read(self, block: Samples, heard: int | None = None) -> int:
        """Copy the next samples to the beginning of `block`, and return how many there were.

        Sound before the word that is heard at the position `heard` is dropped; without it, before the next word."""
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
        """The position at which the word begins that sounds at `position`, by default at the next sample."""
        position = self.position if position is None else position
        return round(self._sample_rate * self.words.whole(position / self._sample_rate))

    def heard(self, position: int | None = None) -> str:
        """The words that have begun at `position`, by default at the next sample."""
        position = self.position if position is None else position
        return self.words.before(position / self._sample_rate)

    def forget(self) -> None:
        """Drop the sound that was not read."""
        self._chunks.clear()
        self.end = self.position
