"""The labelled set of intent recognition, and how answers are compared with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from models.language.finding import find_language
from models.protocols import UNKNOWN, Intent, SlotValue

PHRASINGS = Path(__file__).parents[1] / "data" / "phrasings.yaml"

NOTHING = frozenset({""})


@dataclass(frozen=True, slots=True)
class Phrasing:
    """An utterance and what it means."""

    text: str
    intent: str
    slots: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For each slot the values that are right, as `canonical` writes them; "" where it may be left out."""


def read_phrasings(part: str, file: Path = PHRASINGS) -> list[Phrasing]:
    """One part of a labelled set: ``calibration`` or ``heldout``."""
    return [
        Phrasing(row["text"], intent, {name: _right(value) for name, value in row.get("slots", {}).items()})
        for intent, rows in yaml.safe_load(file.read_text(encoding="utf-8"))[part].items()
        for row in rows
    ]


def canonical(value: SlotValue) -> str:
    """A slot's value as it is compared: without case, punctuation and a leading article."""
    words = find_language("en").plain(str(value)).split()
    return " ".join(words[1:] if words[:1] in (["a"], ["an"], ["the"]) else words)


def slot_counts(answer: Intent, phrasing: Phrasing) -> tuple[int, int, int]:
    """How many slots were found, invented and missed; no slot of a wrong intent is right.

    What comes with an unknown intent, such as why a deed was withheld, is no slot of the user's words."""
    found = invented = missed = 0
    meant = answer.name == phrasing.intent
    slots = {} if answer.name == UNKNOWN else answer.slots
    for name in {*slots, *phrasing.slots} - {"problem"}:  # the words themselves, which no label repeats
        right = phrasing.slots.get(name, NOTHING)
        value = canonical(slots[name]) if name in slots else ""
        if (name, value) == ("quantity", "1"):
            right |= {"1"}
            if "" in right:
                value = ""
        if value and meant and value in right:
            found += 1
        else:
            invented += bool(value)
            missed += "" not in right
    return found, invented, missed


def _right(value: SlotValue | list[SlotValue]) -> frozenset[str]:
    return frozenset(map(canonical, value if isinstance(value, list) else [value]))
