"""Reads the values of a skill's slots in words that say little else, such as the answer to a question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set

from models.intent.choices import LIKELY, find_choices
from models.intent.readings import Reading, read_values
from models.language.language import Language
from models.language.words import Found, Word
from models.protocols import Slot, SlotValue


class ValueReader:
    """Reads the typed values of slots, and words that stand for a name, whatever stands around them."""

    def __init__(self, slots: Sequence[Slot], language: Language) -> None:
        self._slots, self._language = slots, language

    def read(self, words: Sequence[Word]) -> list[Reading]:
        """What can be read for the slots. The number in "the second one" counts nothing; those in "two more" and "the
        one hour timer" do."""
        numbers = {number.first: number.value for number in self._language.find_numbers(words)}
        refer = set[int]()
        for found in self._language.find_references(words):
            counts = numbers.get(found.first, 1) != 1 or found.end - found.first == 1  # "two more", "one"
            refer |= _span([found]) - ({found.first} if counts else set())
        readings = read_values(self._slots, words, self._language)
        return [reading for reading in readings if not _span([reading.found]) <= refer]

    def fill(self, words: Sequence[Word]) -> tuple[dict[str, SlotValue], set[int]]:
        """The likeliest value of each slot, and the places of the words that were read."""
        given = self._likeliest(self.read(words))
        taken = _span(reading.found for reading in given.values())
        filled: dict[str, SlotValue] = {name: reading.found.value for name, reading in given.items()}
        slot = next((slot for slot in self._slots if slot.choices and slot.name not in filled), None)
        if slot and (said := self.reference(slot, words, taken)):
            filled[slot.name] = said
        elif slot and (near := find_choices(words, slot.choices, self._language, LIKELY)):
            filled[slot.name] = near[-1].value
            taken |= _span(near)
        return filled, taken | _span(self._language.find_references(words))

    def reference(self, slot: Slot, words: Sequence[Word], taken: Set[int] = frozenset()) -> str:
        """The words that stand for a name of a slot with choices: the last ones that tell most, or nothing.

        A slot that may stay empty is not filled by words as vague as "it"."""
        said: dict[str, str] = {}
        for found in self._language.find_references(words):
            reference = self._language.reference(found.value)
            if reference and not _span([found]) <= taken:
                kind = reference.kind if reference.kind in ("same", "place", "another") else "telling"
                said[kind] = found.value
        if "telling" in said or not slot.required:
            return said.get("telling", "")
        return referring(words, self._language) or said.get("another", "") or next(reversed(said.values()), "")

    def number(self, words: Sequence[Word], around: re.Pattern[str]) -> float | None:
        """The number in words that say nothing else, except which thing it is for; None where they say more."""
        refer = _span(self._language.find_references(words))
        numbers = [each for each in self._language.find_numbers(words) if not refer & _span([each])]
        return numbers[-1].value if numbers and self.is_around(words, refer | _span(numbers), around) else None

    def is_around(self, words: Sequence[Word], taken: Set[int], around: re.Pattern[str]) -> bool:
        """Whether the words that are not `taken` only stand around an answer."""
        spared = self._language.determiners | self._language.around
        left = [word.text for at, word in enumerate(words) if at not in taken and word.text not in spared]
        return not around.sub("", self._language.joint.join(left)).strip()

    def _likeliest(self, readings: Sequence[Reading]) -> dict[str, Reading]:
        given: dict[str, Reading] = {}
        for slot in self._slots:
            left = [reading for reading in readings if slot.name in reading.slots and reading not in given.values()]
            best = max((reading.found.score for reading in left), default=0.0)
            surest = [reading for reading in left if reading.found.score == best]
            if surest:  # of two slots of a kind the first gets the first value; a lone one the last, which corrects
                given[slot.name] = surest[0 if len(surest[0].slots - given.keys()) > 1 else -1]
        return given


def referring(words: Sequence[Word], language: Language) -> str:
    """The word that stands for what the user shows. "that" says more than "there", and "there" says more than "it"."""
    kinds = language.demonstratives, language.places, language.pronouns
    said = [word.text for word in words]
    return next((word for kind in kinds for word in said if word in kind), "")


def trim(words: Sequence[Word], edge: Set[str], *, ends: bool = True) -> Sequence[Word]:
    """`words` without those of `edge` at the beginning and, if `ends` is set, at the end."""
    first, end = 0, len(words)
    while first < end and words[first].text in edge:
        first += 1
    while ends and first < end and words[end - 1].text in edge:
        end -= 1
    return words[first:end]


def _span(found: Iterable[Found[object]]) -> set[int]:
    """The places of the words that were read."""
    return {at for each in found for at in range(each.first, each.end)}
