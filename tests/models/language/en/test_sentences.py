"""English for outcomes."""

from __future__ import annotations

import pytest

from models.language.en.sentences import counted, listed, one, spoken_duration, the, to_listener, whereabouts
from models.protocols import Position


def test_lists() -> None:
    assert listed(["a map"]) == "a map"
    assert listed(["a map", "a kite", "2 coins"]) == "a map, a kite and 2 coins"
    assert listed(["plaza", "garden"], "or") == "plaza or garden"


def test_amounts() -> None:
    assert [counted(number, "coin") for number in (0, 1, 2)] == ["0 coins", "1 coin", "2 coins"]


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (1, "1 second"),
        (90, "1 minute and 30 seconds"),
        (600, "10 minutes"),
        (5400, "1 hour and 30 minutes"),
        (86399, "23 hours, 59 minutes and 59 seconds"),
    ],
)
def test_lengths_of_time(seconds: int, spoken: str) -> None:
    assert spoken_duration(seconds) == spoken


@pytest.mark.parametrize(
    ("said", "returned"),
    [
        ("My sister lives in Oslo.", "your sister lives in Oslo"),
        ("I'm allergic to nuts", "you are allergic to nuts"),
        ("I\u2019m allergic to nuts", "you are allergic to nuts"),
        ("i was born in May and i like it", "you were born in May and you like it"),
        ("Anna gave me her kite, and it is mine", "Anna gave you her kite, and it is yours"),
        ("the red key opens the shed", "the red key opens the shed"),
        ("The red key opens the shed!", "the red key opens the shed"),
        ("Tom is as old as me", "Tom is as old as you"),
        ("you like green tea", "I like green tea"),
        ("you are my best friend", "I am your best friend"),
        ("your name is Robin", "my name is Robin"),
        ("I trust you", "you trust me"),
        ("Mia's dog is called Ida", "Mia's dog is called Ida"),
    ],
)
def test_a_fact_is_said_back_from_the_other_side(said: str, returned: str) -> None:
    assert to_listener(said) == returned


@pytest.mark.parametrize(
    ("name", "any_one", "that_one"),
    [
        ("apple", "an apple", "the apple"),
        ("stone lion", "a stone lion", "the stone lion"),
        ("Anna", "Anna", "Anna"),
        ("the old oak", "the old oak", "the old oak"),
        ("theatre", "a theatre", "the theatre"),
    ],
)
def test_names_with_their_articles(name: str, any_one: str, that_one: str) -> None:
    assert (one(name), the(name)) == (any_one, that_one)


@pytest.mark.parametrize(
    ("position", "said"),
    [
        ((0.0, 1.6, -3.0), "straight ahead, 3 metres away"),
        ((0.6, 0.0, -0.9), "ahead, to the right, 1 metre away"),
        ((4.0, 2.0, 0.0), "to your right, 4 metres away"),
        ((2.0, 2.0, 2.0), "behind you, to the right, 3 metres away"),
        ((0.0, 0.0, 12.4), "behind you, 12 metres away"),
        ((-1.0, 0.0, 1.0), "behind you, to the left, 1 metre away"),
        ((-0.4, 0.0, 0.1), "to your left, less than a metre away"),
        ((-5.0, 0.0, -5.0), "ahead, to the left, 7 metres away"),
    ],
)
def test_directions_and_distances(position: Position, said: str) -> None:
    assert whereabouts(position) == said
