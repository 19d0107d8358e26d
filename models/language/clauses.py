"""Cuts streamed text into clauses that can be spoken while the rest is still being written.

The first clause is cut as early as it can be, at a comma or a dash, because the voice begins with it; later ones are
whole sentences, which sound better. The splitters that are kept up (pysbd, stream2sentence) need the whole text, or
bring NLTK and threads of their own, for what is one pattern here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

FIRST_WORDS = 3
"""A pause mark ends the first clause from this many words on."""
LATER_WORDS = 14
"""A pause mark ends a later clause from this many words on: nobody says more in a breath."""
QUOTED_WORDS = 30
"""A quotation this long is cut like other text: perhaps its end was forgotten."""

_MARK = re.compile(
    r"""(?P<stop>[.!?…]+|[。！？]+|\n+)
    |(?P<pause>[,;:，；：]|\s[-–—]+(?=\s)|—)
    |(?P<quote>["“”「」『』])""",
    re.VERBOSE,
)
_CLOSERS = frozenset(")]}'’\"”」』）》")
_OPENING, _CLOSING = frozenset("“「『"), frozenset("”」』")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’][^\W_]+)*")
_TITLES = "mr", "mrs", "ms", "dr", "prof", "st", "rev", "gen", "col", "capt", "lt", "sgt", "sr", "jr", "mt"
_SHORTENED = "vs", "etc", "eg", "ie", "approx", "dept", "est", "fig", "vol", "inc", "ltd", "co", "corp", "ave"
_ABBREVIATIONS = frozenset((*_TITLES, *_SHORTENED))
_LETTERS = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]|[A-HJ-Z]")
"""Before a full stop: ``U.S``, ``e.g``, an initial; a lone I is the pronoun."""


class Clauses:
    """The clauses of one text, as it is written. Put together as they are, they give the text, each character of it."""

    def __init__(self) -> None:
        self._text = ""
        self._first = True

    def add(self, piece: str) -> Iterator[str]:
        """The clauses that are certain to have ended, now that `piece` has come."""
        self._text += piece
        while cut := self._end():
            clause, self._text = self._text[:cut], self._text[cut:]
            self._first = False
            yield clause

    def rest(self) -> str:
        """What is left when the text has ended; perhaps nothing."""
        left, self._text = self._text, ""
        return left

    def _end(self) -> int:
        """Where the first clause of the text ends; 0 while that is unknown."""
        text, quoted, end = self._text, False, 0
        for mark in _MARK.finditer(text):
            if mark.start() < end:
                continue  # a closing quote that was counted with the mark before it
            end, words = mark.end(), count_words(text[: mark.start()])
            if mark["quote"]:
                quoted = _inside(mark["quote"], quoted)
                continue
            while end < len(text) and text[end] in _CLOSERS:
                quoted = quoted and text[end] not in '"”」』'
                end += 1
            if end == len(text):
                return 0  # a digit, a closing quote or more of the same mark may follow
            if words == 0 or (quoted and words < QUOTED_WORDS):
                continue
            if mark["stop"]:
                if _is_stop(text, mark, end):
                    return end
            elif words >= (FIRST_WORDS if self._first else LATER_WORDS) and _is_free(text, end):
                return end
        return 0


def clauses(pieces: Iterable[str]) -> Iterator[str]:
    """The clauses of a text that is at hand."""
    cutter = Clauses()
    for piece in pieces:
        yield from cutter.add(piece)
    if rest := cutter.rest():
        yield rest


def count_words(text: str) -> int:
    """Words, counting two Chinese or Japanese characters as one."""
    return len(_WORD.findall(text)) + (len(_CJK.findall(text)) + 1) // 2


def ends_sentence(clause: str) -> bool:
    """Whether a clause ends a sentence, rather than pausing in one."""
    return clause.rstrip().rstrip("".join(_CLOSERS)).endswith((".", "!", "?", "…", "。", "！", "？"))


def _inside(quote: str, quoted: bool) -> bool:
    if quote in _OPENING:
        return True
    return False if quote in _CLOSING else not quoted


def _is_free(text: str, end: int) -> bool:
    """Whether a mark stands at the end of a word: what is inside a number or a name is followed at once."""
    return text[end].isspace() or text[end - 1] == "—" or ord(text[end - 1]) > 0x3000 or bool(_CJK.match(text[end]))


def _is_stop(text: str, mark: re.Match[str], end: int) -> bool:
    before, after = text[: mark.start()], text[end:].lstrip()
    if mark["stop"][0] in "\n。！？":
        return True
    if not _is_free(text, end) or (end > mark.end() and not after[:1].isupper()):
        return False  # ``"Run!" he said``: the sentence goes on
    if mark["stop"] != ".":
        return True
    word = before.split()[-1].lstrip("(\"'“‘[")
    if word.lower() == "no":  # number, or a short answer
        return bool(after) and not after[0].isdigit()
    if word.isdigit() and word == before.strip():
        return False  # the number of a list's item
    return word.lower() not in _ABBREVIATIONS and _LETTERS.fullmatch(word) is None
