"""What an embedding is compared with: the skills' examples as sentences, and sentences that no skill answers to."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from models.kinds import kind_of
from models.language.en.words import plain
from models.protocols import SkillCard, Slot

_TEXTS = ("pirates", "the moon", "my brother")
"""For slots that take any words."""


def sentences(card: SkillCard) -> list[str]:
    """Every example of a skill once, with each hole filled by some value; plain words, as utterances are compared.

    The values change from example to example, so that no single one comes to mean the skill."""
    return list(dict.fromkeys(plain(sentence) for sentence, _ in filled(card)))


def filled(card: SkillCard) -> list[tuple[str, dict[str, str]]]:
    """Every example of a skill with each hole filled by some value, and those values as they are said."""
    return [_fill(example, card.slots, turn) for turn, example in enumerate(card.examples)]


def background() -> list[str]:
    """Things that people say to assistants and characters which are no request to an avatar's usual skills, broken-off
    sentences, and some in other languages."""
    lines = files("models.intent").joinpath("background.txt").read_text(encoding="utf-8").splitlines()
    return [plain(line) for line in lines]


def _fill(example: str, slots: Sequence[Slot], turn: int) -> tuple[str, dict[str, str]]:
    said: dict[str, str] = {}
    for slot in slots:
        hole = f"{{{slot.name}}}"
        if hole in example:
            values = slot.choices or kind_of(slot.kind).samples or _TEXTS
            said[slot.name] = values[turn % len(values)]
            example = example.replace(hole, said[slot.name])
    return example, said
