"""When each word of a spoken answer is heard."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice, pairwise

from models.protocols import Phoneme, Voiced

_WORD = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff][^\w\s]*|(?:(?![\u2e80-\u9fff\uf900-\ufaff])\S)+")
"""A word with its punctuation. Chinese is written without spaces, so each of its characters counts as a word."""

DIGIT = 4
"""How many letters a digit counts for: "3" is spoken as "three"."""

SLACK = 0.005
"""Seconds before its end at which a word counts as heard; a resampler keeps back less than that."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, and the time at which it is heard."""

    text: str
    """The word with its punctuation, and with a space in front where the text has one."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""


@dataclass(slots=True)
class _Clause:
    """A clause of the answer, which comes in one or several pieces of sound. Times count from the answer's
    beginning."""

    text: str
    first: int
    """The index of its first word in the answer."""
    start: float
    end: float
    phonemes: list[Phoneme] = field(default_factory=list)


class Words:
    """The words of an answer, with the seconds of its sound at which each begins and ends.

    A voice that gives its phonemes shows where words begin as well. Where it speaks as many words as are written, their
    times are taken over. Where it does not ("$5" is spoken as two words), a written word begins with the spoken word
    that lies as far into the clause, counted in letters and phonemes. Without phonemes, time is divided by letters."""

    def __init__(self) -> None:
        self.length = 0.0
        """Seconds of sound so far."""
        self._text = ""
        self._clause: _Clause | None = None
        self._starts: list[float] = []
        self._ends: list[float] = []
        self._stops: list[int] = []
        """The length of the text up to the end of each word."""

    def add(self, text: str, voiced: Voiced) -> None:
        """Take the next piece of sound, and the text that begins with it: empty for the later pieces of a clause."""
        if text.strip() or self._clause is None:
            self._clause = _Clause(text, len(self._starts), self.length, self.length)
            self._stops += (len(self._text) + stop for stop in _stops(text))
            self._text += text
        clause, start = self._clause, self.length
        clause.phonemes += (Phoneme(p.symbol, start + p.start, p.duration) for p in voiced.phonemes)
        clause.end = self.length = start + voiced.samples.size / voiced.sample_rate
        # The words of a clause spread over all of its pieces, so each new piece moves them.
        del self._starts[clause.first :], self._ends[clause.first :]
        for start, end in _times(clause):
            self._starts.append(start)
            self._ends.append(end)

    def timed(self, begin: float = 0.0) -> Iterator[Word]:
        """Give each word with its times, where the sound begins at `begin` seconds."""
        for (first, stop), start, end in zip(pairwise([0, *self._stops]), self._starts, self._ends, strict=True):
            text = self._text[first:stop]
            space = " " if text[0].isspace() else ""
            yield Word(space + " ".join(text.split()), begin + start, begin + end)

    def latest(self, begin: float = 0.0) -> Iterator[Word]:
        """Give the words of the latest clause like `timed`; later pieces of the clause still move them."""
        return islice(self.timed(begin), self._clause.first if self._clause else 0, None)

    def before(self, seconds: float) -> str:
        """The words that begin before `seconds`."""
        count = bisect_left(self._starts, seconds)
        return self._text[: self._stops[count - 1]].strip() if count else ""

    def whole(self, seconds: float) -> float:
        """The time at which the word begins that sounds at `seconds`; between words, `seconds` itself."""
        index = bisect_left(self._starts, seconds) - 1
        return self._starts[index] if index >= 0 and seconds < self._ends[index] - SLACK else seconds


def _stops(text: str) -> list[int]:
    """The indices at which the words of `text` end; a mark without sound, such as a dash, belongs to the word
    before."""
    stops: list[int] = []
    for word in _WORD.finditer(text):
        if stops and not _letters(word[0]):
            stops.pop()
        stops.append(word.end())
    return stops


def _letters(text: str) -> int:
    """About how many letters are spoken for `text`."""
    return sum(DIGIT if char.isdigit() else char.isalpha() for char in text)


def _times(clause: _Clause) -> Iterator[tuple[float, float]]:
    """The beginning and end of each word of a clause, in seconds."""
    stops = _stops(clause.text)
    letters = [max(_letters(clause.text[begin:end]), 1) for begin, end in pairwise([0, *stops])]
    shares = [share / (sum(letters) or 1) for share in accumulate(letters, initial=0)]
    spoken = list(_spoken(clause.phonemes))
    if not spoken:
        yield from pairwise(clause.start + (clause.end - clause.start) * share for share in shares)
        return
    firsts = list(_nearest(shares[:-1], [len(word) for word in spoken]))
    for first, following in pairwise([*firsts, len(spoken)]):
        last = spoken[max(first, following - 1)][-1]
        yield spoken[first][0].start, last.start + last.duration


def _spoken(phonemes: Sequence[Phoneme]) -> Iterator[list[Phoneme]]:
    """Give the phonemes of each spoken word."""
    word: list[Phoneme] = []
    for phoneme in phonemes:
        if any(char.isalpha() for char in phoneme.symbol):
            word.append(phoneme)
        elif word:
            yield word
            word = []
    if word:
        yield word


def _nearest(shares: Sequence[float], sizes: Sequence[int]) -> Iterator[int]:
    """Give, for each written word, the index of its first spoken word; `shares` are the shares of letters before them.

    That is the spoken word that begins nearest, counted in phonemes. Every written word gets at least one spoken word,
    if there are enough. `sizes` are the numbers of phonemes of the spoken words."""
    begins = [0, *accumulate(sizes)]
    spare = len(sizes) - len(shares)
    first = 0
    for i, share in enumerate(shares):
        last = i + spare if spare >= 0 else len(sizes) - 1
        first = min(range(first, last + 1), key=lambda index: abs(begins[index] - share * begins[-1]))
        yield first
        first += spare >= 0
