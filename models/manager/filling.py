"""Filling a skill's slots with the values of an intent: the last check before anything happens in the world."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from models.kinds import ITEM, PLACE, kind_of
from models.language.finding import find_language
from models.language.language import Language
from models.protocols import Outcome, Slot, SlotValue, Thing

OFFERED = 5
"""How many choices are told to a user who named none of them: more cannot be kept in mind from hearing."""


class Unfilled(Exception):
    """A slot has no value that can be used; `outcome` tells the user."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.say)
        self.outcome = outcome


def fill(
    slots: Sequence[Slot],
    asks: Mapping[str, str],
    values: Mapping[str, SlotValue],
    things: Sequence[Thing] = (),
    language: Language | None = None,
) -> dict[str, SlotValue]:
    """The values as the skill takes them; what has a default may be missing. Raises Unfilled, with an outcome in the
    language (English by default).

    A word such as "this", of which nobody could tell what it means, is a value that is missing. Of the `things` around
    the user those that the world does not know can fill no slot, but something may be said of them."""
    language = language or find_language("en")
    filled: dict[str, SlotValue] = {}
    for slot in slots:
        value = values.get(slot.name, "")
        if isinstance(value, str):
            named = any(map(str.isalnum, value)) and value not in language.referring
            value = " ".join(value.split()) if named else ""
        if value == "":
            if slot.required:
                raise Unfilled(_asking(slot, asks.get(slot.name, "")))
        elif slot.choices:
            filled[slot.name] = _choice(slot, str(value), things, language)
        elif not (kind := kind_of(slot.kind)).form:
            filled[slot.name] = str(value)
        elif (checked := kind.check(value)) is not None:
            filled[slot.name] = checked
        else:
            told = language.phrases["unread"].format(slot=slot.name, ask=asks.get(slot.name, ""))
            raise Unfilled(_asking(slot, told.rstrip()))
    return filled


def _choice(slot: Slot, value: str, things: Sequence[Thing], language: Language) -> str:
    """The choice that `value` names, whatever its case, article and plural. Raises Unfilled."""
    phrases, word = language.phrases, language.bare(value)
    names = {choice.casefold(): choice for choice in slot.choices}
    forms = language.singulars(word)
    if found := next((form for form in forms if form in names), ""):
        return names[found]
    seen = [thing for thing in things if language.bare(thing.name) in forms]
    if seen and slot.kind in (PLACE.name, ITEM.name):
        raise Unfilled(_seen(slot.kind, seen, language))
    if close := difflib.get_close_matches(word, names, 1, 0.75):
        choice = names[close[0]]
        raise Unfilled(_asking(slot, phrases["unknown_near"].format(word=word, choice=choice), choice, choice=choice))
    choices = language.either(slot.choices[:OFFERED])
    raise Unfilled(_refused(phrases["unknown_choice"].format(word=word, choices=choices), choices=choices))


def _asking(slot: Slot, question: str, offers: SlotValue = "", **facts: str) -> Outcome:
    return Outcome("", "unclear", question, facts, asks=slot.name, offers=offers)


def _refused(say: str, **facts: str) -> Outcome:
    return Outcome("", "refused", say, facts)


def _seen(kind: str, things: Sequence[Thing], language: Language) -> Outcome:
    """What can be said where a place or an item is wanted, of things of one name that only the user's client knows."""
    name, phrases = language.the(things[0].name), language.phrases
    if kind == ITEM.name:
        return _refused(_capital(phrases["not_for_sale"].format(thing=name)), thing=things[0].name)
    position = next((thing.position for thing in things if thing.position), None)
    if position is None:
        return _refused(phrases["place_unknown"].format(thing=name), thing=things[0].name)
    where = language.whereabouts(position)
    return Outcome("", "done", _capital(phrases["place_is"].format(thing=name, where=where)), {"where": where})


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
