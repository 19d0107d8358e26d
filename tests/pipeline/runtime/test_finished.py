"""Which words could be all that somebody wants to say."""

from __future__ import annotations

import pytest

from models.protocols import UNKNOWN, Intent, SkillCard, Slot
from pipeline.runtime.finished import reads_finished

SKILLS = {"buy": SkillCard("buy", "", (), (Slot("item", "item"), Slot("quantity", "integer", required=False)))}


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
def test_a_whole_sentence_reads_finished(text: str) -> None:
    assert reads_finished(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "Remember that the red,",
        "Tell me a",
        "Tell me the story of.",
        "I want to",
        "What did I?",
        "Um, could you, um",
        "Wait -",
        "I'll take\u2026",
        "\u6211\u60f3\u8981",
        "\u56e0\u4e3a",
    ],
)
def test_a_comma_or_an_open_word_says_that_there_is_more(text: str) -> None:
    assert not reads_finished(text)


def test_a_missing_slot_says_that_there_is_more() -> None:
    assert not reads_finished("I would like to buy", Intent("buy"), SKILLS)
    assert reads_finished("I would like to buy a kite", Intent("buy", {"item": "kite"}), SKILLS)


def test_an_unsure_intent_says_that_there_is_more_but_an_unknown_one_does_not() -> None:
    assert not reads_finished("Um, could he", Intent("small_talk", confidence=0.72), SKILLS)
    assert reads_finished("The printer is out of paper", Intent(UNKNOWN, confidence=0.5), SKILLS)
