"""Who the avatar is: roles as folders of data, and those that a graph file writes out as a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from pydantic import Field

from models.data import Entry, read_data
from models.errors import NotRegistered, WrongData
from models.installed import find_registered, folder_of, registered

GROUP = "parley.roles"
FIRST = "en"
"""The language of a role in a conversation whose language it has no file for."""


class Example(Entry):
    """A worked example of how a role talks."""

    heard: str = Field(min_length=1)
    """What a user says."""
    said: str = Field(min_length=1)
    """What the role answers."""


class Persona(Entry):
    """A role in one language: who speaks, and what they say of their own accord."""

    name: str = ""
    prompt: str
    """What the language model reads before every conversation: who it is, and its rules, in a few short sentences."""
    examples: tuple[Example, ...] = ()
    """Exchanges that the model reads after the prompt. Small models follow them better than rules."""
    offer: str = "But I like to chat."
    """Spoken where a wish cannot be met."""
    lost: str = "Sorry, I lost my thread. Could you say that again?"
    """Spoken where the model fails, or gives nothing that can be said."""
    filler: tuple[str, ...] = ("One moment.", "Let me see.")
    """Spoken in turn where an answer takes long."""
    idle: tuple[str, ...] = ("Are you still there?", "Take your time.")
    """Spoken in turn where the user says nothing for long."""
    rest: Literal["happy", "sad", "angry", "surprised", "relaxed"] = "relaxed"
    """The look of its face where the words show nothing."""
    lively: float = Field(1.0, ge=0.0, le=2.0)
    """How strong its looks are and how often it gestures; 0 is a face that only talks."""
    voice: str = ""
    """The voice that it speaks with, among those of the synthesiser; empty takes the synthesiser's own."""


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody that the avatar can be."""

    key: str
    """What graph files call it; empty for one that a graph file writes out."""
    personas: Mapping[str, Persona]
    """By ISO 639-1 code, at least one."""
    skills: tuple[str, ...] | None = field(default=None)
    """The packs of skills that it may use; None allows all."""

    def persona(self, language: str = FIRST) -> Persona:
        """Who it is in a language; in the first one that it speaks, where it does not speak that."""
        return self.personas.get(language) or next(iter(self.personas.values()))


class _Words(Entry):
    """A role's file for one language."""

    prompt: str
    examples: tuple[Example, ...] | None = None
    name: str | None = None
    offer: str | None = None
    lost: str | None = None
    filler: tuple[str, ...] | None = Field(None, min_length=1)
    idle: tuple[str, ...] | None = Field(None, min_length=1)


class _Identity(Entry):
    """What a role is in every language: ``role.yaml``."""

    name: str = ""
    rest: Literal["happy", "sad", "angry", "surprised", "relaxed"] = "relaxed"
    lively: float = Field(1.0, ge=0.0, le=2.0)
    voice: str = ""
    skills: tuple[str, ...] | None = Field(None, min_length=1)


def role_names() -> tuple[str, ...]:
    """The roles that are installed, Parley's own and anyone's."""
    return tuple(registered(GROUP))


@cache
def find_role(wanted: str) -> Role:
    """A role by its name, or one whose prompt is `wanted` itself, if that is a sentence.

    Raises NotRegistered for a word that is no role, WrongData for a role whose files have mistakes."""
    if wanted in registered(GROUP) or len(wanted.split()) < 2:
        return _read(wanted)
    return Role("", {FIRST: Persona(prompt=wanted)})


def _read(name: str) -> Role:
    try:
        folder = folder_of(find_registered(GROUP, name, "role"))
    except NotRegistered as error:
        raise NotRegistered(f"{error}; or write out the prompt as a sentence") from error
    identity = read_data(folder / "role.yaml", _Identity)
    files = {file.name.removesuffix(".yaml"): file for file in folder.iterdir() if file.name.endswith(".yaml")}
    codes = sorted(files.keys() - {"role"}, key=lambda code: (code != FIRST, code))
    if not codes:
        raise WrongData(f"{folder}: a role needs a file for each language that it speaks, such as en.yaml")
    shared = identity.model_dump(exclude={"skills"})
    words = {code: read_data(files[code], _Words).model_dump(exclude_none=True) for code in codes}
    return Role(name, {code: Persona(**shared | words[code]) for code in codes}, identity.skills)
