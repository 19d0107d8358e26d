"""Numbers in digits and lengths of time, for any language that names its units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.language.words import Found, Word


def numbers(words: Sequence[Word], named: Mapping[str, float]) -> list[Found[float]]:
    """Every number that is written in digits or has a name of one word, in order; `named`: those names."""
    found = []
    for at, word in enumerate(words):
        if word.text[0].isdecimal() and word.text.isascii():
            found.append(Found(float(word.text.replace(",", "")), at, at + 1))
        elif word.text in named:
            found.append(Found(float(named[word.text]), at, at + 1))
    return found


def durations(words: Sequence[Word], numbers: Sequence[Found[float]], seconds: Mapping[str, int]) -> list[Found[int]]:
    """Every number that a unit of time follows, units of one length of time added; `seconds`: in each unit."""
    found: list[Found[int]] = []
    for number in numbers:
        unit = seconds.get(words[number.end].text) if number.end < len(words) else None
        if unit is None:
            continue
        length = Found(round(number.value * unit), number.first, number.end + 1)
        if found and found[-1].end == number.first:
            last = found.pop()
            length = Found(last.value + length.value, last.first, length.end)
        found.append(length)
    return found
