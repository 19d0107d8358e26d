"""Who the avatar is: the personas of personas.yaml, and those that a graph file writes out itself."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, Field, TypeAdapter


class Persona(BaseModel, extra="forbid", frozen=True):
    """A role that the avatar plays."""

    name: str = ""
    prompt: str
    """What the language model reads before every conversation."""
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


@cache
def personas() -> dict[str, Persona]:
    """The personas that come with Parley, by name."""
    text = files(__package__).joinpath("personas.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Persona]).validate_python(yaml.safe_load(text))


def find_persona(wanted: str) -> Persona:
    """A persona by its name, or one whose prompt is `wanted` itself, if that is a sentence. Raises ValueError."""
    if wanted in personas():
        return personas()[wanted]
    if len(wanted.split()) > 1:
        return Persona(prompt=wanted)
    near = get_close_matches(wanted, personas(), n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(personas())};"
    raise ValueError(f"no persona is called '{wanted}'; {hint} or write out the prompt as a sentence")
