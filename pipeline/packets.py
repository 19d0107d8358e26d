"""What travels on the edges of a graph, in the order of the data's way through it.

Frozen values without behaviour. Those that an engine gives and that travel unchanged (`Intent`, `Outcome`, `Thing`,
`Viseme`, `Expression`, `Gesture`) are defined in `models.protocols` and `models.face`, and only listed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from models.face import Expression, Gesture, Viseme
from models.protocols import Intent, Outcome, Position, Samples, Thing, Voiced

__all__ = [
    "Audio",
    "Expression",
    "Gaze",
    "Gesture",
    "Intent",
    "Outcome",
    "Partial",
    "Picture",
    "Pointing",
    "Reply",
    "Scene",
    "Speech",
    "Text",
    "Thing",
    "Transcript",
    "Viseme",
]


@dataclass(frozen=True, slots=True)
class Audio:
    """A piece of the user's sound; pieces follow each other without a gap."""

    samples: Samples
    """Mono, shape (n,), full scale is -1 to 1."""
    sample_rate: int
    """Hz."""
    start: float
    """Seconds since the session (or the recording) began."""


@dataclass(frozen=True, slots=True)
class Text:
    """A line that the user typed in place of speaking."""

    text: str
    start: float
    """Seconds since the session began."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything around the user; replaces the scene before."""

    place: str
    things: tuple[Thing, ...]
    start: float
    """Seconds since the session began; likewise below."""


@dataclass(frozen=True, slots=True)
class Gaze:
    """What the user looks at from now on; empty for nothing."""

    target: str
    start: float


@dataclass(frozen=True, slots=True)
class Pointing:
    """What the user points at from now on; empty for nothing."""

    target: str
    position: Position | None
    start: float


@dataclass(frozen=True, slots=True)
class Picture:
    """What the user shows."""

    media_type: str
    """``image/png``, ``image/jpeg`` or ``image/webp``."""
    data: str
    """The file, in base64."""
    start: float


@dataclass(frozen=True, slots=True)
class Partial:
    """The words so far, while the user still speaks; each replaces the one before, and may be the same or empty."""

    text: str
    end: float
    """Where the sound that it was made of ends, in seconds since the session (or the recording) began."""
    confidence: float | None = None
    """0 to 1, where the recogniser gives one."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of a whole utterance; empty text means that nothing was heard."""

    text: str
    language: str
    """ISO 639-1."""
    start: float
    """Seconds since the session (or the recording) began."""
    end: float
    """Likewise."""
    confidence: float | None = None
    """0 to 1, where the recogniser gives one."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A clause or sentence of the answer; the texts of a turn's replies, put together as they are, make the answer."""

    text: str
    language: str = "en"
    """ISO 639-1."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A piece of the spoken answer; pieces follow each other without a gap."""

    voiced: Voiced
    start: float
    """Seconds since the answer began to sound."""
    text: str
    """The words that begin in this piece, empty for the later pieces of a clause."""
    language: str = "en"
    """ISO 639-1."""


Sense: TypeAlias = Audio | Text | Scene | Gaze | Pointing | Picture
"""What a turn may begin with."""
