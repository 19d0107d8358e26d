"""Utterances as words."""

from __future__ import annotations

from models.language.finding import find_language
from models.language.words import quote

EN = find_language("en")


def test_contractions_are_written_in_full_and_possessives_read_the_same_way() -> None:
    assert [word.text for word in EN.split_words("What’s up? I'm Tom's.")] == [
        "what",
        "is",
        "up",
        "i",
        "am",
        "tom",
        "is",
    ]


def test_words_inside_a_contraction_stay_whole() -> None:
    assert [word.text for word in EN.split_words("don't, o'clock")] == ["don't", "o'clock"]


def test_a_quotation_is_what_was_said() -> None:
    text = "Remember: Anna's dog, Rex!"
    assert quote(text, EN.split_words(text)[1:]) == "Anna's dog, Rex"
    assert quote(text, []) == ""
    assert quote("I'd like tea", EN.split_words("I'd like tea")[1:]) == "like tea"


def test_places_fit_texts_whose_lower_case_is_longer() -> None:
    text = "İstanbul is far"
    assert quote(text, EN.split_words(text)[-1:]) == "far"


def test_fillers_are_left_out_unless_there_is_nothing_else() -> None:
    assert EN.plain("Um, take me, uh, home!") == "take me home"
    assert EN.plain("Okay.") == "okay"
    assert EN.plain("...") == ""
