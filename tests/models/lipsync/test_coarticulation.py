"""What neighbouring sounds do to each other's mouth shapes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.face import VISEMES
from models.lipsync.coarticulation import KEPT, SHORTEST, Gesture, coarticulated


def row(*shapes: tuple[str, float]) -> list[Gesture]:
    gestures, start = [], 0.0
    for name, duration in shapes:
        gestures.append(Gesture(name, start, start + duration, 0.5))
        start += duration
    return gestures


def seen(*shapes: tuple[str, float]) -> list[tuple[str, float]]:
    """Names and durations."""
    return [(gesture.viseme, round(gesture.end - gesture.start, 4)) for gesture in coarticulated(row(*shapes))]


SOUNDS = st.lists(st.tuples(st.sampled_from([*VISEMES, ""]), st.floats(0.005, 0.4)), max_size=20)


@given(SOUNDS)
def test_the_time_of_the_sound_is_filled_without_gaps(sounds: list[tuple[str, float]]) -> None:
    given_, found = row(*sounds), coarticulated(row(*sounds))
    assert bool(found) == bool(given_)
    assert all(before.end == behind.start for before, behind in pairwise(found))
    assert all(gesture.end >= gesture.start for gesture in found)
    if found:
        assert (found[0].start, found[-1].end) == (given_[0].start, given_[-1].end)


@given(SOUNDS)
def test_every_closure_is_kept_and_ends_where_it_did(sounds: list[tuple[str, float]]) -> None:
    found = [gesture for gesture in coarticulated(row(*sounds)) if gesture.viseme == "PP"]
    for closure in (gesture for gesture in row(*sounds) if gesture.viseme == "PP"):
        assert any(kept.start <= closure.start and kept.end >= closure.end for kept in found)


@given(SOUNDS)
def test_shapes_can_be_seen_and_differ_from_their_neighbours(sounds: list[tuple[str, float]]) -> None:
    found = coarticulated(row(*sounds))
    assert all(before.viseme != behind.viseme for before, behind in pairwise(found))
    if len(found) > 1:
        short = [gesture for gesture in found if gesture.end - gesture.start < SHORTEST - 1e-9]
        assert all(gesture.viseme in KEPT for gesture in short)


@given(SOUNDS)
def test_the_sounds_that_are_given_are_left_as_they_are(sounds: list[tuple[str, float]]) -> None:
    gestures = row(*sounds)
    coarticulated(gestures)
    assert gestures == row(*sounds)


@pytest.mark.parametrize("lips", ["ou", "oh", "ih", "CH"])
def test_lips_round_or_spread_before_the_sound(lips: str) -> None:
    assert seen(("aa", 0.2), ("DD", 0.1), (lips, 0.2)) == [("aa", 0.2), ("DD", 0.05), (lips, 0.25)]
    assert seen(("DD", 0.1), (lips, 0.2)) == [("DD", 0.05), (lips, 0.25)]


def test_lips_stay_behind_where_nothing_else_needs_them() -> None:
    assert seen(("ou", 0.2), ("nn", 0.1), ("sil", 0.2)) == [("ou", 0.25), ("nn", 0.05), ("sil", 0.2)]
    assert seen(("ou", 0.2), ("nn", 0.1), ("ih", 0.2)) == [("ou", 0.2), ("nn", 0.05), ("ih", 0.25)]


def test_a_long_consonant_yields_no_more_than_lips_are_ahead() -> None:
    assert seen(("nn", 0.5), ("ou", 0.2)) == [("nn", 0.38), ("ou", 0.32)]


def test_a_short_consonant_stays_to_be_seen() -> None:
    assert seen(("DD", 0.04), ("ou", 0.2)) == [("DD", 0.03), ("ou", 0.21)]


@pytest.mark.parametrize("own", ["SS", "PP", "FF", "TH", "aa"])
def test_sounds_that_need_their_own_lips_or_jaw_yield_nothing(own: str) -> None:
    assert seen((own, 0.1), ("ou", 0.2)) == [(own, 0.1), ("ou", 0.2)]


def test_lips_touch_the_teeth_however_short() -> None:
    assert seen(("aa", 0.2), ("FF", 0.02), ("aa", 0.2)) == [("aa", 0.2), ("FF", 0.02), ("aa", 0.2)]
