"""Utterances as words."""

from __future__ import annotations

from models.language.en.words import plain, quote, split_words


def test_contractions_are_written_in_full_and_possessives_read_the_same_way() -> None:
    assert [word.text for word in split_words("What’s up? I'm Tom's.")] == ["what", "is", "up", "i", "am", "tom", "is"]


def test_words_inside_a_contraction_stay_whole() -> None:
    assert [word.text for word in split_words("don't, o'clock")] == ["don't", "o'clock"]


def test_a_quotation_is_what_was_said() -> None:
    text = "Remember: Anna's dog, Rex!"
    assert quote(text, split_words(text)[1:]) == "Anna's dog, Rex"
    assert quote(text, []) == ""
    assert quote("I'd like tea", split_words("I'd like tea")[1:]) == "like tea"


def test_places_fit_texts_whose_lower_case_is_longer() -> None:
    text = "İstanbul is far"
    assert quote(text, split_words(text)[-1:]) == "far"


def test_fillers_are_left_out_unless_there_is_nothing_else() -> None:
    assert plain("Um, take me, uh, home!") == "take me home"
    assert plain("Okay.") == "okay"
    assert plain("...") == ""
