"""Reads the values in an utterance by typed parsers: names from closed lists, numbers, lengths of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.intent.choices import find_choices
from models.intent.templates import Piece, Value
from models.kinds import kind_of
from models.language.language import Language
from models.language.words import Found, Word, overlap
from models.protocols import Slot, SlotValue

BETWEEN = 2
"""Words that may stand between a number and what it counts: ``two of those apples``."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that was read from an utterance, and the slots that it may fill."""

    found: Found[SlotValue]
    slots: frozenset[str]


def is_text(slot: Slot) -> bool:
    """True for a slot that takes any words."""
    return not kind_of(slot.kind).form and not slot.choices


def find_values(slot: Slot, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
    """Everything in `words` that can be read as a value of a slot. A slot that takes any words has no such values."""
    kind = kind_of(slot.kind)
    return kind.read(words, language) if kind.form else find_choices(words, slot.choices, language)


def read_values(slots: Sequence[Slot], words: Sequence[Word], language: Language) -> list[Reading]:
    """What can be read for any of `slots`, in order and without overlap. Slots of one kind share their readings."""
    alike: dict[tuple[int, str, tuple[str, ...]], list[Slot]] = {}
    for slot in slots:
        kind = kind_of(slot.kind)
        alike.setdefault((kind.order, slot.kind if kind.form else "", slot.choices), []).append(slot)
    readings: list[Reading] = []
    for _, group in sorted(alike.items(), key=lambda item: item[0][0]):
        names = frozenset(slot.name for slot in group)
        for found in find_values(group[0], words, language):
            if not any(overlap(found, other.found) for other in readings):
                readings.append(Reading(found, names))
    return sorted(readings, key=lambda reading: reading.found.first)


def likeliest(slot: Slot, candidates: Sequence[Reading], readings: Sequence[Reading]) -> Reading | None:
    """The candidate that is the value of a slot where no example tells. `readings` are all that the utterance has."""
    if kind_of(slot.kind).counts:
        counting = [reading for reading in candidates if _counts(reading, readings)]
        # "can you purchase one" counts nothing
        return next(iter(counting or [reading for reading in candidates if reading.found.value != 1]), None)
    best = max((reading.found.score for reading in candidates), default=0.0)
    # Speakers who correct themselves mean the last value.
    return next((reading for reading in reversed(candidates) if reading.found.score == best), None)


def collapse(words: Sequence[Word], readings: Sequence[Reading], language: Language) -> tuple[list[Piece], list[int]]:
    """The word stems, with each reading as one piece. Also the index of the first word of each piece and of the end."""
    at = {reading.found.first: reading for reading in readings}
    pieces: list[Piece] = []
    starts = [0]
    while starts[-1] < len(words):
        reading = at.get(starts[-1])
        pieces.append(Value(reading.slots) if reading else language.stem(words[starts[-1]].text))
        starts.append(reading.found.end if reading else starts[-1] + 1)
    return pieces, starts


def _counts(number: Reading, readings: Sequence[Reading]) -> bool:
    """True where something that was read stands close after a number."""
    return any(0 <= reading.found.first - number.found.end <= BETWEEN for reading in readings)
