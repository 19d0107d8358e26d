"""What is around the user, and what they mean by "this": told by a client beside what is said."""

from __future__ import annotations

from dataclasses import dataclass

from models.protocols import Position, Thing


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
