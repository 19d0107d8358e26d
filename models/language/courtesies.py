"""Small talk that is answered by phrases, where no language model chats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.language.repetition import freshest


@dataclass(frozen=True, slots=True)
class Courtesy:
    """A kind of small talk, and what is answered to it."""

    said: re.Pattern[str]
    """Words by which the user is known to say it."""
    answers: tuple[str, ...]
    """Sentences, at least one. They take turns."""


def answer(courtesies: Sequence[Courtesy], text: str, said: Sequence[str]) -> str:
    """The answer of the first courtesy that the user's words are; empty where they are none.

    `said` holds what the avatar said lately, oldest first."""
    found = next((each for each in courtesies if each.said.search(text.replace("’", "'"))), None)
    return freshest(found.answers, said) if found else ""
