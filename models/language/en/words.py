"""An utterance as words that know where they stood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V", covariant=True)

# Digits and letters are split, so that "10-minute", "1h30" and "20min" are words of a number and a unit.
# "what's" and "I'm" are split as well, to be the words of "what is" and "I am".
_WORD = re.compile(
    r"""\d+(?:,\d{3})+(?:\.\d+)? | \d+(?:\.\d+)?    # 1,000  2.5
    | (?<=[^\W\d_])'(?:s|m|re|ve|ll|d)\b            # what's
    | (?<!\S)[-\N{MINUS SIGN}](?=\d)                # -2
    | [^\W\d_]+(?:'(?:t|[^\W\d_]{3,})\b)?          # don't  o'clock""",
    re.VERBOSE,
)
_CONTRACTED = {
    "-": "minus",
    "\N{MINUS SIGN}": "minus",
    "'s": "is",
    "'m": "am",
    "'re": "are",
    "'ve": "have",
    "'ll": "will",
    "'d": "would",
}

FILLERS = frozenset(
    {"um", "uh", "uhm", "er", "erm", "hmm", "mm", "ah", "oh", "okay", "ok", "please", "hey", "well", "so"}
)
"""Words that change nothing about what is asked for."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an utterance."""

    text: str
    """Lower case, apostrophes straight, contractions in full."""
    start: int
    """Its first character's place in the utterance."""
    end: int
    """The place behind its last character."""


@dataclass(frozen=True, slots=True)
class Found(Generic[V]):
    """A value, and the words that it was read from."""

    value: V
    first: int
    """Index of its first word."""
    end: int
    """Index behind its last word."""
    score: float = 1.0
    """How surely it was read, 0 to 1."""


def split_words(text: str) -> list[Word]:
    """The words of `text`, without punctuation."""
    plain = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower()
    if len(plain) != len(text):  # a few letters grow in lower case, and places must fit the text as it was given
        plain = text
    found = _WORD.finditer(plain)
    return [Word(_CONTRACTED.get(word.group(), word.group()), word.start(), word.end()) for word in found]


def quote(text: str, words: Sequence[Word]) -> str:
    """The part of `text` from the first to the last of `words`, as it was said."""
    whole = [word for word in words if text[word.start].isalnum()]  # the rest of "I'd" is no beginning
    return text[whole[0].start : words[-1].end] if whole else ""


def plain(text: str) -> str:
    """The words of `text` in lower case and without fillers: what is compared, embedded and looked up."""
    words = [word.text for word in split_words(text)]
    return " ".join([word for word in words if word not in FILLERS] or words)


def stem(word: str) -> str:
    """A word without its English ending, near enough to lay ``understanding`` beside ``understand``."""
    for ending in ("ing", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 3:
            return word.removesuffix(ending)
    return word


def overlap(one: Found[object], other: Found[object]) -> bool:
    """True where two values were read from a common word."""
    return one.first < other.end and other.first < one.end
