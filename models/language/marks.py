"""Punctuation of all languages: what ends a sentence, what pauses in one, and what asks.

Marks of full width mean the same as their narrow ones wherever they stand, so one table serves every language."""

from __future__ import annotations

SENTENCE_ENDS = ".!?…。！？।؟"
PAUSES = ",;:—–，；：、،؛"
QUESTION_MARKS = "?？؟"
CLOSERS = ")]}'’\"”」』）》*_"
"""What may stand between the mark and the end of a clause."""


def ends_sentence(clause: str) -> bool:
    """Whether a clause ends a sentence, rather than pausing in one."""
    return _last(clause) in SENTENCE_ENDS


def pauses(clause: str) -> bool:
    """Whether a clause ends with a mark at which a speaker pauses in a sentence."""
    return _last(clause) in PAUSES


def asks(text: str) -> bool:
    """Whether a text ends with a question mark, of any width."""
    return _last(text) in QUESTION_MARKS


def _last(text: str) -> str:
    """The last character that is no quote, bracket or space; a character that is no mark where there is none."""
    return text.rstrip().rstrip(CLOSERS + " ")[-1:] or " "
