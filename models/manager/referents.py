"""What a word such as "it", "another one" or "the cheaper one" stands for, by what was named and done before."""

from __future__ import annotations

from collections.abc import Callable

from models.cards import Slot
from models.dialogue import Dialogue, SlotValue
from models.kinds import kind_of
from models.language.references import Reference


def find_referent(
    reference: Reference, slot: Slot, dialogue: Dialogue, price_of: Callable[[str], float | None]
) -> SlotValue | None:
    """The value of a slot that a reference stands for; None where the dialogue does not tell."""
    names = _candidates(slot, dialogue)
    listed = _listed(slot, dialogue) or names[1::-1]
    match reference.kind:
        case "same" | "another" | "place":
            return names[0] if names else None
        case "ordinal":
            at = reference.index - 1 if reference.index > 0 else reference.index
            return listed[at] if -len(listed) <= at < len(listed) else None
        case "cheaper" | "dearer":
            prices = {name: price for name in listed if (price := price_of(name)) is not None}
            choose = min if reference.kind == "cheaper" else max
            return choose(prices, key=lambda name: prices[name]) if prices else None
        case "other":
            return names[1] if len(names) > 1 else None
        case "deed":
            return next((value for value in _done(slot, dialogue)), None)
    return None


def _fits(name: str, kind: str, slot: Slot) -> str:
    """The value of the slot that a mention names; empty where it is none."""
    if slot.choices:
        return next((choice for choice in slot.choices if choice.casefold() == name.casefold()), "")
    return name if kind == slot.kind and not kind_of(kind).form else ""


def _candidates(slot: Slot, dialogue: Dialogue) -> list[str]:
    """The values of the slot that were mentioned, the newest first; of the newest turn what the user named before what
    the avatar did, for "How far is the arena?" is about the arena and not about the place from which it is far."""
    found = [(mention, value) for mention in dialogue.focus if (value := _fits(mention.name, mention.kind, slot))]
    newest = found[0][0].turn if found else ""
    found.sort(key=lambda pair: (pair[0].turn != newest, pair[0].turn == newest and pair[0].by != "user"))
    return [value for _, value in found]


def _listed(slot: Slot, dialogue: Dialogue) -> list[str]:
    """The values that the latest turn with several of them mentioned, in the order in which they were said."""
    turns: dict[str, list[str]] = {}
    for mention in dialogue.focus:
        if value := _fits(mention.name, mention.kind, slot):
            turns.setdefault(mention.turn, []).insert(0, value)
    return next((values for values in turns.values() if len(values) > 1), [])


def _done(slot: Slot, dialogue: Dialogue) -> list[str]:
    """The values with which deeds were done, the newest first."""
    values = (str(value) for deed in reversed(dialogue.deeds) for value in deed.slots.values())
    return [found for value in values if (found := _fits(value, slot.kind, slot))]
