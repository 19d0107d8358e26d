"""Speakers who correct themselves within a sentence: what they take back is left out."""

from __future__ import annotations

import re

from models.language.acts import Acts
from models.language.en.amounts import find_durations, find_numbers
from models.language.en.words import FILLERS, split_words
from models.language.words import Found

_LEAD = re.compile(r"(?:for|to|at|in|the|a|an|my|on|about|of)\b")
_DETERMINER = re.compile(r"\b(?:the|an?|my|some|that|this|your)\b(?!.*\b(?:the|an?|my|some|that|this|your)\b)")
_ARTICLE = re.compile(r"\ban?\b(?!.*\ban?\b)")
_NEAR = 1
"""Words that may stand between an amount and the correction: "two maps, no, three lanterns"."""


def repaired(text: str, acts: Acts) -> str:
    """The text without what its speaker took back: of "two, no, three maps" it is "three maps".

    Only what stands between two parts of a sentence takes anything back."""
    for found in acts.retracting.finditer(text.lower()):
        before, after = text[: found.start()].rstrip(" ,"), text[found.end() :].lstrip(" ,")
        if not before or not after or re.search(r"[.!?]\s*$", before):
            continue
        mended = _mended(before, after)
        if mended is not None:
            return repaired(mended.strip(), acts)
    return text


def _mended(before: str, after: str) -> str | None:
    """The words before and after a correction as one sentence; None where nothing in them is corrected."""
    low, first = before.lower(), after.lower().split(maxsplit=1)[0]
    if _LEAD.match(first) and first not in ("a", "an") and (at := low.rfind(f" {first} ")) >= 0:
        return f"{before[:at]} {after}"  # "for five, no, for six"
    if amount := _amount(after):
        alone = all(word.text in FILLERS for word in split_words(after)[amount.end :])
        mended = _put_in(before, after, amount) if alone else _moved(before, after)
        if mended is not None:
            return mended
    if _LEAD.match(first) and (determiner := _DETERMINER.search(low)):  # "the market, no, the garden"
        return f"{before[: determiner.start()].rstrip()} {after}"
    return None


def _amount(text: str) -> Found[int] | Found[float] | None:
    """The amount with which a text begins; the unit belongs to a length of time."""
    words = split_words(text)
    lengths = [each for each in find_durations(words) if each.first == 0]
    numbers = [each for each in find_numbers(words) if each.first == 0]
    return next(iter([*lengths, *numbers]), None)


def _put_in(before: str, after: str, amount: Found[int] | Found[float]) -> str | None:
    """The words before with an amount that follows in place of their last one: "a map, or rather two"."""
    words, later = split_words(before), split_words(after)
    said = after[later[0].start : later[amount.end - 1].end]
    if find_durations(later) and (lengths := find_durations(words)):
        return before[: words[lengths[-1].first].start] + said + before[words[lengths[-1].end - 1].end :]
    if numbers := find_numbers(words):
        return before[: words[numbers[-1].first].start] + said + before[words[numbers[-1].end - 1].end :]
    article = _ARTICLE.search(before.lower())
    return before[: article.start()] + said + before[article.end() :] if article else None


def _moved(before: str, after: str) -> str | None:
    """The words before, up to their last amount if it stands at the end, and the words after: "two, no, three maps"."""
    words = split_words(before)
    numbers = find_numbers(words)
    if numbers and len(words) - numbers[-1].end <= _NEAR:
        return f"{before[: words[numbers[-1].first].start].rstrip()} {after}"
    return None
