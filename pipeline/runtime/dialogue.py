"""How a dialogue grows by a turn, and which names a session expects to hear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from models.cards import SkillCard
from models.context import User
from models.dialogue import Dialogue, Exchange, Mention
from models.language.finding import language_of
from models.manager.outcomes import after_outcome
from pipeline.graph.graph import Graph
from pipeline.runtime.record import Fate, Record
from pipeline.stages.stage import KnowsOthers, OffersSkills

HINTS = 64
"""Names that a recogniser is told to expect, at most."""


def skill_cards(graph: Graph) -> dict[str, SkillCard]:
    """Return the skills of a graph's stages by their names, and those of others that they call."""
    stages = [node.stage for node in graph.nodes]
    own = {card.name: card for stage in stages if isinstance(stage, OffersSkills) for card in stage.skills()}
    return own | {card.name: card for card in skills_of_others(graph)}


def skills_of_others(graph: Graph) -> tuple[SkillCard, ...]:
    """Return the skills that others, such as servers of tools, carry out for the graph's stages."""
    stages = [node.stage for node in graph.nodes]
    return tuple(card for stage in stages if isinstance(stage, KnowsOthers) for card in stage.others())


def expected_names(cards: Iterable[SkillCard], user: User) -> tuple[str, ...]:
    """Return names that users are likely to say to skills, and the user's own name if it is known."""
    own = () if user.guest else (user.id,)
    choices = (choice for card in cards for slot in card.slots for choice in slot.choices)
    return tuple(dict.fromkeys((*own, *choices)))[:HINTS]


def after(dialogue: Dialogue, record: Record, cards: Mapping[str, SkillCard], language: str) -> Dialogue:
    """Return the dialogue after a turn in which the user finished speaking; it is the same one where nothing was heard.

    `cards` tell what the slots of a task are, and which skills change something; `language` is the answer's."""
    said = record.transcript
    heard = said.text if said else ""
    refer = language_of(heard, said.language if said else language).referring
    cut = record.fate is Fate.INTERRUPTED
    grown = dialogue.named(Mention(target, "thing", "user", record.turn) for target in record.shown)
    for outcome in record.outcomes:
        told = record.fate is Fate.ANSWERED or bool(outcome.say and outcome.say in record.heard)
        grown = after_outcome(grown, outcome, cards, record.turn, refer=refer, told=told)
    grown = _retold(grown, record)
    if not heard:
        return dialogue if grown.deeds == dialogue.deeds else replace(dialogue, deeds=grown.deeds)
    asked = grown.question if grown.question and grown.question.turn == record.turn else None
    return grown.add(Exchange(heard, record.heard, cut, record.turn, language), asked)


def _retold(dialogue: Dialogue, record: Record) -> Dialogue:
    """Return the dialogue in which the deeds of earlier turns count as told that the turn's answer told."""
    deeds = tuple(
        replace(deed, told=True) if not deed.told and deed.say and deed.say in record.heard else deed
        for deed in dialogue.deeds
    )
    return dialogue if deeds == dialogue.deeds else replace(dialogue, deeds=deeds)
