"""Filling a skill's slots with the values of an intent: the last check before anything happens in the world."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from models.kinds import kind_of
from models.language.en.sentences import listed, the, whereabouts
from models.language.finding import find_language
from models.protocols import Outcome, Slot, SlotValue, Thing
from models.task.skill import done, refused, unclear

OFFERED = 5
"""How many choices are told to a user who named none of them: more cannot be kept in mind from hearing."""

_ARTICLES = ("the ", "a ", "an ", "some ")


class Unfilled(Exception):
    """A slot has no value that can be used; `outcome` tells the user."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.say)
        self.outcome = outcome


def fill(
    slots: Sequence[Slot], asks: Mapping[str, str], values: Mapping[str, SlotValue], things: Sequence[Thing] = ()
) -> dict[str, SlotValue]:
    """The values as the skill takes them; what has a default may be missing. Raises Unfilled.

    A word such as "this", of which nobody could tell what it means, is a value that is missing. Of the `things` around
    the user those that the world does not know can fill no slot, but something may be said of them."""
    filled: dict[str, SlotValue] = {}
    for slot in slots:
        value = values.get(slot.name, "")
        if isinstance(value, str):
            named = any(map(str.isalnum, value)) and value not in find_language("en").referring
            value = " ".join(value.split()) if named else ""
        if value == "":
            if slot.required:
                raise Unfilled(unclear(asks[slot.name]))
        elif slot.choices:
            filled[slot.name] = _choice(slot, str(value), things)
        elif not (kind := kind_of(slot.kind)).form:
            filled[slot.name] = str(value)
        elif (checked := kind.check(value)) is not None:
            filled[slot.name] = checked
        else:
            raise Unfilled(unclear(f"I did not understand the {slot.name}. {asks[slot.name]}".rstrip()))
    return filled


def _choice(slot: Slot, value: str, things: Sequence[Thing]) -> str:
    """The choice that `value` names, whatever its case, article and plural. Raises Unfilled."""
    word = _bare(value)
    names = {choice.casefold(): choice for choice in slot.choices}
    for candidate in (word, word.removesuffix("s")):
        if candidate in names:
            return names[candidate]
    seen = [thing for thing in things if _bare(thing.name) in (word, word.removesuffix("s"))]
    if seen and slot.kind in ("place", "item"):
        raise Unfilled(_seen(slot.kind, seen))
    if close := difflib.get_close_matches(word, names, 1, 0.75):
        choice = names[close[0]]
        raise Unfilled(unclear(f"I know of no {word} here. Did you mean {choice}?", choice=choice))
    choices = listed(slot.choices[:OFFERED], "or")
    raise Unfilled(refused(f"I know of no {word} here. You can choose {choices}.", choices=choices))


def _bare(name: str) -> str:
    """A name in lower case, without its article."""
    word = name.casefold()
    for article in _ARTICLES:
        word = word.removeprefix(article)
    return word


def _seen(kind: str, things: Sequence[Thing]) -> Outcome:
    """What can be said where a place or an item is wanted, of things of one name that only the user's client knows."""
    name = the(things[0].name)
    if kind == "item":
        return refused(f"{_capital(name)} is not for sale.", thing=things[0].name)
    position = next((thing.position for thing in things if thing.position), None)
    if position is None:
        return refused(f"I do not know where {name} is.", thing=things[0].name)
    return done(f"{_capital(name)} is {whereabouts(position)}.", where=whereabouts(position))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
