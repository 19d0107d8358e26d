"""Cutting streamed text into clauses."""

from __future__ import annotations

import re

import pytest

from models.language.clauses import Clauses, clauses, count_words
from models.language.finding import find_language
from models.language.marks import ends_sentence

EN = find_language("en")


TEXTS = [
    ("Hello there, my friend, how are you? I am fine.", ["Hello there, my friend,", " how are you?", " I am fine."]),
    ("Yes, I do, and so does he.", ["Yes, I do,", " and so does he."]),
    ("No. I do not. See No. 5.", ["No.", " I do not.", " See No. 5."]),
    ("It costs 3.5 coins, or 1,200 in all.", ["It costs 3.5 coins,", " or 1,200 in all."]),
    ("Mr. Smith and Dr. J. Watson left. I stayed.", ["Mr. Smith and Dr. J. Watson left.", " I stayed."]),
    (
        "He lives in the U.S. and likes it. So do I. We too.",
        ["He lives in the U.S. and likes it.", " So do I.", " We too."],
    ),
    ("Take fruit, e.g. apples, home.", ["Take fruit, e.g. apples,", " home."]),
    (
        'She said "Go now. Run!" and left. Then "Stop!" We did.',
        ['She said "Go now. Run!" and left.', ' Then "Stop!"', " We did."],
    ),
    ("She said “Go, my dear friend. Run!” and left.", ["She said “Go, my dear friend. Run!” and left."]),
    ("Well I never — not once! Really?! Yes…", ["Well I never —", " not once!", " Really?!", " Yes…"]),
    ("Read well-known books - they help.", ["Read well-known books -", " they help."]),
    ("1. Apples are red.\n2. Pears are green.\n", ["1. Apples are red.", "\n2. Pears are green.", "\n"]),
    ("At 10:30 we leave: all of us.", ["At 10:30 we leave:", " all of us."]),
    ("你好，我的朋友，你今天怎么样？我很好。", ["你好，我的朋友，", "你今天怎么样？", "我很好。"]),
    ("他说：“走吧。快！”然后走了。价格是3.5元。", ["他说：“走吧。快！”", "然后走了。", "价格是3.5元。"]),
    ("no end in sight", ["no end in sight"]),
    ("", []),
    ("  \n ", ["  \n "]),
]
LONG = "First of all, we walked on and on along the wide white beach until the very end of it, and then we swam."


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_clauses_are_cut_where_a_voice_would_pause(text: str, expected: list[str]) -> None:
    assert list(clauses([text], EN)) == expected


@pytest.mark.parametrize("text", [text for text, _ in TEXTS] + [LONG])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_pieces_in_which_text_comes_make_no_difference(text: str, size: int) -> None:
    pieces = re.findall(rf"(?s).{{1,{size}}}", text)
    assert list(clauses(pieces, EN)) == list(clauses([text], EN))
    assert "".join(clauses(pieces, EN)) == text


def test_the_first_clause_leaves_when_the_next_word_begins() -> None:
    cutter = Clauses(EN)
    assert list(cutter.add("Of course, my friend")) == []
    assert list(cutter.add(",")) == []  # as in 1,000
    assert list(cutter.add(" I")) == ["Of course, my friend,"]
    assert cutter.rest() == " I"
    assert cutter.rest() == ""


def test_a_later_sentence_is_cut_only_where_it_is_long() -> None:
    assert list(clauses(["Yes. We ate, drank and slept."], EN)) == ["Yes.", " We ate, drank and slept."]
    assert list(clauses([f"Yes. {LONG}"], EN))[1:] == [" " + LONG.partition(" and then")[0], " and then we swam."]


def test_a_quotation_that_never_ends_is_cut_like_other_text() -> None:
    text = 'He said "' + "we walk on and on. " * 12
    assert len(list(clauses([text], EN))) > 1


def test_words_are_counted_in_both_scripts() -> None:
    assert count_words("It's 3 o'clock, isn't it?") == 5
    assert count_words("今天天气很好") == 3


@pytest.mark.parametrize(
    ("clause", "ends"), [("Yes.", True), ('"Yes!" ', True), ("好。”", True), ("Yes,", False), ("", False)]
)
def test_a_sentence_ends_behind_its_quotes(clause: str, ends: bool) -> None:
    assert ends_sentence(clause) is ends
