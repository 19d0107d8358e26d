"""Whether words could be all that the user wants to say: for pauses, beside how they sound."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from models.language.language import Language
from models.language.marks import PAUSES
from models.protocols import UNKNOWN, Intent, SkillCard

CONFIDENT = 0.8
"""Confidence of an intent below which there may be more to come."""


class Reading(Enum):
    """What words say of their end."""

    BROKEN_OFF = auto()
    """There must be more: the last word is never the last, or what the user wants is missing."""
    DOUBTFUL = auto()
    """A comma, an intent that is hardly known, or free words that are to be kept: none of them should be missed."""
    WHOLE = auto()


def read(
    text: str, language: Language, intent: Intent | None = None, skills: Mapping[str, SkillCard] | None = None
) -> Reading:
    """How the words of an unfinished utterance read; `intent` and `skills` tell which slots are still missing."""
    text = text.strip()
    if language.breaks_off(text):
        return Reading.BROKEN_OFF
    card = (skills or {}).get(intent.name) if intent else None
    if intent and card and any(slot.required and slot.name not in intent.slots for slot in card.slots):
        return Reading.BROKEN_OFF
    if text[-1] in f"{PAUSES}-…":
        return Reading.DOUBTFUL
    if card and card.effects and any(slot.kind == "text" and slot.required for slot in card.slots):
        return Reading.DOUBTFUL
    unsure = intent is not None and intent.name != UNKNOWN and intent.confidence < CONFIDENT
    return Reading.DOUBTFUL if unsure else Reading.WHOLE
