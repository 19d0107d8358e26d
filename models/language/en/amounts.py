"""Numbers and lengths of time in English words, digits, and mixtures of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.language.words import Found, Word

UNITS = {
    "second": 1, "sec": 1, "s": 1,
    "minute": 60, "min": 60, "m": 60,
    "hour": 3600, "hr": 3600, "h": 3600,
    "day": 86_400,
    "week": 604_800,
}  # fmt: skip
"""Seconds in each unit of time; plurals are read too."""

_FINER = {604_800: 86_400, 3600: 60, 60: 1}  # the unit of a number that follows another: "one minute thirty"
_ARTICLES = frozenset({"a", "an"})
_ANOTHER = frozenset({"another"})
_MORE = frozenset({"more", "extra", "additional", "further", "full", "whole", "little", "short"})
_GROUPS = {"couple": 2, "pair": 2, "dozen": 12}
_MINUS = frozenset({"minus", "negative"})
_PARTS = {"half": 0.5, "quarter": 0.25, "quarters": 0.25}


@dataclass(frozen=True, slots=True)
class _Token:
    """A word as text2num takes it."""

    word: Word

    def text(self) -> str:
        return self.word.text

    def text_lowercase(self) -> str:
        return self.word.text

    def nt_separated(self, previous: _Token) -> bool:
        return self.word.start - previous.word.end > 1  # a comma or full stop stood between them

    def not_a_number_part(self) -> bool:
        return False


def find_numbers(words: Sequence[Word]) -> list[Found[float]]:
    """Every number, in order: ``21``, ``twenty-one``, ``a couple of``, ``half a dozen``, ``two and a half``.

    A number after ``minus`` is negative."""
    plain = _plain_numbers(words)
    found: list[Found[float]] = []
    at = 0
    while at < len(words):
        number = _group(words, plain, at) or _with_half(words, plain, at)
        if number:
            below = at > 0 and words[at - 1].text in _MINUS
            found.append(Found(-number.value, at - 1, number.end) if below else number)
        at = number.end if number else at + 1
    return found


def find_durations(words: Sequence[Word]) -> list[Found[int]]:
    """Every length of time, in whole seconds: ``half an hour``, ``two and a half minutes``, ``1 hour and 20 minutes``.

    Units go from large to small; a number behind a unit is of the next smaller one (``one minute thirty``)."""
    numbers = {number.first: number for number in find_numbers(words)}
    found: list[Found[int]] = []
    at = 0
    while at < len(words):
        length = _duration(words, numbers, at)
        if length:
            found.append(Found(round(length.value), length.first, length.end))
        at = length.end if length else at + 1
    return found


def _plain_numbers(words: Sequence[Word]) -> dict[int, Found[float]]:
    """Cardinal numbers by their first word."""
    from text_to_num import find_numbers as find  # not before there is something to read

    spelt = {
        number.start: Found(float(number.value), number.start, number.end)
        for number in find([_Token(word) for word in words], "en", threshold=0)
        if not number.is_ordinal
    }
    digits = {
        at: Found(float(word.text.replace(",", "")), at, at + 1)
        for at, word in enumerate(words)
        if word.text[0].isdecimal()
    }
    return spelt | digits


def _group(words: Sequence[Word], plain: dict[int, Found[float]], at: int) -> Found[float] | None:
    """``a couple of``, ``half a dozen``, ``two dozen`` at a place."""
    times, here = 1.0, at
    if number := plain.get(at):
        times, here = number.value, number.end
    elif _text(words, at) == "half":
        times, here = 0.5, at + 1
    if _text(words, here) in _ARTICLES:
        here += 1
    size = _GROUPS.get(_text(words, here).removesuffix("s") if number else _text(words, here))
    if size is None:
        return None
    here += 1
    return Found(times * size, at, here + 1 if _text(words, here) == "of" else here)


def _with_half(words: Sequence[Word], plain: dict[int, Found[float]], at: int) -> Found[float] | None:
    """A number at a place, and the half that may follow it."""
    number = plain.get(at)
    if number is None:
        return None
    part = _fraction(words, number.end)
    return Found(number.value + part.value, at, part.end) if part else number


def _fraction(words: Sequence[Word], at: int) -> Found[float] | None:
    """``and a half``, ``and a quarter`` at a place."""
    if _text(words, at) == "and" and _text(words, at + 1) in _ARTICLES and _text(words, at + 2) in _PARTS:
        return Found(_PARTS[_text(words, at + 2)], at, at + 3)
    return None


def _duration(words: Sequence[Word], numbers: dict[int, Found[float]], at: int) -> Found[float] | None:
    """A length of time that begins at a place, with all the smaller units that follow."""
    first = _one_unit(words, numbers, at)
    if first is None:
        return None
    seconds, unit, here = first
    if part := _fraction(words, here):
        return Found(seconds + part.value * unit, at, part.end)
    while True:
        joint = here + 1 if _text(words, here) == "and" else here
        more = _one_unit(words, numbers, joint)
        if more and more[1] < unit:
            seconds, unit, here = seconds + more[0], more[1], more[2]
            continue
        bare = numbers.get(joint)
        if (
            more is None
            and bare
            and _text(words, joint) != "one"
            and unit in _FINER
            and bare.value < unit / _FINER[unit]
        ):
            return Found(seconds + bare.value * _FINER[unit], at, bare.end)
        return Found(seconds, at, here)


def _one_unit(words: Sequence[Word], numbers: dict[int, Found[float]], at: int) -> tuple[float, int, int] | None:
    """An amount with its unit at a place: seconds, seconds in one unit, and the place behind."""
    amount, here = 1.0, at
    if number := numbers.get(at):
        amount, here = number.value, number.end
    elif _text(words, at) in _ARTICLES | _ANOTHER:
        here = at + 1
    if _text(words, here) in _PARTS:  # "half an hour", "a quarter of an hour", "three quarters of an hour"
        amount, here = amount * _PARTS[_text(words, here)], here + 1
        if _text(words, here) == "of":
            here += 1
        if _text(words, here) in _ARTICLES:
            here += 1
    if here > at and _text(words, here) in _MORE:  # "ten more minutes"
        here += 1
    unit = _unit(_text(words, here)) if here > at else None
    return (amount * unit, unit, here + 1) if unit else None


def _unit(word: str) -> int | None:
    return UNITS.get(word) or (UNITS.get(word[:-1]) if len(word) > 3 and word.endswith("s") else None)


def _text(words: Sequence[Word], at: int) -> str:
    return words[at].text if at < len(words) else ""
