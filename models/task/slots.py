"""Filling a skill's slots with the values of an intent: the last check before anything happens in the world."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence

from models.protocols import Outcome, Slot, SlotValue
from models.task.skill import refused, unclear
from models.task.words import listed

OFFERED = 5
"""How many choices are told to a user who named none of them: more cannot be kept in mind from hearing."""

_ARTICLES = ("the ", "a ", "an ", "some ")


class Unfilled(Exception):
    """A slot has no value that can be used; `outcome` tells the user."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.say)
        self.outcome = outcome


def fill(slots: Sequence[Slot], asks: Mapping[str, str], values: Mapping[str, SlotValue]) -> dict[str, SlotValue]:
    """The values as the skill takes them; what has a default may be missing. Raises Unfilled."""
    filled: dict[str, SlotValue] = {}
    for slot in slots:
        value = values.get(slot.name, "")
        if isinstance(value, str):
            value = " ".join(value.split()) if any(map(str.isalnum, value)) else ""
        if value == "":
            if slot.required:
                raise Unfilled(unclear(asks[slot.name]))
        elif slot.choices:
            filled[slot.name] = _choice(slot, str(value))
        elif slot.kind == "text":
            filled[slot.name] = str(value)
        else:
            number = _number(value, whole=slot.kind != "number")
            if number is None:
                raise Unfilled(unclear(f"I did not understand the {slot.name}. {asks[slot.name]}".rstrip()))
            filled[slot.name] = number
    return filled


def _number(value: SlotValue, *, whole: bool) -> int | float | None:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number) or (whole and not number.is_integer()):
        return None
    return int(value) if whole else number


def _choice(slot: Slot, value: str) -> str:
    """The choice that `value` names, whatever its case, article and plural. Raises Unfilled."""
    word = value.casefold()
    for article in _ARTICLES:
        word = word.removeprefix(article)
    names = {choice.casefold(): choice for choice in slot.choices}
    for candidate in (word, word.removesuffix("s")):
        if candidate in names:
            return names[candidate]
    if close := difflib.get_close_matches(word, names, 1, 0.75):
        choice = names[close[0]]
        raise Unfilled(unclear(f"I know of no {word} here. Did you mean {choice}?", choice=choice))
    choices = listed(slot.choices[:OFFERED], "or")
    raise Unfilled(refused(f"I know of no {word} here. You can choose {choices}.", choices=choices))
