"""How a dialogue grows by a turn, and which names a session expects to hear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from models.context import User
from models.dialogue import Deed, Dialogue, Exchange, Mention, Question
from models.language.finding import language_of
from models.protocols import Intent, Outcome, SkillCard
from pipeline.graph.graph import Graph
from pipeline.runtime.record import Fate, Record
from pipeline.stages.stage import OffersSkills

HINTS = 64
"""Names that a recogniser is told to expect, at most."""


def skill_cards(graph: Graph) -> dict[str, SkillCard]:
    """Return the skills of a graph's stages by their names."""
    stages = [node.stage for node in graph.nodes]
    return {card.name: card for stage in stages if isinstance(stage, OffersSkills) for card in stage.skills()}


def expected_names(cards: Iterable[SkillCard], user: User) -> tuple[str, ...]:
    """Return names that users are likely to say to skills, and the user's own name if it is known."""
    own = () if user.guest else (user.id,)
    choices = (choice for card in cards for slot in card.slots for choice in slot.choices)
    return tuple(dict.fromkeys((*own, *choices)))[:HINTS]


def after(dialogue: Dialogue, record: Record, cards: Mapping[str, SkillCard], language: str) -> Dialogue:
    """Return the dialogue after a turn in which the user finished speaking; it is the same one where nothing was heard.

    `cards` tell what the slots of an intent are, and which skills change something; `language` is the answer's."""
    deeds = tuple(_deeds(record, cards))
    if not record.transcript or not record.transcript.text:
        return dialogue.did(deeds) if deeds else dialogue
    cut = record.fate is Fate.INTERRUPTED
    exchange = Exchange(record.transcript.text, record.heard, cut, record.turn, language)
    return dialogue.add(exchange, _question(record), _mentions(record, cards), deeds)


def _question(record: Record) -> Question | None:
    outcome, intent = record.outcome, record.intent
    if outcome is None or outcome.status != "unclear":
        return None
    return Question(outcome.task, outcome.asks, dict(intent.slots) if intent else {}, record.turn)


def _deeds(record: Record, cards: Mapping[str, SkillCard]) -> Iterator[Deed]:
    """Give the deeds of a turn, whether or not the user heard of them."""
    outcome = record.outcome
    card = cards.get(outcome.task) if outcome else None
    if outcome and card and card.effects and outcome.status == "done":
        told = record.fate is Fate.ANSWERED or bool(outcome.say and outcome.say in record.heard)
        slots = dict(record.intent.slots) if record.intent else {}
        yield Deed(record.turn, outcome.task, slots, card.undoable, told)


def _mentions(record: Record, cards: Mapping[str, SkillCard]) -> Iterator[Mention]:
    """Give what was shown, then what the user named, then what the avatar named."""
    for target in record.shown:
        yield Mention(target, "thing", "user", record.turn)
    said = record.transcript
    refer = language_of(said.text, said.language).referring if said else frozenset[str]()
    named = dict(_named(record.intent, cards, refer)) if record.intent else {}
    for name, kind in named.items():
        yield Mention(name, kind, "user", record.turn)
    for kind, name in _facts(record.outcome):
        if name.casefold() not in map(str.casefold, named):
            yield Mention(name, kind, "avatar", record.turn)


def _named(intent: Intent, cards: Mapping[str, SkillCard], refer: Set[str]) -> Iterator[tuple[str, str]]:
    """Give the names and amounts in the slots of an intent, and their kinds. Free text and words that `refer` name
    nothing."""
    card = cards.get(intent.name)
    kinds = {slot.name: slot.kind for slot in card.slots} if card else {}
    for slot, value in intent.slots.items():
        kind = kinds.get(slot, slot)
        if kind != "text" and value not in refer and str(value):
            yield str(value), kind


def _facts(outcome: Outcome | None) -> Iterator[tuple[str, str]]:
    return iter(outcome.facts.items() if outcome else ())
