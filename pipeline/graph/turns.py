"""The policies of turn-taking, as a graph names them: who may speak when."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, Field

T = TypeVar("T")

OFF = "off"
"""The word in a file that switches a part of turn-taking off."""


def _switched_off(value: Any) -> Any:
    return None if value is False or value == OFF else value


Optional: TypeAlias = Annotated[T | None, BeforeValidator(_switched_off)]
"""A part that can be ``off``."""

Seconds: TypeAlias = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]

Policy: TypeAlias = Literal["push-to-talk", "hands-free"]


class Filler(BaseModel, extra="forbid", frozen=True):
    """A short phrase that is said while the answer takes its time."""

    after: Seconds = 1.5
    """Seconds from the end of the user's turn."""
    say: tuple[str, ...] = ()
    """What may be said; empty takes the persona's."""


class Idle(BaseModel, extra="forbid", frozen=True):
    """A phrase that is said to a user who has been silent for long."""

    after: Seconds = 60.0
    """Seconds since the last answer."""
    times: int = Field(1, ge=1)
    """How often it is said before the user speaks again."""
    say: tuple[str, ...] = ()
    """What may be said; empty takes the persona's."""


class Turns(BaseModel, extra="forbid", frozen=True):
    """How a conversation is cut into turns."""

    policy: Policy = "push-to-talk"
    """What ends the user's turn in a live conversation: a key, or the user's voice."""
    threshold: float = Field(0.5, gt=0.0, lt=1.0)
    """The detector's probability from which a window counts as voice."""
    lead: float = Field(0.5, ge=0.0)
    """Seconds of sound that are kept from before the first voice."""
    tail: float = Field(0.3, ge=0.0)
    """Seconds of sound that are kept from after the last voice."""
    pause: float = Field(0.8, gt=0.0)
    """Seconds of quiet that end an utterance where no end-of-turn engine judges it."""
    shortest: float = Field(0.13, ge=0.0)
    """Seconds of voice below which a sound is not an utterance."""
    longest: float = Field(30.0, gt=0.0)
    """Seconds after which an utterance ends whether or not the user goes on."""
    hint: float = Field(0.1, gt=0.0)
    """Seconds of quiet after which an answer is prepared, in case the user has finished."""
    eager: float = Field(0.24, gt=0.0)
    """Seconds of quiet that end an utterance which sounds finished to the end-of-turn engine, and reads finished."""
    patience: float = Field(0.7, gt=0.0)
    """Seconds of quiet that end an utterance which does not sound or read finished."""
    hesitation: float = Field(1.1, gt=0.0)
    """Seconds of quiet that end an utterance whose words break off."""
    foreground: float = Field(14.0, gt=0.0)
    """Decibels by which a voice must be fainter than the user's to count as somebody else's, for which no answer
    waits."""
    interrupt: Literal["voice", "word", "never"] = "voice"
    """What makes the avatar stop: the first voice (the avatar goes on if it meant nothing), the first word, or only a
    key.

    With ``never`` the microphone is not heard while the avatar speaks: half-duplex, where echo cannot be cancelled."""
    onset: float = Field(0.06, gt=0.0)
    """Seconds of unbroken voice that make the avatar fall silent; coughs have less."""
    awake: Seconds = 8.0
    """Seconds without a word after which the wake word is needed again."""
    filler: Optional[Filler] = Filler()
    idle: Optional[Idle] = Idle()
