"""A timeline of visemes, sampled."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.face import VISEMES, Viseme
from pipeline.devices.face.mouth import MEETING, REACH, RELEASE, Mouth, coming_to_rest

FRAME = 1 / 60
"""Seconds."""
REST = {name: float(name == "sil") for name in VISEMES}

UNHURRIED = settings(deadline=None, max_examples=50)


def timeline(*shapes: tuple[str, float, float]) -> list[Viseme]:
    """Visemes in a row from second 0 on; each a name, a duration and a weight."""
    row, start = [], 0.0
    for name, duration, weight in shapes:
        row.append(Viseme(name, start, duration, weight))
        start += duration
    return row


def timelines(names: Sequence[str] = VISEMES) -> st.SearchStrategy[list[Viseme]]:
    shape = st.tuples(st.sampled_from(names), st.floats(0.01, 0.4), st.floats(0.0, 1.0))
    full = shape.map(lambda s: (s[0], s[1], 1.0) if s[0] in MEETING else s)  # contacts know no loudness
    return st.lists(full, max_size=12).map(lambda shapes: timeline(*shapes))


def frames(row: Sequence[Viseme], mouth: Mouth | None = None) -> list[dict[str, float]]:
    last = row[-1].start + row[-1].duration if row else 0.0
    count = round((last + 0.4) / FRAME)
    return [(mouth or Mouth(row)).at(i * FRAME - 0.2) for i in range(count)]


def largest_jump(weights: Sequence[dict[str, float]]) -> float:
    return max((abs(b[name] - a[name]) for a, b in pairwise(weights) for name in VISEMES), default=0.0)


@UNHURRIED
@given(timelines())
def test_weights_are_bounded_wherever_it_is_sampled(row: list[Viseme]) -> None:
    for weights in frames(row):
        assert tuple(weights) == VISEMES
        assert all(0.0 <= weight <= 1.0 for weight in weights.values())
        assert sum(weights.values()) <= 1.0 + 1e-9


@UNHURRIED
@given(timelines(), st.floats(0.0, 1.0))
def test_closed_lips_are_closed_from_beginning_to_end(row: list[Viseme], part: float) -> None:
    for shape in row:
        if shape.viseme == "PP":
            assert Mouth(row).at(shape.start + part * shape.duration)["PP"] == pytest.approx(1.0)


@UNHURRIED
@given(timelines([name for name in VISEMES if name not in MEETING]))
def test_the_mouth_does_not_jump(row: list[Viseme]) -> None:
    assert largest_jump(frames(row)) < 0.28


@UNHURRIED
@given(timelines())
def test_not_even_to_close(row: list[Viseme]) -> None:
    assert largest_jump(frames(row)) < 0.78


@UNHURRIED
@given(timelines(), st.floats(0.0, 3.0))
def test_an_interrupted_mouth_comes_to_rest_without_a_jump(row: list[Viseme], cut: float) -> None:
    weights = Mouth(row).at(cut)
    assert coming_to_rest(weights, 0.0) == pytest.approx(weights)
    assert coming_to_rest(weights, RELEASE) == pytest.approx(REST)
    falling = [coming_to_rest(weights, i * FRAME) for i in range(10)]
    assert largest_jump(falling) < 0.28
    assert all(sum(shape.values()) <= 1.0 + 1e-9 for shape in falling)


@UNHURRIED
@given(timelines(), st.floats(-1.0, 6.0))
def test_far_from_every_shape_it_rests(row: list[Viseme], moment: float) -> None:
    spoken = [shape for shape in row if shape.viseme != "sil"]
    if all(not shape.start - REACH < moment < shape.start + shape.duration + REACH for shape in spoken):
        assert Mouth(row).at(moment) == pytest.approx(REST)


def test_a_long_shape_is_reached_and_neighbours_meet_half_way() -> None:
    mouth = Mouth(timeline(("aa", 0.2, 0.8), ("E", 0.2, 0.6)))
    assert mouth.at(0.1)["aa"] == pytest.approx(0.8)
    assert mouth.at(0.2) == pytest.approx({**REST, "sil": 0.0, "aa": 0.4, "E": 0.3})
    assert mouth.at(0.3)["E"] == pytest.approx(0.6)


def test_a_short_vowel_falls_short_and_a_short_closure_does_not() -> None:
    mouth = Mouth(timeline(("E", 0.2, 1.0), ("aa", 0.03, 1.0), ("E", 0.2, 1.0), ("PP", 0.03, 1.0), ("E", 0.2, 1.0)))
    assert 0.2 < mouth.at(0.215)["aa"] < 0.6
    assert mouth.at(0.445) == pytest.approx({**REST, "sil": 0.0, "PP": 1.0})


def test_a_mouth_opens_between_two_closures() -> None:
    mouth = Mouth(timeline(("PP", 0.08, 1.0), ("aa", 0.08, 1.0), ("PP", 0.08, 1.0)))
    assert mouth.at(0.12)["aa"] > 0.6


def test_a_gap_is_silence() -> None:
    mouth = Mouth([Viseme("aa", 0.0, 0.2, 1.0), Viseme("aa", 0.5, 0.2, 1.0)])
    assert mouth.at(0.35) == pytest.approx(REST)


def test_no_shapes_no_movement() -> None:
    assert Mouth([]).at(0.0) == REST


def test_the_timeline_may_grow() -> None:
    row = timeline(("aa", 0.2, 1.0))
    mouth = Mouth(row)
    assert mouth.at(0.3) == pytest.approx(REST)
    row.append(Viseme("oh", 0.2, 0.2, 1.0))
    assert mouth.at(0.3)["oh"] == pytest.approx(1.0)
