"""Takes the skills that a client brings into its session, those that can be taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from models.cards import SkillCard, Slot
from models.manager.manager import DIALOGUE
from models.protocols import UNKNOWN
from pipeline.wire.skills import Skill

_TAKEN = (UNKNOWN, DIALOGUE)


def usable(skills: Iterable[SkillCard], own: Mapping[str, SkillCard]) -> tuple[tuple[SkillCard, ...], list[str]]:
    """The skills that a session may take, and a sentence for each other one. `own` are the skills of the graph."""
    taken: dict[str, SkillCard] = {}
    mistakes = []
    for card in skills:
        if card.name in own or card.name in _TAKEN:
            mistakes.append(f"skills: {card.name!r} is a skill of the server's own; give yours another name")
        elif card.name in taken:
            mistakes.append(f"skills: two are called {card.name!r}; the first one is taken")
        else:
            taken[card.name] = card
    return tuple(taken.values()), mistakes


def card_of(skill: Skill) -> SkillCard:
    """A skill of the Parley protocol as the graph's engines know it."""
    slots = (Slot(slot.name, slot.kind, slot.required, slot.choices, slot.about, slot.ask) for slot in skill.slots)
    return SkillCard(
        skill.name, skill.about, skill.examples, tuple(slots), effects=skill.effects, confirm=skill.confirm
    )
