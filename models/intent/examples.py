"""Gives the sentences with which an utterance is compared: the skills' examples, and sentences that no skill
answers."""

from __future__ import annotations

from collections.abc import Sequence

from models.kinds import kind_of
from models.language.language import Language
from models.protocols import SkillCard, Slot


def sentences(card: SkillCard, language: Language) -> list[str]:
    """Every example of a skill once, in plain words as utterances are compared, with each hole filled by some value.

    The values change from example to example, so that no single value comes to mean the skill."""
    said = (_fill(example, card.slots, turn, language)[0] for turn, example in enumerate(every(card)))
    return list(dict.fromkeys(map(language.plain, said)))


def every(card: SkillCard) -> tuple[str, ...]:
    """All phrasings of a skill."""
    return (*card.examples, *card.phrasings)


def filled(card: SkillCard, language: Language) -> list[tuple[str, dict[str, str]]]:
    """Every example of a skill with each hole filled by some value, together with those values as they are said."""
    return [_fill(example, card.slots, turn, language) for turn, example in enumerate(card.examples)]


def background(language: Language) -> list[str]:
    """Sentences that no skill answers. People say them to assistants and characters without asking for an avatar's
    usual skills. Some are broken off, and some are in other languages."""
    return [language.plain(line) for line in language.background]


def _fill(example: str, slots: Sequence[Slot], turn: int, language: Language) -> tuple[str, dict[str, str]]:
    said: dict[str, str] = {}
    for slot in slots:
        hole = f"{{{slot.name}}}"
        if hole in example:
            kinds = language.samples
            values = slot.choices or kinds.get(slot.kind) or kind_of(slot.kind).samples or kinds["text"]
            said[slot.name] = values[turn % len(values)]
            example = example.replace(hole, said[slot.name])
    return example, said
