"""How a dialogue grows by what came of a task. The manager and the session both fold outcomes with this function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from models.cards import SkillCard
from models.dialogue import Deed, Dialogue, Mention, Question
from models.protocols import Outcome


def after_outcome(
    dialogue: Dialogue,
    outcome: Outcome,
    cards: Mapping[str, SkillCard],
    turn: str,
    *,
    refer: Set[str] = frozenset(),
    told: bool = True,
) -> Dialogue:
    """The dialogue after one outcome of the turn with this id.

    `refer` are the words that only stand for a name, and so name nothing. `told` says whether the user heard of the
    outcome. An open question stays open until the turn ends or another one is asked."""
    dialogue = dialogue.named(_mentions(outcome, cards, turn, refer))
    if outcome.manner:
        dialogue = replace(dialogue, manner=outcome.manner)
    if outcome.status == "unclear":
        return replace(dialogue, question=_question(outcome, dialogue.question, turn))
    if outcome.undid:
        return dialogue.undid()
    card = cards.get(outcome.task)
    if card is None:
        return dialogue
    task = Deed(turn, outcome.task, dict(outcome.slots), outcome.undo, told, outcome.say)
    if card.effects and outcome.status == "done":
        dialogue = dialogue.did([task])
    return replace(dialogue, latest=task) if card.slots else dialogue  # without slots nothing can be corrected


def _question(outcome: Outcome, before: Question | None, turn: str) -> Question:
    again = before is not None and (before.skill, before.slot) == (outcome.task, outcome.asks)
    asked = before.asked + 1 if before and again else 1
    return Question(outcome.task, outcome.asks, dict(outcome.slots), turn, asked, outcome.say, outcome.offers)


def _mentions(outcome: Outcome, cards: Mapping[str, SkillCard], turn: str, refer: Set[str]) -> Iterator[Mention]:
    """Give the names and amounts that the user named, then those that the avatar named. Free text names nothing."""
    card = cards.get(outcome.task)
    kinds = {slot.name: slot.kind for slot in card.slots} if card else {}
    named = {
        str(value): kinds.get(slot, slot)
        for slot, value in outcome.slots.items()
        if kinds.get(slot, slot) != "text" and str(value) and value not in refer
    }
    for name, kind in named.items():
        yield Mention(name, kind, "user", turn)
    for fact, name in outcome.facts.items():
        if name.casefold() not in map(str.casefold, named):
            yield Mention(name, fact, "avatar", turn)
