"""One key that is tapped or held, on terminals that tell of releases and on those that do not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.terminal.talk_key import TalkKey

FRAME = 0.05


def talked(presses: Iterable[float], releases: Iterable[float] = (), until: float = 10.0) -> list[tuple[float, bool]]:
    """What a key that is pressed and let go at these times does, and when: ticks come as often as the app draws."""
    key, changes, talking = TalkKey(), [], False
    ticks = [round(FRAME * n, 3) for n in range(int(until / FRAME))]
    events = [*((at, key.press) for at in presses), *((at, key.release) for at in releases)]
    for at, happens in sorted([*events, *((at, key.tick) for at in ticks)], key=lambda event: event[0]):
        if happens(at) != talking:
            talking = not talking
            changes.append((at, talking))
    return changes


def held(start: float, end: float, delay: float = 0.5, every: float = 0.033) -> list[float]:
    """The presses of a key that is held, as a terminal gives them that knows no releases."""
    presses, at = [start], start + delay
    while at < end:
        presses.append(at)
        at += every
    return presses


def test_a_tap_begins_and_a_tap_ends() -> None:
    assert talked([1.0, 3.0]) == [(1.0, True), (3.0, False)]
    assert talked([1.0, 3.0], [1.1, 3.1]) == [(1.0, True), (3.0, False)]


def test_holding_talks_until_the_key_is_let_go() -> None:
    assert talked([1.0], [2.5]) == [(1.0, True), (2.5, False)]
    assert talked([1.0, 3.0], [2.5, 4.0]) == [(1.0, True), (2.5, False), (3.0, True), (4.0, False)]


@pytest.mark.parametrize(("delay", "every"), [(0.25, 0.03), (0.5, 0.033), (0.66, 0.04), (0.5, 0.09)])
def test_a_held_key_that_repeats_itself_talks_until_it_stops(delay: float, every: float) -> None:
    (start, began), (end, ended) = talked(held(1.0, 3.0, delay, every))
    assert (start, began, ended) == (1.0, True, False)
    assert 3.0 - every <= end <= 3.0 + 0.2 + 2 * FRAME


def test_repetitions_with_releases_are_one_press() -> None:
    assert talked(held(1.0, 3.0), [3.0]) == [(1.0, True), (3.0, False)]
    twice = talked([*held(1.0, 3.0), *held(4.0, 6.0)], [3.0, 6.0])
    assert twice == [(1.0, True), (3.0, False), (4.0, True), (6.0, False)]


def test_a_second_tap_soon_after_the_first_ends_as_well() -> None:
    (start, _), (end, talking) = talked([1.0, 1.5])
    assert (start, talking) == (1.0, False)
    assert 1.5 <= end <= 1.8


def test_a_held_key_that_ends_talking_does_not_begin_it_again_while_it_repeats() -> None:
    key = TalkKey()
    assert key.press(0.0)
    assert not key.press(3.0)
    assert not any(key.press(3.05 + 0.03 * n) for n in range(20))


def test_talking_that_ended_otherwise_begins_with_the_next_press() -> None:
    key = TalkKey()
    key.press(0.0)
    key.stop()
    assert not key.tick(0.1)
    assert key.press(5.0)


@given(st.lists(st.tuples(st.floats(0.01, 2.0), st.booleans()), max_size=40))
def test_silence_of_the_keyboard_leaves_a_settled_state(steps: list[tuple[float, bool]]) -> None:
    key, at = TalkKey(), 0.0
    for gap, pressed in steps:
        at += gap
        (key.press if pressed else key.release)(at)
    settled = key.tick(at + 1.0)
    assert key.tick(at + 60.0) is settled
