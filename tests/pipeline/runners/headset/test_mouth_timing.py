"""Where the mouth and the sound begin, and how far apart."""

from __future__ import annotations

import numpy as np
import pytest

from models.protocols import Samples
from pipeline.runners.headset.mouth_timing import AnswerClock, SeenShape, skews
from pipeline.runners.headset.playout import Playout
from pipeline.wire.frames import WRAP
from pipeline.wire.from_server import Sync

RATE = 24_000
SPOKEN = ((0.3, 0.5), (0.9, 0.2), (1.4, 0.6))
"""Words: where each begins, and how long it is."""


def sound(late: float = 0.0) -> Samples:
    made = np.zeros(3 * RATE, np.float32)
    for start, duration in SPOKEN:
        made[round((start + late) * RATE) : round((start + late + duration) * RATE)] = 0.5
    return made


def mouth() -> list[SeenShape]:
    shapes, at = [], 0.0
    for start, duration in SPOKEN:
        shapes += [SeenShape(at, start - at, "sil", 1.0), SeenShape(start, duration, "aa", 1.0)]
        at = start + duration
    return shapes


@pytest.mark.parametrize("late", [0.0, 0.04, -0.03])
def test_skew_is_what_it_was_made(late: float) -> None:
    assert skews(mouth(), sound(late), RATE) == pytest.approx([-late] * len(SPOKEN), abs=1e-4)


def test_a_mouth_without_sound_and_a_sound_without_mouth_are_left_out() -> None:
    assert skews(mouth(), np.zeros(RATE, np.float32), RATE) == []
    assert skews([], sound(), RATE) == []


def test_the_sound_that_is_heard_leads() -> None:
    playout = Playout(RATE)
    playout.put(0, 48_000, np.full(RATE, 0.5, np.float32), 10.0)
    playout.flush(10.4)
    playout.put(1, 72_000, np.full(RATE, 0.5, np.float32), 11.0)
    playout.advance(13.0)
    clock = AnswerClock(
        playout,
        [
            Sync(turn="a/1", timestamp=48_000, position=0),
            Sync(turn="a/1", timestamp=72_000, position=300),  # the word at 0.3 s was cut
        ],
    )
    assert list(clock.due("a/1", 100)) == pytest.approx([10.1])
    assert list(clock.due("a/1", 350)) == pytest.approx([10.35, 11.05])
    assert list(clock.due("a/1", 900)) == pytest.approx([11.6])
    assert list(clock.due("a/1", 5000)) == []
    assert list(clock.due("a/2", 100)) == []


def test_timestamps_wrap() -> None:
    playout = Playout(RATE)
    playout.put(0, WRAP - 2400, np.full(RATE, 0.5, np.float32), 10.0)
    playout.advance(12.0)
    clock = AnswerClock(playout, [Sync(turn="a/1", timestamp=WRAP - 2400, position=0)])
    assert list(clock.due("a/1", 400)) == pytest.approx([10.4])
