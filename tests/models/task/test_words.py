"""English for outcomes."""

from __future__ import annotations

import pytest

from models.task.words import counted, listed, spoken_duration, to_listener


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
