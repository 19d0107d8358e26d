"""Finds the parts of an utterance that are worth a recogniser's time, by loudness alone.

A recogniser's encoder takes time for every second that it sees, quiet or not, and small models lose the thread of long
sound. So an utterance is cut at pauses, and the quiet around each part is left out. Decisions about the beginning of an
utterance stay when more sound follows, so parts that were recognised once need not be recognised again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.protocols import Samples

FRAME = 0.02
"""Seconds between two readings of the level."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of an utterance, counted in samples."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Cuts:
    """How an utterance is cut into parts. Times are in seconds, levels in decibels."""

    quiet: float = -30.0
    """A frame that is softer than the loudest speech so far by more than this is a pause."""
    silent: float = -84.0
    """A frame below this level, relative to full scale, is a pause in any case."""
    margin: float = 0.2
    """So much of a pause is kept on each side of speech, because weak consonants begin and end there."""
    pause: float = 0.4
    """A pause this long ends a part that has lasted for `shortest`."""
    shortest: float = 8.0
    """A part that has lasted less than this does not end at a pause."""
    longest: float = 18.0
    """A part that lasts this long without a pause is cut at the quietest frame of its last quarter."""

    def spans(self, samples: Samples, sample_rate: int) -> list[Span]:
        """The parts of `samples` that hold sound, in order.

        All parts but the last are final: sound appended to `samples` does not move them. The last part keeps its place
        while only quiet is appended."""
        step = round(FRAME * sample_rate)
        margin = round(self.margin / FRAME)
        level = levels(samples, step)
        loud = self._loud(level)
        found: list[Span] = []
        begin = 0
        while begin < level.size:
            end = self._end(level[begin:], loud[begin:])
            limit = level.size + 1 if end is None else begin + end
            heard = np.flatnonzero(loud[begin:limit]) + begin
            if heard.size:
                first, last = max(int(heard[0]) - margin, begin), min(int(heard[-1]) + 1 + margin, limit)
                found.append(Span(first * step, min(last * step, samples.size)))
            begin = limit
        return found

    def _loud(self, level: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which frames are no pause. Each is judged only by itself and the frames before it."""
        # A click is shorter than three frames, so it does not set what counts as loud.
        lasting = np.zeros_like(level)
        lasting[2:] = np.minimum(level[2:], np.minimum(level[1:-1], level[:-2]))
        reference = np.maximum.accumulate(lasting)
        loud: NDArray[np.bool_] = level > np.maximum(reference * 10 ** (self.quiet / 20), 10 ** (self.silent / 20))
        return loud

    def _end(self, level: NDArray[np.float32], loud: NDArray[np.bool_]) -> int | None:
        """The frame at which the part that begins at frame 0 ends, or None while the part may go on."""
        pause, shortest, longest = (round(t / FRAME) for t in (self.pause, self.shortest, self.longest))
        quiet = np.concatenate(([0], np.cumsum(~loud)))  # [i]: pauses among the first i frames
        ends = np.flatnonzero(quiet[pause:] - quiet[:-pause] == pause) + pause // 2
        if (ends := ends[ends >= shortest]).size and ends[0] <= longest:
            return int(ends[0])
        if level.size < longest + pause:
            return None
        late = longest - longest // 4
        return late + int(np.argmin(level[late:longest]))


def levels(samples: Samples, step: int) -> NDArray[np.float32]:
    """The root mean square of every whole frame of `step` samples, shape (n // step,)."""
    frames = samples[: samples.size // step * step].reshape(-1, step)
    level: NDArray[np.float32] = np.sqrt(np.square(frames).mean(axis=1))
    return level
