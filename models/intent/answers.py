"""Reads a sentence with the state of the dialogue in view: what was asked and what was done last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from models.dialogue import Deed, Question
from models.intent.heard import after
from models.intent.readings import is_text
from models.intent.skillset import Skillset
from models.intent.wishes import Wishes
from models.kinds import kind_of
from models.language.acts import LONGEST
from models.language.marks import asks
from models.language.mood import Mood
from models.protocols import UNKNOWN, Act, Intent, Slot, SlotValue

SURE = 0.75
"""The confidence from which words are a wish of their own though a question is open."""
TEXTS = 0.9
"""The confidence in a free text that corrects another one."""
LONG = 7
"""Words that may ask for the same with another amount."""
SHORT = 4
"""Words of an answer that may name something unknown."""
STOP = "stop"
"""The skill that a lone "stop" means, where nothing is asked."""
_REQUESTS = (Mood.ORDER, Mood.ASKED, Mood.WHERE)


class Answers:
    """The commands of sentences, by what the avatar asked and did before them."""

    def __init__(self, skillset: Skillset, wishes: Wishes, question: Question | None, latest: Deed | None) -> None:
        """`question` is what was asked, and `latest` the task that was done last."""
        self._skillset, self._wishes, self._language = skillset, wishes, skillset.language
        self._acts = skillset.language.acts
        self._question = question if question and question.skill in skillset.readers else None
        self._latest = latest if latest and latest.skill in skillset.readers else None

    def after(self, intent: Intent) -> Answers:
        """The reader of the sentences that follow a command in the same utterance."""
        begun = intent.act in ("do", "fill") and intent.name in self._skillset.readers
        latest = Deed("", intent.name, dict(intent.slots)) if begun else self._latest
        return Answers(self._skillset, self._wishes, None if intent.act != "do" else self._question, latest)

    def read(self, text: str) -> list[Intent]:
        """The commands of a sentence, at least one."""
        act = self._act(text)
        if act:
            return [act]
        return (
            self._headed(text)
            or self._corrected(text)
            or self._answered(text)
            or self._followed(text)
            or self._wishes_of(text)
        )

    def _wishes_of(self, text: str) -> list[Intent]:
        """The wishes of a sentence; a part that only undoes or repeats is that."""
        found = self._wishes.read(text)
        return [self._act(intent.words) or intent if len(found) > 1 else intent for intent in found]

    # --- what must never fail ----------------------------------------------------------------------------------------

    def _act(self, text: str) -> Intent | None:
        """The act that the whole text is; None where it is more, or something else."""
        if len(self._language.split_words(text)) > LONGEST:
            return None
        plain, acts, question = self._language.plain(text), self._acts, self._question
        yes_or_no = question is not None and (not question.slot or question.offers != "")
        quiet = not question and STOP in self._skillset.cards
        meant: Iterator[tuple[re.Pattern[str], Act | None]] = iter(
            (
                (acts.repeat, "repeat"),
                (acts.retract, "cancel" if question else "undo"),
                (acts.undo, "undo"),
                (acts.stop, "do" if quiet else "cancel"),
                (acts.cancel, "cancel"),
                (acts.deny, ("deny" if yes_or_no else "cancel") if question else None),
                (acts.confirm, "confirm" if question else None),
                *(((acts.nothing, "cancel"),) if question else ()),
            )
        )
        found = next(((act,) for pattern, act in meant if pattern.match(plain)), ())
        if "do" in found:
            return Intent(STOP, words=text)
        return next((self._command(act, text) if act else self._chat(text) for act in found), None)

    def _command(self, act: Act, text: str) -> Intent:
        return Intent("", {}, 1.0, act=act, words=text)

    def _chat(self, text: str) -> Intent | None:
        """A yes or no to nothing; None where the words are a wish all the same, such as "buy it"."""
        wish = len(self._language.split_words(text)) > 1 and self._skillset.opens(text)
        return None if wish else Intent(UNKNOWN, words=text)

    # --- yes and no before other words -------------------------------------------------------------------------------

    def _headed(self, text: str) -> list[Intent]:
        """The commands of a text that answers a question by yes or no, and then says more; none for any other."""
        question = self._question
        if question is None or (question.slot and not question.offers):
            return []
        if (rest := after(self._acts.yes, text, self._language)) is not None and (words := rest.strip(" ,")):
            if slots := self._skillset.values(question.skill, words):
                return [Intent(question.skill, slots, act="amend", words=text)]
            others = Answers(self._skillset, self._wishes, None, None).read(self._begun(words))
            others = [each for each in others if each.name not in (UNKNOWN, question.skill)]
            return [self._command("confirm", text), *others]
        if (rest := after(self._acts.no, text, self._language)) is not None and (words := rest.strip(" ,")):
            if self._corrected(text):
                return []
            others = [each for each in self._wishes.read(self._begun(words)) if each.name != UNKNOWN]
            return [self._command("deny", text), *others] if others or not asks(text) else []
        return []

    def _begun(self, text: str) -> str:
        """Words without a joint at their beginning."""
        joint = self._acts.joints.match(text.lower())
        return text[joint.end() :] if joint else text

    # --- corrections -------------------------------------------------------------------------------------------------

    def _corrected(self, text: str) -> list[Intent]:
        """What corrects the latest task, or the answer to an open question; none for any other words."""
        task = self._question or self._latest
        rest = after(self._acts.correcting, text, self._language)
        tail = self._acts.instead.search(text.lower().rstrip(" .!?"))
        said = rest if rest is not None else text[: tail.start()] if tail else ""
        if task is None or not said:
            return []
        wanted = self._question.slot if self._question else ""
        act: Act = "fill" if wanted and not (self._question and self._question.offers) else "amend"
        slots = self._skillset.values(task.skill, said, wanted=wanted) or self._loosely(task.skill, said)
        if slots and not all(self._skillset.is_vague(value) for value in slots.values()):
            return [Intent(task.skill, slots, act=act, words=text)]
        if tail is not None or after(self._acts.strong, text, self._language) is not None:
            return self._reworded(task.skill, said, text, act)
        return []

    def _reworded(self, skill: str, said: str, text: str, act: Act) -> list[Intent]:
        """A correction that says the whole request again, or the free text of it."""
        found = self._skillset.ask(said)
        vague = all(self._skillset.is_vague(value) for value in found.slots.values())
        if found.name == skill and not vague and self._skillset.mood(said) is Mood.ORDER:
            return [replace(found, act=act, words=text)]
        texts = [slot for slot in self._skillset.slots(skill) if slot.required and is_text(slot)]
        short = len(self._language.split_words(said)) <= SHORT and found.confidence < SURE
        free = self._language.free_answer(said)
        if free and len(texts) == 1 and (short or found.name == UNKNOWN):
            return [Intent(skill, {texts[0].name: free}, TEXTS, act=act, words=text)]
        return []

    def _loosely(self, skill: str, text: str, most: int = SHORT) -> dict[str, SlotValue]:
        """The slots that a few words fill by an amount, beside what it is of: "40 coins"."""
        few = len(self._language.split_words(text)) <= most and not self._skillset.opens(text)
        amounts = [slot for slot in self._skillset.slots(skill) if kind_of(slot.kind).form]
        told = (self._skillset.readers[skill].told(text, slot, spared=()) for slot in amounts)
        return next((slots for slots in told if slots), {}) if few else {}

    # --- answers -----------------------------------------------------------------------------------------------------

    def _answered(self, text: str) -> list[Intent]:
        """The answer to the open question, and the wishes that follow it; none where the words are something else."""
        question = self._question
        if question is None:
            return []
        asked = next((slot for slot in self._skillset.slots(question.skill) if slot.name == question.slot), None)
        if asked is None:
            slots = self._skillset.values(question.skill, text)
            if slots and all(self._skillset.is_vague(value) for value in slots.values()):
                return [self._command("confirm", text)] if self._skillset.mood(text) is Mood.ORDER else []
            return [Intent(question.skill, slots, act="amend", words=text)] if slots else []
        if slots := self._values(asked, question, text):
            return [Intent(question.skill, slots, act="fill", words=text)]
        if not is_text(asked) and (parts := self._parts(asked, question, text)):
            return parts
        told = self._typed(asked, question, text) or self._freely(asked, question, text)
        return [Intent(question.skill, told, act="fill", words=text)] if told else []

    def _values(self, asked: Slot, question: Question, text: str) -> dict[str, SlotValue]:
        values = self._skillset.values(question.skill, text, wanted=question.slot)
        return values if asked.name in values or (values and not is_text(asked)) else {}

    def _parts(self, asked: Slot, question: Question, text: str) -> list[Intent]:
        """An answer before other words: "a kite and two maps", "a hat, and tell me the time"."""
        for joint in self._acts.joints.finditer(text.lower()):
            first, rest = text[: joint.start()].strip(" ,"), text[joint.end() :].strip(" ,")
            if not first or not rest:
                continue
            slots = self._values(asked, question, first)
            if asked.name not in slots:
                continue
            answer = Intent(question.skill, slots, act="fill", words=first)
            if more := self._skillset.values(question.skill, rest):
                return [answer, Intent(question.skill, more, words=rest)]
            others = self._wishes.read(rest)
            if all(each.name != UNKNOWN and each.confidence >= SURE for each in others):
                return [answer, *others]
        return []

    def _typed(self, asked: Slot, question: Question, text: str) -> dict[str, SlotValue]:
        """The slots of an answer that says more than the value: "five minutes for the eggs"."""
        if self._skillset.opens(text) or self._skillset.mood(text) is not Mood.ORDER or asks(text):
            return {}
        return self._skillset.readers[question.skill].told(text, asked, spared=question.filled)

    def _freely(self, asked: Slot, question: Question, text: str) -> Mapping[str, SlotValue]:
        """The slots that an answer in other words than values fills; none where it is something else."""
        found = self._skillset.ask(text)
        known = found.name not in (UNKNOWN, question.skill) and found.confidence >= SURE
        if known and self._skillset.mood(text) in _REQUESTS and (not is_text(asked) or self._skillset.complete(found)):
            return {}
        if found.name == question.skill and asked.name in found.slots and found.confidence >= SURE:
            return found.slots
        said = self._language.free_answer(text)
        if is_text(asked):
            return {asked.name: said} if said and not asks(text) else {}
        short = not known and len(self._language.split_words(text)) <= SHORT
        name = self._language.bare(said) if short and asked.choices and not asks(text) else ""
        return {asked.name: name} if name else {}

    # --- what follows ------------------------------------------------------------------------------------------------

    def _followed(self, text: str) -> list[Intent]:
        """What asks for the same of something else, after a task: "and a kite?", "another one"."""
        latest = self._latest
        if latest is None or self._question:
            return []
        rest = after(self._acts.following, text, self._language)
        if rest is None and not self._language.refers_further(text):
            return []
        if rest:  # "and one for the tea, four minutes"
            slots = self._skillset.values(latest.skill, rest) or self._loosely(latest.skill, rest, most=LONG)
        else:
            slots = self._skillset.mere_values(latest.skill, text)
        return [Intent(latest.skill, slots, act="fill", words=text)] if slots else []
