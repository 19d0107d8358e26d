"""Whether words could be all that the user wants to say: for pauses, beside how they sound."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto

from models.protocols import UNKNOWN, Intent, SkillCard

CONFIDENT = 0.8
"""Confidence of an intent below which there may be more to come."""

_OPEN_WORDS = """
a an the my your his its our their every of to for from with at by in on into about and or but
so because if than as was were does did could would will shall should may might must has had get want it's i'm i'd i'll
um uh er erm how which whose
"""
_OPEN = frozenset(_OPEN_WORDS.split())
"""English words with which few sentences end."""
_OPEN_CHINESE = re.compile(
    r"(?:和|跟|与|或|把|被|给|在|从|对|的|想|要|能|嗯|呃|因为|所以|如果|但是|然后|这个|那个|就是)$"
)
_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Reading(Enum):
    """What words say of their end."""

    BROKEN_OFF = auto()
    """There must be more: the last word is never the last, or what the user wants is missing."""
    DOUBTFUL = auto()
    """A comma, an intent that is hardly known, or free words that are to be kept: none of them should be missed."""
    WHOLE = auto()


def read(text: str, intent: Intent | None = None, skills: Mapping[str, SkillCard] | None = None) -> Reading:
    """How the words of an unfinished utterance read; `intent` and `skills` tell which slots are still missing."""
    text = text.strip()
    words = _WORDS.findall(text.lower())
    if not words or words[-1].replace("’", "'") in _OPEN or _OPEN_CHINESE.search(words[-1]):
        return Reading.BROKEN_OFF
    card = (skills or {}).get(intent.name) if intent else None
    if intent and card and any(slot.required and slot.name not in intent.slots for slot in card.slots):
        return Reading.BROKEN_OFF
    if text[-1] in ",;:-–—…，、；：":
        return Reading.DOUBTFUL
    if card and card.effects and any(slot.kind == "text" and slot.required for slot in card.slots):
        return Reading.DOUBTFUL
    unsure = intent is not None and intent.name != UNKNOWN and intent.confidence < CONFIDENT
    return Reading.DOUBTFUL if unsure else Reading.WHOLE
