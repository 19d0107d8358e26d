"""Shares of an example's wording."""

from __future__ import annotations

from models.intent.wording import Wordings, stems, weigh
from models.language.finding import find_language

EN = find_language("en")


def test_words_that_many_examples_have_say_less_and_fillers_nothing() -> None:
    weights = weigh([stems("buy a map", EN), stems("buy a hat", EN), stems("um sell a hat", EN)], EN)
    assert weights["a"] < weights["buy"] < weights["sell"] <= 1.0
    assert weights["um"] == 0.0


def test_a_free_text_does_not_hide_the_request_before_it() -> None:
    recall = stems("what did i tell you about", EN)
    wordings = Wordings({"remember": [stems("write down that", EN)], "recall": [recall]}, EN)
    shares = wordings.shares("um write down that Tom owes me five coins for the lunch that we had")
    assert shares["remember"] > 0.7
    assert shares["recall"] == 0.0


def test_endings_make_no_difference() -> None:
    wordings = Wordings({"teach": [stems("help me understand", EN)]}, EN)
    assert wordings.shares("helping me understanding") == wordings.shares("help me understand")


def test_a_label_without_examples_shares_nothing() -> None:
    assert Wordings({"empty": [], "full": [stems("hello", EN)]}, EN).shares("hello")["empty"] == 0.0
