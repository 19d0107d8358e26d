"""Shares of an example's wording."""

from __future__ import annotations

from models.intent.wording import stems, weigh
from models.language.finding import find_language

EN = find_language("en")


def test_words_that_many_examples_have_say_less_and_fillers_nothing() -> None:
    weights = weigh([stems("buy a map", EN), stems("buy a hat", EN), stems("um sell a hat", EN)], EN)
    assert weights["a"] < weights["buy"] < weights["sell"] <= 1.0
    assert weights["um"] == 0.0


def test_endings_make_no_difference() -> None:
    assert stems("helping me understanding", EN) == stems("help me understand", EN)
