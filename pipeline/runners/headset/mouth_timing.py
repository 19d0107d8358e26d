"""The avatar's mouth as a headset shows it, and whether it moves with the sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from models.protocols import Samples
from pipeline.runners.headset.playout import AUDIBLE, Playout
from pipeline.wire import from_server
from pipeline.wire.frames import WRAP, since

PAUSE = 0.05
"""Seconds of closed mouth, and of silence, after which speech begins anew."""
NEAR = 0.2
"""Seconds within which an opening mouth and a beginning sound count as the same event."""
CLOSED = "sil"


class SeenShape(NamedTuple):
    """A mouth shape and the time at which it is seen."""

    start: float
    """The beginning, in seconds."""
    duration: float
    """The length, in seconds."""
    name: str
    """One of the 15 shapes of Oculus LipSync."""
    weight: float
    """How strongly it is seen, 0 to 1."""


class AnswerClock:
    """Finds when captions and mouth shapes are due, by the sound that was heard (docs/protocol.md, "One clock")."""

    def __init__(self, playout: Playout, syncs: Sequence[from_server.Sync]) -> None:
        self._playout = playout
        self._spans = list(pairwise([*syncs, None]))

    def due(self, turn: str, position: int) -> Iterator[float]:
        """Give the times at which `position`, in ms of the answer `turn`, was heard: more than one where a word was
        repeated."""
        for sync, following in self._spans:
            assert sync is not None  # noqa: S101  for mypy
            samples = round((position - sync.position) * self._playout.sample_rate / 1000)
            timestamp = (sync.timestamp + samples) % WRAP
            over = following is not None and since(timestamp, following.timestamp) >= 0
            if sync.turn == turn and samples >= 0 and not over:
                heard = self._playout.heard_at(timestamp)
                if heard is not None:
                    yield heard


def skews(shapes: Sequence[SeenShape], sound: Samples, sample_rate: int) -> list[float]:
    """The delays of the mouth after the sound, in seconds, each time that both begin after a pause.

    `sound`, shape (n,), and `shapes` count time from the same moment. An event in only one of them is left out."""
    heard = _onsets(sound, sample_rate)
    found = []
    for at in _openings(shapes):
        nearest = min(heard, key=lambda onset: abs(onset - at), default=None)
        if nearest is not None and abs(nearest - at) < NEAR:
            found.append(at - nearest)
    return found


def _openings(shapes: Sequence[SeenShape]) -> Iterator[float]:
    """Give the times at which the mouth begins to move after a pause."""
    closed_from: float | None = -PAUSE
    for shape in shapes:
        if shape.name == CLOSED:
            closed_from = shape.start if closed_from is None else closed_from
            continue
        if closed_from is not None and shape.start - closed_from >= PAUSE:
            yield shape.start
        closed_from = None


def _onsets(sound: Samples, sample_rate: int) -> list[float]:
    """The times at which the sound begins after a pause."""
    loud = np.flatnonzero(np.abs(sound) > AUDIBLE)
    apart = np.diff(loud, prepend=-sample_rate)
    return [float(at) / sample_rate for at in loud[apart >= PAUSE * sample_rate]]
