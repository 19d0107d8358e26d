"""What a sentence does with the deed that it names: it may order it, forbid it, ask about it or report it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Mood(Enum):
    """What a sentence does with the deed that it names; the value is how a journal spells it."""

    ORDER = "order"
    """The deed is wanted now: a command, a request, a wish, or a name alone (``one camera please``)."""
    NEGATED = "negated"
    """The deed is not wanted, or no longer."""
    UNDONE = "undone"
    """The reverse of a deed is wanted: selling, returning, cancelling."""
    REPORTED = "reported"
    """Somebody did it, does it or wants it; the user tells about it."""
    ASKED = "asked"
    """The user wants to know something about it."""
    WHERE = "where"
    """The user asks for a place or for the way; leading the user there may be the answer."""
    DOUBTFUL = "doubtful"
    """It is wanted perhaps, later, or on a condition."""
    REMEMBER = "remember"
    """The user wants the words to be remembered, not done."""
    REMIND = "remind"
    """The user wants to be told about it later."""
    BROKEN_OFF = "broken off"
    """The sentence stops before it has said what is to be done."""
    STRAY = "stray"
    """A number, a letter or a small word that names no deed at all."""


TALKED_ABOUT = frozenset({Mood.REPORTED.value, Mood.ASKED.value, Mood.WHERE.value})
"""The moods of words that call for talk, where somebody can talk."""


@dataclass(frozen=True, slots=True)
class Told:
    """The mood of an utterance, and the words that count."""

    mood: Mood
    part: str
    """For ``ORDER`` the words without the clauses that forbid or report something; for ``REMEMBER`` and ``REMIND``
    what is to be remembered, perhaps nothing; for any other mood all the words."""
