"""Numbers and lengths of time, as people say them and as recognisers write them."""

from __future__ import annotations

import pytest

from models.language.en.amounts import find_durations, find_numbers
from models.language.en.words import split_words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("half an hour", 1800),
        ("a half hour", 1800),
        ("ten minutes", 600),
        ("twenty-five minutes", 1500),
        ("a 10-minute timer", 600),
        ("20min", 1200),
        ("1h30", 5400),
        ("5 mins and 10 secs", 310),
        ("an hour and a half", 5400),
        ("one and a half hours", 5400),
        ("two and a half minutes", 150),
        ("2.5 minutes", 150),
        ("a minute and a half", 90),
        ("one minute thirty", 90),
        ("1 hour and 20 minutes", 4800),
        ("ten minutes, twenty seconds", 620),
        ("a quarter of an hour", 900),
        ("three quarters of an hour", 2700),
        ("a couple of minutes", 120),
        ("half a dozen minutes", 360),
        ("a hundred seconds", 100),
        ("two days", 172_800),
        ("zero minutes", 0),
    ],
)
def test_a_length_of_time_is_read_in_seconds(text: str, seconds: int) -> None:
    assert [found.value for found in find_durations(split_words(text))] == [seconds]


@pytest.mark.parametrize("text", ["", "minutes", "the second one", "half of it", "ten", "the last hours", "an apple"])
def test_what_is_no_length_of_time_is_none(text: str) -> None:
    assert find_durations(split_words(text)) == []


def test_two_lengths_of_time_stay_apart() -> None:
    words = split_words("ten seconds for the egg and two minutes for the tea")
    found = find_durations(words)
    assert [(length.value, length.first, length.end) for length in found] == [(10, 0, 2), (120, 6, 8)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("twenty one apples", [21]),
        ("twenty, one apple", [20, 1]),
        ("a dozen apples", [12]),
        ("two dozen apples", [24]),
        ("half a dozen cookies", [6]),
        ("a couple of flowers and a pair of hats", [2, 2]),
        ("1,000 coins", [1000]),
        ("1.5 or 2 and a half", [1.5, 2.5]),
        ("one hundred and five", [105]),
        ("the second hat", []),
        ("minus two maps and negative 3 hats", [-2, -3]),
        ("-2 maps, a 10-minute walk", [-2, 10]),
        ("a hat", []),
    ],
)
def test_numbers_are_read_from_words_and_digits(text: str, numbers: list[float]) -> None:
    assert [found.value for found in find_numbers(split_words(text))] == numbers
