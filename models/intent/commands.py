"""Makes commands of an utterance: which acts its parts are, and what each part asks for.

A classifier names the skill that words ask for. Everything else is decided here: answers to a question, corrections,
several wishes in a sentence, and what must never fail, such as a yes, a no or an undo.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from models.context import Context
from models.dialogue import Deed, Question
from models.intent.examples import every
from models.intent.readings import is_text
from models.intent.slots import MINUTE, SlotReader
from models.kinds import DURATION, kind_of
from models.language.acts import Acts
from models.language.language import Language
from models.language.marks import asks, ends_sentence
from models.language.mood import Mood
from models.protocols import UNKNOWN, Act, Intent, SkillCard, Slot, SlotValue

SURE = 0.75
"""The confidence from which words are a wish of their own though a question is open."""
LIKELY = 0.5
"""The confidence that each part of a sentence needs to be a wish of its own."""
LEAST = 2
"""Words of a wish before another one: of "go and buy a map" the first is none."""
OPENERS = 4
"""Phrasings that begin with a word which then may begin a wish after a mere comma."""
CERTAIN = 0.9
"""Likewise where only a comma stands between them."""
SHORT = 4
"""Words of an answer that may name something unknown."""
VAGUE = ("same", "another", "place")
"""Kinds of references that do not tell which of several things is meant."""
Classify = Callable[[str], Intent]
"""Names the skill that words ask for, with its slots."""


@dataclass(frozen=True)
class Commands:
    """Makes commands of utterances in one language."""

    classify: Classify
    readers: Mapping[str, SlotReader]
    cards: Mapping[str, SkillCard]
    language: Language

    @cached_property
    def openers(self) -> frozenset[str]:
        """The words with which wishes begin."""
        counts = Counter(
            self.language.plain(said).split(" ")[0] for card in self.cards.values() for said in every(card)
        )
        return frozenset(word for word, count in counts.items() if count >= OPENERS and word.isalpha())

    def opens(self, text: str, language: Language) -> bool:
        """Whether words begin as wishes do."""
        return language.plain(text).split(" ")[0] in self.openers

    def read(self, text: str, context: Context) -> tuple[Intent, ...]:
        """The commands of an utterance, at least one."""
        repaired = self.language.repaired(self.language.corrected(text))
        given = [*_Utterance(self, context).read(repaired)] or [Intent(UNKNOWN)]
        return (replace(given[0], words="" if repaired == text else repaired),) if len(given) == 1 else tuple(given)


class _Utterance:
    """One utterance, read with the state of the dialogue in view."""

    def __init__(self, commands: Commands, context: Context) -> None:
        self._commands, self._language, self._acts = commands, commands.language, commands.language.acts
        dialogue = context.dialogue
        self._question: Question | None = dialogue.question if self._knows(dialogue.question) else None
        self._latest: Deed | None = dialogue.latest if self._knows(dialogue.latest) else None

    def _knows(self, task: Question | Deed | None) -> bool:
        return task is not None and task.skill in self._commands.readers

    # --- the parts ---------------------------------------------------------------------------------------------------

    def read(self, text: str) -> Iterator[Intent]:
        """Give the commands of a text."""
        if whole := self._act(text):
            yield whole
            return
        if (head := self._headed(text)) is not None:
            yield from head
            return
        sentences = self._sentences(text)
        if len(sentences) > 1:
            yield from self._several(sentences)
        else:
            yield from self._sentence(text, whole=True)

    def _several(self, sentences: Sequence[str]) -> Iterator[Intent]:
        given: list[Intent] = []
        named = ""
        for sentence in sentences:
            found = self._act_of(sentence) or self._sentence(sentence)
            given += [self._naming(intent, named) for intent in found]
            if all(intent.name == UNKNOWN for intent in found):  # "I like the second one. Buy it."
                named = self._telling_reference(sentence) or named
        known = [intent for intent in given if intent.act != "do" or intent.name != UNKNOWN]
        if not known:
            yield self._commands.classify(" ".join(sentences))
        elif len(known) == 1 and len(given) > 1 and known[0].act == "do":
            # What nobody understood may belong to the rest: "My nephew loves the wind. Get him a kite."
            yield known[0]
        else:
            yield from known

    def _telling_reference(self, sentence: str) -> str:
        """The last words of a sentence that tell which of several things is meant; empty where none do."""
        found = self._language.find_references(self._language.split_words(sentence))
        told = [
            each.value for each in found if (kind := self._language.reference(each.value)) and kind.kind not in VAGUE
        ]
        return told[-1] if told else ""

    def _naming(self, intent: Intent, named: str) -> Intent:
        """The intent with words that tell which thing is meant in place of a pronoun."""
        pronouns = self._language.pronouns
        if not named or not pronouns.intersection(map(str, intent.slots.values())):
            return intent
        slots = {slot: named if value in pronouns else value for slot, value in intent.slots.items()}
        return replace(intent, slots=slots)

    def _act_of(self, sentence: str) -> list[Intent]:
        found = self._act(sentence)
        return [found] if found else []

    def _sentences(self, text: str) -> list[str]:
        parts = re.findall(r"[^.!?。！？]+(?:[.!?。！？]+(?=\s|$)|[。！？]|$|[.!?](?=\S))", text)
        merged: list[str] = []
        for part in parts:
            if merged and not ends_sentence(merged[-1]):
                merged[-1] += part
            elif part.strip():
                merged.append(part.strip())
        return merged or [text]

    # --- acts --------------------------------------------------------------------------------------------------------

    def _act(self, text: str) -> Intent | None:
        """The act that the whole text is; None where it is more, or something else."""
        plain = self._language.plain(text)
        acts, question = self._acts, self._question
        yes_or_no = question is not None and (not question.slot or question.offers != "")
        found: dict[Act, re.Pattern[str]] = {"repeat": acts.repeat}
        if yes_or_no:
            found |= {"confirm": acts.confirm, "deny": acts.deny}
        found |= {"cancel": acts.cancel, "undo": acts.undo}
        act = next((act for act, pattern in found.items() if pattern.match(plain)), None)
        if act:
            return self._command(act, text)
        if question and acts.deny.match(plain):
            return self._command("cancel", text)
        if question and acts.confirm.match(plain):
            return self._command("confirm", text)
        for pattern in (acts.yes, acts.no):
            if (said := pattern.match(plain)) and said.end() == len(plain):  # a yes to nothing is only talked about
                return Intent(UNKNOWN, words=text)
        return None

    def _command(self, act: Act, text: str) -> Intent:
        return Intent("", {}, 1.0, act=act, words=text)

    def _headed(self, text: str) -> list[Intent] | None:
        """The commands of a text that begins with a yes, a no, or words that correct; None for any other."""
        words = self._language.split_words(text)
        if self._question and not self._question.slot:
            for act, pattern in (("confirm", self._acts.yes), ("deny", self._acts.no)):
                rest = self._after(pattern, text)
                if rest is None:
                    continue
                if act == "deny" and (slots := self._values(self._question.skill, rest)):
                    return [Intent(self._question.skill, slots, 1.0, act="amend", words=text)]
                others = [each for each in self.read(rest) if each.name != self._question.skill or each.act != "do"]
                first = Intent("", {}, 1.0, act="confirm" if act == "confirm" else "deny", words=text)
                return [
                    first,
                    *(each for each in others if each.name != UNKNOWN and each.act not in ("confirm", "deny")),
                ]
        task = self._question or self._latest
        if task is None or len(words) < 2:
            return None
        return self._correction(text, task.skill)

    def _correction(self, text: str, skill: str) -> list[Intent] | None:
        rest = self._after(self._acts.correcting, text)
        tail = self._acts.instead.search(text.lower().rstrip(" .!?"))
        if rest is None and tail:
            rest = text[: tail.start()]
        if not rest:
            return None
        if slots := self._values(skill, rest):
            return [Intent(skill, slots, 1.0, act="amend", words=text)]
        found = self._commands.classify(rest)
        strong = tail is not None or self._after(self._acts.strong, text) is not None
        if found.name == skill and strong and found.slots:
            return [Intent(skill, found.slots, found.confidence, act="amend", words=text)]
        texts = [slot for slot in self._slots(skill) if slot.required and is_text(slot)]
        short = len(self._language.split_words(rest)) <= SHORT and found.confidence < SURE
        if strong and len(texts) == 1 and (short or found.name == UNKNOWN):
            said = self._language.free_answer(rest)
            return [Intent(skill, {texts[0].name: said}, 0.9, act="amend", words=text)] if said else None
        return None

    def _after(self, pattern: re.Pattern[str], text: str) -> str | None:
        """What follows the beginning of a text that fits a pattern, as it was said; None where it does not fit."""
        words = self._language.split_words(text)
        told = [word for word in words if word.text not in self._language.fillers]
        joint = self._language.joint
        found = pattern.match(joint.join(word.text for word in told))
        if not found:
            return None
        used, at = found.end(), 0
        for number, word in enumerate(told):
            if at >= used:
                return text[word.start :]
            at += len(word.text) + len(joint)
            if number + 1 == len(told):
                return ""
        return ""

    # --- sentences ---------------------------------------------------------------------------------------------------

    def _sentence(self, text: str, *, whole: bool = False) -> list[Intent]:
        """The commands of one sentence."""
        if self._question and self._question.slot and (answer := self._answer(text, self._question)):
            return [answer]
        if not self._question and whole and (follows := self._follows(text)):
            return [follows]
        return self._cut(text)

    def _cut(self, text: str) -> list[Intent]:
        """The wishes of a sentence, where it holds several."""
        for joint in self._acts.joints.finditer(text.lower()):
            first, rest = text[: joint.start()].strip(" ,"), text[joint.end() :].strip(" ,")
            if not self._parts(text, joint, first, rest):
                continue
            left = self._commands.classify(first)
            least = LIKELY if any(map(str.isalpha, joint.group())) else CERTAIN  # a comma alone parts anything
            if left.name == UNKNOWN or left.confidence < least:
                continue
            if others := self._rest(rest, left, least):
                return [replace(left, words=first), *others]
        found = self._commands.classify(text)
        several = self._commands.readers[found.name].series(text) if found.name in self._commands.readers else []
        if several:  # "what do a kite and a book cost"
            return [replace(found, slots=slots, words=text) for slots in several]
        return [replace(found, words=text)]

    def _parts(self, text: str, joint: re.Match[str], first: str, rest: str) -> bool:
        """Whether a joint may part two wishes: not within an amount, nor after a lone word."""
        words = self._language.split_words(text)
        amounts = [*self._language.find_durations(words), *self._language.find_numbers(words)]
        within = any(words[each.first].start < joint.start() < words[each.end - 1].start for each in amounts)
        if within or len(self._language.split_words(first)) < LEAST or not rest:
            return False
        spoken = any(map(str.isalpha, joint.group()))
        return spoken or all(self._commands.opens(part, self._language) for part in (first, rest))

    def _rest(self, text: str, left: Intent, least: float) -> list[Intent]:
        """The wishes after a first one; none where the rest is no wish but belongs to the first."""
        swallows = any(is_text(slot) for slot in self._slots(left.name) if slot.name in left.slots)
        if not swallows and (slots := self._values(left.name, text)):
            if self._has_room(left, slots):  # "compare a map and a kite" is one wish
                return []
            return [Intent(left.name, slots, left.confidence, words=text)]
        if act := self._act(text):
            return [act] if act.act in ("cancel", "undo", "repeat") else []
        found = self._cut(text)
        least = max(least, SURE if swallows else LIKELY)
        good = all(each.name != UNKNOWN and each.confidence >= least for each in found)
        negated = self._language.mood(text).mood in (Mood.NEGATED, Mood.REPORTED)
        return found if good or (negated and not swallows) else []

    def _has_room(self, left: Intent, slots: Mapping[str, SlotValue]) -> bool:
        """Whether a wish has another slot for a value of the kind of one of these."""
        kinds = {slot.kind for slot in self._slots(left.name) if slot.name in slots}
        return any(
            slot.kind in kinds and slot.required and slot.name not in left.slots for slot in self._slots(left.name)
        )

    # --- answers -----------------------------------------------------------------------------------------------------

    def _answer(self, text: str, question: Question) -> Intent | None:
        """The answer to the open question; None where the words are something else."""
        asked = next((slot for slot in self._slots(question.skill) if slot.name == question.slot), None)
        if asked is None:
            return None
        slots: Mapping[str, SlotValue] = self._values(question.skill, text)
        if asked.kind == DURATION.name and asked.name not in slots and (number := self._bare_number(text)) is not None:
            slots = {asked.name: round(number * MINUTE)}
        if asked.name not in slots:
            slots = self._freely(text, asked, question)
        return Intent(question.skill, slots, 1.0, act="fill", words=text) if slots else None

    def _freely(self, text: str, asked: Slot, question: Question) -> Mapping[str, SlotValue]:
        """The slots that an answer in other words than values fills; none where it is something else."""
        found = self._commands.classify(text)
        if found.name not in (UNKNOWN, question.skill) and found.confidence >= SURE:
            return {}
        if found.name == question.skill and asked.name in found.slots:
            return found.slots
        said = self._language.free_answer(text)
        if is_text(asked):
            return {asked.name: said} if said else {}
        short = found.name in (UNKNOWN, question.skill) and len(self._language.split_words(text)) <= SHORT
        name = self._language.bare(said) if short and asked.choices and not asks(text) else ""
        return {asked.name: name} if name else {}

    def _follows(self, text: str) -> Intent | None:
        """What asks for the same of something else, after a task: "and a kite?"."""
        latest = self._latest
        if latest is None:
            return None
        rest = self._after(self._acts.following, text)
        slots = self._values(latest.skill, text if rest is None else rest)
        return Intent(latest.skill, slots, 1.0, act="fill", words=text) if slots else None

    def _values(self, skill: str, text: str) -> dict[str, SlotValue]:
        """The typed values of a skill's slots in a text that holds nothing else; empty where it holds more."""
        reader = self._commands.readers.get(skill)
        return reader.answer(text, self._acts.around) if reader else {}

    def _bare_number(self, text: str) -> float | None:
        words = self._language.split_words(text)
        numbers = self._language.find_numbers(words)
        rest = " ".join(word.text for at, word in enumerate(words) if not any(n.first <= at < n.end for n in numbers))
        return numbers[-1].value if numbers and not self._acts.around.sub("", rest).strip() else None

    def _slots(self, skill: str) -> tuple[Slot, ...]:
        card = self._commands.cards.get(skill)
        return card.slots if card else ()


def tells(cards: Sequence[SkillCard], text: str, language: Language) -> Intent | None:
    """The intent whose slot the text fills by its form alone, such as a sum; None where there is none."""
    for card in cards:
        for slot in card.slots:
            if kind_of(slot.kind).tells(text, language):
                return Intent(card.name, {slot.name: text}, 1.0)
    return None


__all__ = ["Acts", "Classify", "Commands", "tells"]
