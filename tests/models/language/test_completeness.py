"""Which words could be all that somebody wants to say."""

from __future__ import annotations

import pytest

from models.language.completeness import Reading, read
from models.language.finding import find_language, language_of
from models.protocols import UNKNOWN, Intent, SkillCard, Slot

EN = find_language("en")


SKILLS = {
    "remember": SkillCard("remember", "", (), (Slot("fact", "text"),)),
    "recall": SkillCard("recall", "", (), (Slot("topic", "text"),), effects=False),
    "buy": SkillCard("buy", "", (), (Slot("item", "item"), Slot("quantity", "integer", required=False))),
}


@pytest.mark.parametrize(
    "text",
    [
        "Take me to the library, please.",
        "I would like to buy two apples",
        "Where am I?",
        "How are you?",
        "What do you want to buy",
        "Okay.",
        "No",
        "\u5e26\u6211\u53bb\u56fe\u4e66\u9986\u3002",
    ],
)
def test_a_whole_sentence_could_be_all(text: str) -> None:
    assert read(text, language_of(text, "en")) is Reading.WHOLE


@pytest.mark.parametrize(
    "text",
    ["", "...", "Tell me a", "The story of.", "I want to", "Could you, um", "\u6211\u60f3\u8981", "\u56e0\u4e3a"],
)
def test_words_that_break_off_need_more(text: str) -> None:
    assert read(text, language_of(text, "en")) is Reading.BROKEN_OFF


@pytest.mark.parametrize("text", ["Remember that the red,", "Wait -", "I'll take one\u2026", "\u4f60\u597d\uff0c"])
def test_a_comma_leaves_a_doubt(text: str) -> None:
    assert read(text, language_of(text, "en")) is Reading.DOUBTFUL


def test_a_missing_slot_needs_more() -> None:
    assert read("I would like to buy", EN, Intent("buy"), SKILLS) is Reading.BROKEN_OFF
    assert read("I would like to buy a kite", EN, Intent("buy", {"item": "kite"}), SKILLS) is Reading.WHOLE


def test_an_unsure_intent_leaves_a_doubt_but_an_unknown_one_does_not() -> None:
    assert read("Could he", EN, Intent("small_talk", confidence=0.72), SKILLS) is Reading.DOUBTFUL
    assert read("The printer is out of paper", EN, Intent(UNKNOWN, confidence=0.5), SKILLS) is Reading.WHOLE


def test_what_is_to_be_kept_leaves_a_doubt() -> None:
    assert read("Remember that the red", EN, Intent("remember", {"fact": "the red"}), SKILLS) is Reading.DOUBTFUL
    assert read("What about the red key?", EN, Intent("recall", {"topic": "the red key"}), SKILLS) is Reading.WHOLE
