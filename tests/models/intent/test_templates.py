"""Utterances laid beside examples."""

from __future__ import annotations

from collections.abc import Sequence

from models.intent.templates import Hole, Part, Piece, Value, align

TOPIC = Hole("topic")


def taken(text: str, example: Sequence[Part], **weights: float) -> dict[str, str]:
    """The words in each hole of the example."""
    pieces = text.split()
    holes = align(pieces, example, {"topic"}, weights).holes
    return {name: " ".join(pieces[first:end]) for name, (first, end) in holes.items()}


def test_a_hole_takes_what_stands_in_its_place() -> None:
    assert taken("teach me about black holes", ["teach", "me", "about", TOPIC]) == {"topic": "black holes"}


def test_words_around_the_example_are_passed_over() -> None:
    example: list[Part] = ["explain", TOPIC, "to", "me"]
    assert taken("could you explain gravity to me", example) == {"topic": "gravity"}


def test_an_empty_hole_takes_nothing() -> None:
    assert taken("teach me", ["teach", "me", "about", TOPIC]) == {}


def test_a_closed_hole_takes_only_a_value_of_its_slot() -> None:
    pieces: list[Piece] = ["two", Value(frozenset({"item"})), "now"]
    example: list[Part] = ["buy", Hole("quantity"), Hole("item")]
    assert align(pieces, example, frozenset(), {}).holes == {"item": (1, 2)}


def test_the_word_before_a_hole_leads_to_it_however_common_it_is() -> None:
    example: list[Part] = ["remember", "that", TOPIC]
    assert taken("save the fact that it rains", example, that=0.1, remember=0.9) == {"topic": "it rains"}


def test_what_an_utterance_shares_counts_by_weight() -> None:
    fit = align(["set", "a", "timer"], ["set", "the", "timer"], frozenset(), {"set": 0.5, "the": 0.0, "timer": 1.5})
    assert fit.shared == 1.0
    assert align(["set"], ["set", "timer"], frozenset(), {"set": 0.5, "timer": 1.5}).shared == 0.25


def test_nothing_beside_nothing() -> None:
    assert align([], [], frozenset(), {}).score == 0.0
    assert align([], [TOPIC], {"topic"}, {}).holes == {}
