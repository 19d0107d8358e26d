"""The mood of words in any language that has rules for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from models.language.mood import Mood, Told

_HAN = re.compile(r"[\u3400-\u9fff]")


class _Rules(NamedTuple):
    mood: Callable[[str], Told]
    answers: Mapping[Mood, str]


def read_mood(text: str, language: str) -> Told:
    """What `text` does with the deed that it names; words in a language without rules are taken for orders.

    `language` is an ISO 639-1 code. Chinese characters are read as Chinese whatever it says."""
    rules = _rules(text, language)
    return rules.mood(text) if rules else Told(Mood.ORDER, text)


def answer(mood: str, text: str, language: str) -> str:
    """What is said to `text`, which names a deed that is not done for its mood; nothing where there is no answer."""
    rules = _rules(text, language)
    return rules.answers.get(Mood(mood), "") if rules and mood in {each.value for each in Mood} else ""


def _rules(text: str, language: str) -> _Rules | None:
    """The rules of a language; imported here because their patterns take some 40 ms to compile."""
    if _HAN.search(text):
        from models.language.zh import mood as chinese

        return _Rules(chinese.mood, chinese.ANSWERS)
    if language == "en":
        from models.language.en import mood as english

        return _Rules(english.mood, english.ANSWERS)
    return None
