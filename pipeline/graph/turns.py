"""Who may speak when: the policies of turn-taking, as a graph names them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, Field

T = TypeVar("T")

OFF = "off"
"""What a file says to switch a part of turn-taking off."""


def _switched_off(value: Any) -> Any:
    return None if value is False or value == OFF else value


Optional: TypeAlias = Annotated[T | None, BeforeValidator(_switched_off)]
"""A part that can be ``off``."""

Seconds: TypeAlias = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]

Policy: TypeAlias = Literal["push-to-talk", "hands-free"]


class Filler(BaseModel, extra="forbid", frozen=True):
    """Something short that is said while the answer takes its time."""

    after: Seconds = 1.5
    """Seconds from the end of the user's turn."""
    say: tuple[str, ...] = ()
    """What may be said; empty takes the persona's."""


class Idle(BaseModel, extra="forbid", frozen=True):
    """Something said to a user who has been silent for long."""

    after: Seconds = 60.0
    """Seconds since the last answer."""
    times: int = Field(1, ge=1)
    """How often, before the user speaks again."""
    say: tuple[str, ...] = ()
    """What may be said; empty takes the persona's."""


class Turns(BaseModel, extra="forbid", frozen=True):
    """How a conversation is cut into turns."""

    policy: Policy = "push-to-talk"
    """Who says when the user has finished, in a live conversation: a key, or their voice."""
    threshold: float = Field(0.5, gt=0.0, lt=1.0)
    """The detector's probability from which a window counts as voice."""
    lead: float = Field(0.5, ge=0.0)
    """Seconds of sound kept from before the first voice."""
    tail: float = Field(0.3, ge=0.0)
    """Seconds of sound kept from behind the last voice."""
    pause: float = Field(0.8, gt=0.0)
    """Seconds of quiet that end an utterance, unless an end-of-turn engine judges it."""
    shortest: float = Field(0.13, ge=0.0)
    """Seconds of voice below which a sound is not an utterance."""
    longest: float = Field(30.0, gt=0.0)
    """Seconds after which an utterance ends whether or not the user goes on."""
    hint: float = Field(0.1, gt=0.0)
    """Seconds of quiet after which an answer is prepared, in case the user has finished."""
    eager: float = Field(0.24, gt=0.0)
    """Seconds of quiet that end an utterance which sounds finished to the end-of-turn engine, and reads finished."""
    patience: float = Field(0.7, gt=0.0)
    """Seconds of quiet that end one which does not."""
    hesitation: float = Field(1.1, gt=0.0)
    """Seconds of quiet that end one whose words break off."""
    foreground: float = Field(14.0, gt=0.0)
    """Decibels: voices that are fainter than the user's by more may be somebody else's, and no reason to wait."""
    interrupt: Literal["voice", "word", "never"] = "voice"
    """What makes the avatar stop: the first voice (it goes on if that was nothing), the first word, or only a key.

    With ``never`` the microphone is not heard while the avatar speaks: half-duplex, where echo cannot be cancelled."""
    onset: float = Field(0.06, gt=0.0)
    """Seconds of unbroken voice that make the avatar fall silent; coughs have less."""
    awake: Seconds = 8.0
    """Seconds without a word after which the wake word is needed again."""
    filler: Optional[Filler] = Filler()
    idle: Optional[Idle] = Idle()
