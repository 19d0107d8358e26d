"""The skills that a client brings with its ``hello``."""

from __future__ import annotations

import string
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, StringConstraints, model_validator

from pipeline.wire.fields import CHOICES, EXAMPLES, SLOTS, Message, Name, Word

Phrase: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class SkillSlot(Message):
    """A value that a skill wants from the user's words."""

    name: Word
    kind: Literal["text", "integer", "number", "duration", "choice"] = "text"
    """``duration`` is in seconds; a ``choice`` is one of `choices`."""
    choices: tuple[Phrase, ...] = Field((), max_length=CHOICES)
    required: bool = True
    about: Name = ""
    """What the value means."""
    ask: Name = ""
    """The question for a user who left the value out; without it, the server makes one."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"slot {self.name!r}: the kind 'choice' has choices, and no other kind has")
        return self


class Skill(Message):
    """Something that the client's avatar can do."""

    name: Word
    about: Annotated[str, Field(max_length=400)] = ""
    """What it does, in a sentence."""
    examples: tuple[Phrase, ...] = Field(min_length=1, max_length=EXAMPLES)
    """How users ask for it. ``{name}`` stands for the value of a slot."""
    slots: tuple[SkillSlot, ...] = Field((), max_length=SLOTS)
    effects: bool = True
    """False where it only looks something up."""
    confirm: bool = False
    """Whether the user is asked for a yes first."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = {slot.name for slot in self.slots}
        if len(names) < len(self.slots):
            raise ValueError(f"skill {self.name!r}: two slots have one name")
        for example in self.examples:
            if strange := _holes(example) - names:
                raise ValueError(f"skill {self.name!r}: an example has {{{min(strange)[:40]}}}, which is no slot of it")
        return self


def _holes(example: str) -> set[str]:
    """The names in braces. Raises ValueError for braces that stand alone, or hold more than a name."""
    found = set()
    for _, name, form, conversion in string.Formatter().parse(example):
        if form or conversion:
            raise ValueError("braces in an example hold the name of a slot, and nothing else")
        if name is not None:
            found.add(name)
    return found
