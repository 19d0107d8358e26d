"""Whether words could be all that the user wants to say, as far as they tell: for pauses, beside the sound of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.protocols import UNKNOWN, Intent, SkillCard

CONFIDENT = 0.8
"""Confidence of an intent below which there may be more to come."""

_OPEN_WORDS = """
a an the my your his its our their this these some any every no of to for from with at by in on into about and or but
so because if than as was were does did could would will shall should may might must has had get want it's i'm i'd i'll
um uh er erm how which whose
"""
_OPEN = frozenset(_OPEN_WORDS.split())
"""English words with which few sentences end."""
_OPEN_CHINESE = re.compile(
    r"(?:和|跟|与|或|把|被|给|在|从|对|的|想|要|能|嗯|呃|因为|所以|如果|但是|然后|这个|那个|就是)$"
)
_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def reads_finished(text: str, intent: Intent | None = None, skills: Mapping[str, SkillCard] | None = None) -> bool:
    """False where a comma, the last word, a slot that is still missing or an unsure intent says that there is more."""
    text = text.strip()
    words = _WORDS.findall(text.lower())
    if not words or text[-1] in ",;:-–—…，、；：" or _OPEN_CHINESE.search(words[-1]):
        return False
    if words[-1].replace("’", "'") in _OPEN and len(words) > 1:
        return False
    if intent is None:
        return True
    card = (skills or {}).get(intent.name)
    if card and any(slot.required and slot.name not in intent.slots for slot in card.slots):
        return False
    return intent.name == UNKNOWN or intent.confidence >= CONFIDENT
