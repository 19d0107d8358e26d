"""The skills that an utterance may ask for: which one it names, and what its slots hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from models.intent.examples import every
from models.intent.readings import is_text
from models.intent.slots import MINUTE, SlotReader
from models.kinds import DURATION, kind_of
from models.language.acts import NOTHING
from models.language.finding import language_of
from models.language.language import Language
from models.language.mood import Mood, Told
from models.protocols import UNKNOWN, WITHHELD, Intent, SkillCard, Slot, SlotValue

MEMORY = "remember"
"""The skill that keeps, in its first slot, what the user wants to be remembered."""
KEEPS = 0.95
"""The confidence in words that begin with such a wish."""
COMMON = 5
"""Skills that have a word which then says nothing of what is wanted, such as "could"."""
OPENERS = 2
"""Phrasings that must begin with a word before it is taken for the beginning of a wish."""


@dataclass(frozen=True)
class Skillset:
    """Skills in one language, with a classifier that names the skill which words ask for, and that skill's slots."""

    named: Callable[[str], Intent]
    readers: Mapping[str, SlotReader]
    cards: Mapping[str, SkillCard]
    openers: frozenset[str]
    """The words with which wishes begin (`find_openers`)."""
    language: Language
    _told: Callable[[str], Told] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_told", lru_cache(64)(lambda text: language_of(text, self.language.code).mood(text)))

    def ask(self, text: str) -> Intent:
        """What words ask for, whatever was said before; ``unknown`` for stray words and mere amounts."""
        told = self._told(text)
        words = self.language.split_words(text)
        if not words:
            return Intent(UNKNOWN, words=text)
        if sure := tells(self.cards.values(), text, self.language):
            return replace(sure, words=text)
        stray = Intent(UNKNOWN, {WITHHELD: Mood.STRAY.value}, words=text)
        if self._is_amount(text) or (told.mood is Mood.STRAY and len(words) == 1):
            return stray
        memory = self.cards.get(MEMORY)
        if told.mood is Mood.REMEMBER and told.part and memory and memory.slots:
            return Intent(MEMORY, {memory.slots[0].name: told.part}, KEEPS, words=text)
        neutral = self._neutral(text)
        found = self.named(neutral)
        if neutral != text and found.name in self.readers:
            found = replace(found, slots=self.readers[found.name].read(text))
        card = self.cards.get(found.name)
        acts = card is not None and card.needs_order
        if acts and (told.mood is Mood.STRAY or (len(words) == 1 and found.slots)):
            return stray
        elsewhere = acts and self._begins_elsewhere(text, found.name)
        return Intent(UNKNOWN, words=text) if elsewhere else replace(found, words=text)

    def _begins_elsewhere(self, text: str, skill: str) -> bool:
        """Whether words begin with one that begins other wishes and is no word of this skill: "steal a cookie"."""
        words = [word for word in self.language.split_words(text) if word.text not in self.language.fillers]
        few = len(self.readers) <= COMMON  # too few skills to know words that say nothing
        if not words or few or any(number.first == 0 for number in self.language.find_numbers(words)):
            return False
        first, others = words[0].text, self.openers | _first_words(self.language)
        stem = self.language.stem(first)
        common = sum(stem in reader.vocabulary for reader in self.readers.values()) >= COMMON
        return first in others and not common and stem not in self.readers[skill].vocabulary

    def mood(self, text: str) -> Mood:
        """What words do with the deed that they name."""
        return self._told(text).mood

    def values(self, skill: str, text: str, *, wanted: str = "") -> dict[str, SlotValue]:
        """The values of a skill's slots in a text that holds nothing else; empty where it holds more.

        A bare number is so many minutes where a skill counts nothing, or where the slot `wanted` is a length of
        time."""
        reader = self.readers.get(skill)
        if reader is None:
            return {}
        values = reader.answer(text, self.language.acts.around)
        lengths = [slot.name for slot in self.slots(skill) if slot.kind == DURATION.name]
        counts = any(kind_of(slot.kind).counts for slot in self.slots(skill))
        if lengths and lengths[0] not in values and (wanted in lengths or not counts):
            number = reader.number(text, self.language.acts.around)
            if number is not None:
                return {lengths[0]: round(number * MINUTE)}
        return values

    def mere_values(self, skill: str, text: str, *, own: bool = False) -> dict[str, SlotValue]:
        """The values of a skill's slots in a text without any other words; `own` allows words of its phrasings."""
        reader = self.readers.get(skill)
        return reader.answer(text, NOTHING, own=own) if reader else {}

    def slots(self, skill: str) -> tuple[Slot, ...]:
        """The slots of a skill; none where it is not known."""
        card = self.cards.get(skill)
        return card.slots if card else ()

    def choices(self, skill: str, slot: str) -> tuple[str, ...]:
        """The only values of a slot; none where it takes others."""
        return next((each.choices for each in self.slots(skill) if each.name == slot), ())

    def complete(self, intent: Intent) -> bool:
        """Whether every slot that must be filled is filled, by a name that is known or refers to one where there is a
        list of names."""
        return all(
            slot.name in intent.slots and self._is_known(slot, intent.slots[slot.name])
            for slot in self.slots(intent.name)
            if slot.required
        )

    def text_of(self, intent: Intent, *, required: bool = False) -> str:
        """The free text of an intent's slots, or of those that must be filled; empty where it has none."""
        texts = [slot.name for slot in self.slots(intent.name) if is_text(slot) and (slot.required or not required)]
        return " ".join(str(intent.slots[name]) for name in texts if name in intent.slots)

    def opens(self, text: str) -> bool:
        """Whether words begin as wishes do."""
        words = self.language.split_words(text)
        first = next((word.text for word in words if word.text not in self.language.fillers), "")
        return first in self.openers

    def takes(self, intent: Intent) -> bool:
        """Whether the skill of an intent is asked for in the mood of its words, as some example asks for it."""
        card = self.cards.get(intent.name)
        return card is not None and self.mood(intent.words) in self._moods(card)

    def is_vague(self, value: SlotValue) -> bool:
        """Whether a value only stands for what was named last, as "it" does."""
        reference = self.language.reference(value) if isinstance(value, str) else None
        return reference is not None and reference.kind == "same"

    def referring_to(self, shown: str, intent: Intent) -> Intent:
        """The intent with the words of `shown` that refer to something in place of words that say less: after "I like
        the second one better" "it" is the second one."""
        language = self.language
        refer = [found.value for found in language.find_references(language.split_words(shown))]
        better = next((said for said in refer if not self.is_vague(said)), "")
        vague = {name for name, value in intent.slots.items() if self.is_vague(value)}
        return replace(intent, slots={**intent.slots, **dict.fromkeys(vague, better)}) if better else intent

    def _is_known(self, slot: Slot, value: SlotValue) -> bool:
        return not slot.choices or value in slot.choices or self.language.reference(str(value)) is not None

    def _is_amount(self, text: str) -> bool:
        """Whether a text is a mere number or length of time."""
        words = self.language.split_words(text)
        found = [*self.language.find_durations(words), *self.language.find_numbers(words)]
        taken = {at for each in found for at in range(each.first, each.end)}
        rest = [word.text for at, word in enumerate(words) if at not in taken]
        return bool(found) and all(word in self.language.fillers | self.language.around for word in rest)

    def _neutral(self, text: str) -> str:
        """The text with one plain word for every phrase that refers to something: what is compared with examples."""
        language = self.language
        words = language.split_words(text)
        for found in reversed(language.find_references(words)):
            reference = language.reference(found.value)
            if found.end - found.first > 1 and reference and reference.kind not in ("same", "place"):
                text = text[: words[found.first].start] + language.shown + text[words[found.end - 1].end :]
        return text

    def _moods(self, card: SkillCard) -> frozenset[Mood]:
        return frozenset(self._told(example).mood for example in card.examples) | {Mood.ORDER}


@cache
def _first_words(language: Language) -> frozenset[str]:
    """The words with which sentences begin that no skill answers."""
    lines = (language.split_words(line) for line in language.background)
    return frozenset(words[0].text for words in lines if words)


def find_openers(cards: Iterable[SkillCard], language: Language) -> frozenset[str]:
    """The words with which wishes begin, by the phrasings of the skills."""
    firsts = Counter[str]()
    for card in cards:
        for said in every(card):
            plain = [word.text for word in language.split_words(said) if word.text not in language.fillers]
            firsts.update(plain[:1] if not said.startswith("{") else [])
    spared = language.naming_nothing | language.confirm
    begin = {word for word in firsts if word not in spared and not language.acts.before.fullmatch(word)}
    return frozenset(word for word in begin if firsts[word] >= OPENERS)


def tells(cards: Iterable[SkillCard], text: str, language: Language) -> Intent | None:
    """The intent whose slot the text fills by its form alone, such as a sum; None where there is none."""
    for card in cards:
        for slot in card.slots:
            if kind_of(slot.kind).tells(text, language):
                return Intent(card.name, {slot.name: text}, 1.0)
    return None
