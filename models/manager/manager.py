"""The dialogue manager: it applies commands, one after another, to what was said and done before.

The manager decides and does nothing itself. `Manager.steps` gives a `Call` of a skill, which the caller carries out and
reports by `Manager.took`, or an `Outcome` to be said as it is. It is deterministic: equal dialogues and commands give
equal steps. The model that understands proposes; the manager disposes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from models.cards import SkillCard, Slot
from models.dialogue import Deed, Dialogue, Question, SlotValue
from models.kinds import kind_of
from models.language.language import Language
from models.manager.outcomes import after_outcome
from models.manager.referents import find_referent
from models.protocols import UNKNOWN, WITHHELD, Intent, Outcome

PATIENCE = 2
"""Times that a question is asked. After that the avatar lets it be."""
RECENT = 3
"""Turns after which words without a skill of their own no longer correct or continue a task."""
STOP = "stop"
"""The skill that ends what the avatar does; a cancel that finds nothing to cancel means it."""
CRISIS = "feelings_crisis"
"""The skill that answers somebody in distress; after it no question about anything else is asked again."""
DIALOGUE = "dialogue"
"""The `Outcome.task` of what the manager itself says."""
_NO_ORDER = ("negated", "undone")


@dataclass(frozen=True, slots=True)
class Call:
    """A skill that is to be called."""

    skill: str
    slots: Mapping[str, SlotValue]
    confirmed: bool = False
    """Whether the user said yes to it."""
    undoes: bool = False
    """Whether it takes the latest deed back."""


Step: TypeAlias = Call | Outcome


class Manager:
    """Applies the commands of one turn."""

    def __init__(
        self,
        dialogue: Dialogue,
        cards: Mapping[str, SkillCard],
        language: Language,
        turn: str,
        price_of: Callable[[str], float | None],
    ) -> None:
        """`dialogue` is what was said and done before the turn with the id `turn`. `price_of` gives the price of a
        thing, or None."""
        self.dialogue = dialogue
        self._cards, self._language, self._turn, self._price_of = cards, language, turn, price_of
        self._question = dialogue.question
        """The question that was open when the turn began, until it is answered or dropped."""
        self._untold = [deed for deed in dialogue.deeds if not deed.told]

    def steps(self, intent: Intent) -> Iterator[Step]:
        """What follows from a command, step by step. After each `Call` the caller must call `took`."""
        if intent.act in ("do", "fill", "amend", "confirm"):
            yield from self._tell_untold(intent)
        match intent.act:
            case "do":
                yield from self._do(intent)
            case "fill":
                yield from self._fill(intent)
            case "amend":
                yield from self._amend(intent)
            case "confirm":
                yield from self._confirm(intent)
            case "deny":
                yield from self._deny(intent)
            case "cancel":
                yield from self._cancel(intent)
            case "undo":
                yield from self._undo()
            case "repeat":
                yield self._repeat()

    def took(self, call: Call, outcome: Outcome) -> Outcome:
        """Note what came of a call, and return it with the slots of the call."""
        outcome = replace(outcome, slots=dict(call.slots), undid=call.undoes and outcome.status == "done")
        after = self._after(outcome)
        if after.question and after.question.asked > PATIENCE and outcome.status == "unclear":
            outcome = replace(self._say("refused", "given_up"), slots=outcome.slots)
            after = replace(self.dialogue, question=None)
        self.dialogue = after
        return outcome

    def _after(self, outcome: Outcome) -> Dialogue:
        return after_outcome(self.dialogue, outcome, self._cards, self._turn, refer=self._language.referring)

    # --- the commands ------------------------------------------------------------------------------------------------

    def _do(self, intent: Intent) -> Iterator[Step]:
        question, slots = self._question, self._resolved(intent.name, intent.slots)
        if intent.name == UNKNOWN and intent.slots.get(WITHHELD) in _NO_ORDER and question:
            yield from self._deny(intent)
            return
        if again := self._done_already(intent.name, slots):
            yield self._say("done", "already", say=again.say)
            return
        if question and question.skill == intent.name:
            slots = {**question.filled, **slots}
            self._close()
        yield Call(intent.name, slots)
        if question and self._question is question:
            yield from self._return_to(question, intent.name)

    def _fill(self, intent: Intent) -> Iterator[Step]:
        question, latest = self._question, self._latest()
        if question:
            self._close()
            yield Call(question.skill, {**question.filled, **self._resolved(question.skill, intent.slots)})
        elif latest:  # "and a map?", after something was done or looked up
            slots = self._resolved(latest.skill, intent.slots)
            yield Call(latest.skill, {**self._needed(latest), **slots})
        else:
            yield Call(UNKNOWN, {})

    def _amend(self, intent: Intent) -> Iterator[Step]:
        question, latest = self._question, self._latest()
        if question:
            yield from self._fill(intent)
            return
        if latest is None:
            yield Call(UNKNOWN, {})
            return
        slots = {**latest.slots, **self._resolved(latest.skill, intent.slots)}
        deed = self.dialogue.deeds[-1] if self.dialogue.deeds else None
        if deed and deed.undo and (deed.turn, deed.skill, deed.slots) == (latest.turn, latest.skill, latest.slots):
            yield Call(deed.undo.skill, deed.undo.slots, confirmed=True, undoes=True)
        yield Call(latest.skill, slots)

    def _confirm(self, intent: Intent) -> Iterator[Step]:
        question = self._question
        if question is None:
            yield Call(UNKNOWN, {})
            return
        self._close()
        if question.slot and not question.offers:
            yield from self._ask_again(question)
            return
        offered = {question.slot: question.offers} if question.slot else {}
        yield Call(question.skill, {**question.filled, **offered}, confirmed=not question.slot)

    def _deny(self, intent: Intent) -> Iterator[Step]:
        question = self._question
        if question is None:
            yield Call(UNKNOWN, {})
        elif question.offers:  # "Did you mean the market?" - "No."
            self._close()
            yield Call(
                question.skill, {name: value for name, value in question.filled.items() if name != question.slot}
            )
        else:
            self._close()
            yield self._say("done", "dropped")

    def _cancel(self, intent: Intent) -> Iterator[Step]:
        if self._question:
            self._close()
            yield self._say("done", "dropped")
        elif self._fresh_deed():
            yield from self._undo()
        elif STOP in self._cards:
            yield Call(STOP, {})
        else:
            yield self._say("done", "dropped")

    def _undo(self) -> Iterator[Step]:
        self._close()
        deed = next((deed for deed in reversed(self.dialogue.deeds) if deed.undo), None)
        if deed is None or deed.undo is None:
            yield self._say("refused", "nothing_to_undo")
            return
        yield Call(deed.undo.skill, deed.undo.slots, confirmed=True, undoes=True)

    def _repeat(self) -> Outcome:
        said = self.dialogue.exchanges[-1].said if self.dialogue.exchanges else ""
        untold = self._untold[-1].say if self._untold else ""
        self._untold = []
        question = self._question
        if not (untold or said):
            return self._say("refused", "nothing_said")
        again = self._say("done", "again", say=(untold or said).strip())
        if question is None:
            return again
        self._close()  # what was asked stays open
        return replace(
            again,
            status="unclear",
            task=question.skill,
            asks=question.slot,
            slots=question.filled,
            offers=question.offers,
        )

    # --- questions ---------------------------------------------------------------------------------------------------

    def _close(self) -> None:
        """The question that was open is answered or dropped."""
        self._question = None

    def _return_to(self, question: Question, skill: str) -> Iterator[Step]:
        """Come back to a question from which the user turned aside, unless to do something else or too often."""
        card = self._cards.get(skill)
        self._close()
        if not (card and card.needs_order) and skill != CRISIS and self.dialogue.question is question:
            yield from self._ask_again(question)

    def _ask_again(self, question: Question) -> Iterator[Step]:
        if question.asked >= PATIENCE:
            return
        asking = Outcome(
            question.skill, "unclear", question.say, asks=question.slot, slots=question.filled, offers=question.offers
        )
        self.dialogue = self._after(asking)
        yield asking

    # --- deeds -------------------------------------------------------------------------------------------------------

    def _tell_untold(self, intent: Intent) -> Iterator[Step]:
        """Tell of deeds whose answer the user did not hear to the end, before anything else is done."""
        untold, self._untold = self._untold, []
        for deed in untold:
            again = intent.act == "do" and self._done_already(intent.name, self._resolved(intent.name, intent.slots))
            if deed.say and not again:
                yield self._say("done", "untold", say=deed.say)

    def _done_already(self, skill: str, slots: Mapping[str, SlotValue]) -> Deed | None:
        """The deed that the user orders again because they did not hear that it was done."""
        last = self.dialogue.exchanges[-1].turn if self.dialogue.exchanges else ""
        return next(
            (
                deed
                for deed in self.dialogue.deeds
                if not deed.told and deed.turn == last and deed.skill == skill and dict(deed.slots) == dict(slots)
            ),
            None,
        )

    def _latest(self) -> Deed | None:
        """The latest task, if it was not long ago."""
        latest = self.dialogue.latest
        recent = {self._turn, *(exchange.turn for exchange in self.dialogue.exchanges[-RECENT:])}
        return latest if latest and latest.turn in recent else None

    def _fresh_deed(self) -> Deed | None:
        """The deed of the latest turn that can be taken back."""
        last = self.dialogue.exchanges[-1].turn if self.dialogue.exchanges else ""
        deed = self.dialogue.deeds[-1] if self.dialogue.deeds else None
        return deed if deed and deed.undo and deed.turn in (last, self._turn) else None

    # --- slots -------------------------------------------------------------------------------------------------------

    def _resolved(self, skill: str, slots: Mapping[str, SlotValue]) -> dict[str, SlotValue]:
        """The slots with names in place of words that refer. A word whose meaning cannot be told stays."""
        card = self._cards.get(skill)
        kinds = {slot.name: slot for slot in card.slots} if card else {}
        resolved = dict(slots)
        for name, value in slots.items():
            if name in kinds and isinstance(value, str) and (reference := self._language.reference(value)):
                found = find_referent(reference, kinds[name], self.dialogue, self._price_of)
                resolved[name] = value if found is None else found
                if found is not None and self._language.bare(value) in self._language.plurals:
                    resolved = self._as_many(found, kinds, name) | resolved
        return resolved

    def _as_many(self, value: SlotValue, kinds: Mapping[str, Slot], name: str) -> dict[str, SlotValue]:
        """The number of things that a word such as "them" means: as many as the latest deed was about."""
        deed = next((deed for deed in reversed(self.dialogue.deeds) if value in deed.slots.values()), None)
        if deed is None:
            return {}
        counts = (slot for slot in kinds.values() if kind_of(slot.kind).counts and slot.name != name)
        return {slot.name: deed.slots[slot.name] for slot in counts if slot.name in deed.slots}

    def _needed(self, task: Deed) -> dict[str, SlotValue]:
        """The required slots of a task, for one like it."""
        card = self._cards.get(task.skill)
        required = {slot.name for slot in card.slots if slot.required} if card else set()
        return {name: value for name, value in task.slots.items() if name in required}

    def _say(self, status: str, phrase: str, **facts: str) -> Outcome:
        text = self._language.phrases[phrase].format(**facts)
        return Outcome(DIALOGUE, "done" if status == "done" else "refused", text)
