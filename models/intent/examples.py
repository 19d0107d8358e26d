"""What an embedding is compared with: the skills' examples as sentences, and sentences that no skill answers to."""

from __future__ import annotations

from collections.abc import Sequence

from models.kinds import kind_of
from models.language.language import Language
from models.protocols import SkillCard, Slot


def sentences(card: SkillCard, language: Language) -> list[str]:
    """Every example of a skill once, with each hole filled by some value; plain words, as utterances are compared.

    The values change from example to example, so that no single one comes to mean the skill."""
    return list(dict.fromkeys(language.plain(sentence) for sentence, _ in filled(card, language)))


def filled(card: SkillCard, language: Language) -> list[tuple[str, dict[str, str]]]:
    """Every example of a skill with each hole filled by some value, and those values as they are said."""
    return [_fill(example, card.slots, turn, language) for turn, example in enumerate(card.examples)]


def background(language: Language) -> list[str]:
    """Things that people say to assistants and characters which are no request to an avatar's usual skills, broken-off
    sentences, and some in other languages."""
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
