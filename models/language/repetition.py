"""What was said before, so that the avatar need not say it again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from models.language.marks import CLOSERS, SENTENCE_ENDS
from models.language.words import HAN

TURNS = 40
"""A sentence of free talk is not said twice within this many turns."""

_WORD = re.compile(rf"[{HAN}]|[^\W{HAN}]+")
_SENTENCE = re.compile(rf"[^{SENTENCE_ENDS}\n]+[{SENTENCE_ENDS}]*[{re.escape(CLOSERS)}]*")


def plain(text: str) -> str:
    """The words of a text for comparison: lower case, without marks. A Chinese character is a word."""
    return " ".join(_WORD.findall(text.lower().replace("’", "'")))


def sentences_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The sentences of several texts as `plain` gives them, in their order."""
    found = (plain(sentence) for text in texts for sentence in _SENTENCE.findall(text))
    return tuple(sentence for sentence in found if sentence)


def freshest(choices: Sequence[str], said: Sequence[str]) -> str:
    """The first of `choices`, at least one, that was not said; otherwise the one that was said longest ago.

    `said` holds the latest texts, oldest first."""

    def last(choice: str) -> int:
        return max((at for at, text in enumerate(said) if choice in text), default=-1)

    return min(choices, key=last)
