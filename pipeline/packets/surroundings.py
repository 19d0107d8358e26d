"""What is around the user, and what they mean by "this": told by a client beside what is said."""

from __future__ import annotations

from dataclasses import dataclass

Position = tuple[float, float, float]
"""Metres from the user's origin: right, up, back, as in WebXR."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that the user sees."""

    name: str
    position: Position | None = None


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
