"""An utterance as words that know where they stood, in any language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V", covariant=True)

HAN = "\u3400-\u9fff"
"""Chinese characters, as they stand in the brackets of a pattern. Each of them is a word."""
_WORD = re.compile(rf"\d+(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|[{HAN}]|[^\W\d_{HAN}]+(?:'[^\W\d_{HAN}]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an utterance; where words are not parted by spaces, one character."""

    text: str
    """Lower case, apostrophes straight, contractions in full."""
    start: int
    """Its first character's place in the utterance."""
    end: int
    """The place after its last character."""


@dataclass(frozen=True, slots=True)
class Found(Generic[V]):
    """A value, and the words that it was read from."""

    value: V
    first: int
    """Index of its first word."""
    end: int
    """Index after its last word."""
    score: float = 1.0
    """How surely it was read, 0 to 1."""


def split(text: str, pattern: re.Pattern[str] = _WORD) -> list[Word]:
    """The words of `text` that `pattern` finds, without punctuation; their places fit `text` as it was given."""
    found = pattern.finditer(lowered(text))
    return [Word(word.group(), word.start(), word.end()) for word in found]


def lowered(text: str) -> str:
    """`text` in lower case with straight apostrophes, character for character."""
    plain = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower()
    return plain if len(plain) == len(text) else text  # a few letters grow in lower case


def quote(text: str, words: Sequence[Word]) -> str:
    """The part of `text` from the first to the last of `words`, as it was said."""
    whole = [word for word in words if text[word.start].isalnum()]  # the rest of "I'd" is no beginning
    return text[whole[0].start : words[-1].end] if whole else ""


def overlap(one: Found[object], other: Found[object]) -> bool:
    """True where two values were read from a common word."""
    return one.first < other.end and other.first < one.end


def found_phrases(words: Sequence[Word], phrases: Mapping[str, V]) -> list[Found[V]]:
    """Every phrase that stands in `words`, the longest at each place, with what it means; phrases of Chinese are told
    by their characters."""
    longest = max((len(split(phrase)) for phrase in phrases), default=0)
    meant = {" ".join(word.text for word in split(phrase)): meaning for phrase, meaning in phrases.items()}
    found: list[Found[V]] = []
    at = 0
    while at < len(words):
        sizes = range(min(longest, len(words) - at), 0, -1)
        texts = ((size, " ".join(word.text for word in words[at : at + size])) for size in sizes)
        size, meaning = next(((size, meant[text]) for size, text in texts if text in meant), (0, None))
        if size and meaning is not None:
            found.append(Found(meaning, at, at + size))
        at += size or 1
    return found
