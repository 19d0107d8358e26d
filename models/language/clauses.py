"""Cuts text into clauses and sentences that can be spoken, also while it is still being written.

The first clause is cut as early as it can be, at a comma or a dash, because the voice begins with it; later ones are
whole sentences, which sound better. The splitters that are kept up (pysbd, stream2sentence) need the whole text, or
bring NLTK and threads of their own, for what is one pattern here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.language.language import Language
from models.language.marks import CLOSERS, PAUSES, SENTENCE_ENDS

FIRST_WORDS = 3
"""A pause mark ends the first clause from this many words on."""
LATER_WORDS = 14
"""A pause mark ends a later clause from this many words on: nobody says more in a breath."""
QUOTED_WORDS = 30
"""A quotation this long is cut like other text: perhaps its end was forgotten."""

_AT_ONCE = "。！？।؟"  # these end a sentence whatever follows
_NARROW = "".join(mark for mark in SENTENCE_ENDS if mark not in _AT_ONCE)
_MARK = re.compile(
    rf"""(?P<stop>[{_NARROW}]+|[{_AT_ONCE}]+|\n+)
    |(?P<pause>[{PAUSES.replace("—", "").replace("–", "")}]|\s[-–—]+(?=\s)|—)
    |(?P<quote>["“”「」『』])""",
    re.VERBOSE,
)
_OPENING, _CLOSING = frozenset("“「『"), frozenset("”」』")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’][^\W_]+)*")
_LETTERS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]|[A-HJ-Z]")
"""Before a full stop: ``U.S``, ``e.g``, an initial; a lone I is the pronoun."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark after which a text may be cut."""

    at: int
    """Its first character's place in the text."""
    end: int
    """The place after it, and after the quotes and brackets that it closes."""
    stops: bool
    """True where a sentence ends, False where it pauses."""
    quoted: bool
    """True inside a quotation."""


def marks(text: str, language: Language, *, inside: bool = False) -> Iterator[Mark]:
    """The marks after which a speaker pauses, without those of abbreviations, numbers and names; `inside` says that the
    text does not begin a line.

    A mark at the end of the text is not among them: a digit, a closing quote or more of the same mark may follow."""
    quoted, end = False, 0
    for found in _MARK.finditer(text):
        if found.start() < end:
            continue  # a closing quote that was counted with the mark before it
        end = found.end()
        if found["quote"]:
            quoted = _inside(found["quote"], quoted)
            continue
        while end < len(text) and text[end] in CLOSERS:
            quoted = quoted and text[end] not in '"”」』'
            end += 1
        if end == len(text):
            return
        if _is_stop(text, found, end, language, inside=inside) if found["stop"] else _is_free(text, end):
            yield Mark(found.start(), end, bool(found["stop"]), quoted)


class Clauses:
    """The clauses of one text, as it is written. Put together as they are, they give the text, each character of it."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._text = ""
        self._first = True
        self._inside = False  # whether the text goes on in the middle of a line

    def add(self, piece: str) -> Iterator[str]:
        """The clauses that are certain to have ended, now that `piece` has come."""
        self._text += piece
        while cut := self._end():
            clause, self._text = self._text[:cut], self._text[cut:]
            self._first, self._inside = False, not clause.endswith("\n")
            yield clause

    def rest(self) -> str:
        """What is left when the text has ended; perhaps nothing."""
        left, self._text = self._text, ""
        return left

    def _end(self) -> int:
        """Where the first clause of the text ends; 0 while that is unknown."""
        least = FIRST_WORDS if self._first else LATER_WORDS
        for mark in marks(self._text, self._language, inside=self._inside):
            words = count_words(self._text[: mark.at])
            if words and (not mark.quoted or words >= QUOTED_WORDS) and (mark.stops or words >= least):
                return mark.end
        return 0


def clauses(pieces: Iterable[str], language: Language) -> Iterator[str]:
    """The clauses of a text that is at hand."""
    cutter = Clauses(language)
    for piece in pieces:
        yield from cutter.add(piece)
    if rest := cutter.rest():
        yield rest


def sentences(text: str, language: Language) -> Iterator[str]:
    """`text` cut after its sentences and lines, also inside quotations; together they are `text`."""
    begin = 0
    for mark in marks(text, language):
        cut = mark.end + _spaces(text, mark.end)
        goes_on = cut == len(text) or (text[cut].islower() and text[mark.at] != "\n")
        if mark.stops and count_words(text[begin : mark.at]) and not goes_on:
            yield text[begin:cut]
            begin = cut
    if begin < len(text):
        yield text[begin:]


def beginning(text: str, language: Language, shortest: int) -> str:
    """The first part of `text` that can be spoken: up to a pause or an end after at least `shortest` characters, if as
    many follow; else all of it."""
    for mark in marks(text, language):
        cut = mark.end + _spaces(text, mark.end)
        if min(len(text[: mark.end].strip()), len(text[cut:].strip())) >= shortest:
            return text[:cut]
    return text


def count_words(text: str) -> int:
    """Words, counting two Chinese or Japanese characters as one."""
    return len(_WORD.findall(text)) + (len(_CJK.findall(text)) + 1) // 2


def _spaces(text: str, at: int) -> int:
    return len(text) - at - len(text[at:].lstrip())


def _inside(quote: str, quoted: bool) -> bool:
    if quote in _OPENING:
        return True
    return False if quote in _CLOSING else not quoted


def _is_free(text: str, end: int) -> bool:
    """Whether a mark stands at the end of a word: what is inside a number or a name is followed at once."""
    return text[end].isspace() or text[end - 1] == "—" or ord(text[end - 1]) > 0x3000 or bool(_CJK.match(text[end]))


def _is_stop(text: str, mark: re.Match[str], end: int, language: Language, *, inside: bool) -> bool:
    before, after = text[: mark.start()], text[end:].lstrip()
    if mark["stop"][0] in "\n" + _AT_ONCE:
        return True
    if not _is_free(text, end) or (end > mark.end() and not after[:1].isupper()):
        return False  # ``"Run!" he said``: the sentence goes on
    if mark["stop"] != ".":
        return True
    word = before.split()[-1].lstrip("(\"'“‘[") if before.strip() else ""
    if word.lower() in language.numbering:  # number, or a short answer
        return bool(after) and not after[0].isdigit()
    begins_line = "\n" in before or not inside
    if word.isdigit() and begins_line and word == before.rpartition("\n")[2].strip():
        return False  # the number of a list's item
    return word.lower() not in language.abbreviations and _LETTERS.fullmatch(word) is None
