"""Captions as files that players and editors read: SubRip (.srt) and WebVTT (.vtt)."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from unicodedata import east_asian_width

from pipeline.devices.word_timing import Word

WIDTH = 42
"""The most letters in a line; a Chinese character counts twice, because it is twice as wide. This and the next two
limits follow the "English Timed Text Style Guide" (Netflix), which broadcasters' guides resemble."""
LINES = 2
"""The most lines of a cue."""
LONGEST = 7.0
"""The most seconds that a cue stays."""
WORTH = 6
"""How many letters it is worth to end a line with a clause; the end of a sentence is worth twice as many."""
SHORTEST = 0.001
"""The resolution of the files' times, in seconds."""

VTT_HEAD = "WEBVTT\n\n"
"""How a WebVTT file begins; a SubRip file has no head."""

_STOPS = tuple(".!?…。！？")
_PAUSES = tuple(",;:–—，、；：")
_CLOSING = "\"')]}”’»」』）"


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that are shown together."""

    start: float
    """Seconds."""
    end: float
    """Seconds."""
    lines: tuple[str, ...]
    """One or two, of at most `WIDTH` letters."""


def cues(words: Iterable[Word]) -> Iterator[Cue]:
    """Divide `words`, in order, into cues of at most `LINES` lines and `LONGEST` seconds.

    A cue ends after a sentence if possible, else after a clause, else after a word."""
    rest = [piece for word in words for piece in _pieces(word)]
    shown = 0.0  # the end of the cue before; both ends are rounded, so cues never overlap
    while rest:
        count = _fitting(rest)
        if count < len(rest):
            least = -(-count // 3)  # a cue of a single word would vanish too soon
            count = max(range(least, count + 1), key=lambda size: (_rank(rest[size - 1].text), size))
        start = max(round(rest[0].start, 3), shown)
        shown = max(round(min(rest[count - 1].end, start + LONGEST), 3), start + SHORTEST)
        yield Cue(start, shown, _lines([word.text for word in rest[:count]]))
        del rest[:count]


def srt(number: int, cue: Cue) -> str:
    """The cue as a SubRip file holds it; `number` counts from 1."""
    start, end = (_clock(seconds).replace(".", ",") for seconds in (cue.start, cue.end))
    return f"{number}\n{start} --> {end}\n{_text(cue)}\n\n"


def vtt(cue: Cue) -> str:
    """The cue as a WebVTT file holds it (W3C, "WebVTT: The Web Video Text Tracks Format")."""
    return f"{_clock(cue.start)} --> {_clock(cue.end)}\n{html.escape(_text(cue), quote=False)}\n\n"


def _text(cue: Cue) -> str:
    return "\n".join(cue.lines)


def _clock(seconds: float) -> str:
    minutes, thousandths = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{thousandths // 1000:02}.{thousandths % 1000:03}"


def _fitting(words: Sequence[Word]) -> int:
    """The number of first words that may be shown together, at least one."""
    count = 1
    while count < len(words) and words[count].end - words[0].start <= LONGEST:
        if not _lines([word.text for word in words[: count + 1]]):
            break
        count += 1
    return count


def _lines(texts: Sequence[str]) -> tuple[str, ...]:
    """The words on one line, or on two; empty where they do not fit.

    The two lines have about the same length; a break after a sentence or a clause is preferred."""
    whole = "".join(texts).strip()
    if _width(whole) <= WIDTH:
        return (whole,)
    found: tuple[str, ...] = ()
    least = float("inf")
    for size in range(1, len(texts)):
        pair = "".join(texts[:size]).strip(), "".join(texts[size:]).strip()
        longer = max(map(_width, pair))
        if longer <= WIDTH and longer - WORTH * _rank(texts[size - 1]) < least:
            found, least = pair, longer - WORTH * _rank(texts[size - 1])
    return found


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(1 + (east_asian_width(letter) in "WF") for letter in text)


def _rank(text: str) -> int:
    """How good a break after this word is, in letters."""
    bare = text.rstrip(_CLOSING)
    return 2 * bare.endswith(_STOPS) + bare.endswith(_PAUSES)


def _pieces(word: Word) -> Iterator[Word]:
    """The word alone; where it is longer than a line, a part that fills a line, and the rest."""
    if _width(word.text.strip()) <= WIDTH:
        yield word
        return
    parts = [word.text[at : at + WIDTH // 2] for at in range(0, len(word.text), WIDTH // 2)]
    shares = accumulate(map(len, parts), initial=0)
    times = (word.start + (word.end - word.start) * share / len(word.text) for share in shares)
    yield from (Word(part, start, end) for part, (start, end) in zip(parts, pairwise(times), strict=True))
