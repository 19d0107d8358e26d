"""What was said before is found again whatever its marks and letters."""

from __future__ import annotations

import re

from models.language.courtesies import Courtesy, answer
from models.language.finding import find_language
from models.language.repetition import freshest, plain, sentences_of


def test_sentences_are_compared_by_their_words() -> None:
    assert plain("It’s FINE, thank you!") == plain("it's fine thank you")
    assert sentences_of(["Hello there. How are you?", "“Fine!” 你好！"]) == (
        "hello there",
        "how are you",
        "fine",
        "你 好",
    )
    assert sentences_of(["", "..."]) == ()


def test_the_freshest_is_new_or_was_said_longest_ago() -> None:
    choices = ("One.", "Two.", "Three.")
    assert freshest(choices, []) == "One."
    assert freshest(choices, ["One. And more."]) == "Two."
    assert freshest(choices, ["One.", "Three.", "Two.", "One."]) == "Three."


def test_small_talk_is_answered_by_the_first_kind_that_it_is() -> None:
    kinds = (Courtesy(re.compile("thanks"), ("Welcome.", "Any time.")), Courtesy(re.compile("hello"), ("Hello.",)))
    assert answer(kinds, "hello and thanks", []) == "Welcome."
    assert answer(kinds, "thanks", ["Welcome."]) == "Any time."
    assert answer(kinds, "well", []) == ""


def test_each_language_answers_any_small_talk_and_takes_turns() -> None:
    for code, words in (("en", "thanks a lot"), ("zh", "谢谢你")):
        kinds = find_language(code).talk.courtesies
        said: list[str] = []
        for _ in range(2):
            said.append(answer(kinds, words, said))
        assert len(set(said)) == 2
        assert answer(kinds, "zzz", [])
