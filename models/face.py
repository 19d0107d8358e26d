"""What shows on the avatar: the shapes of its mouth, the looks of its face and the gestures that go with words."""

from __future__ import annotations

from dataclasses import dataclass

VISEMES = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
"""The 15 mouth shapes of Oculus LipSync, in its order (its reference: "Viseme Reference", OVRLipSync)."""
EXPRESSIONS = ("happy", "sad", "angry", "surprised", "relaxed")
"""The emotions of VRM 1.0 (specification VRMC_vrm-1.0, "expressions")."""
GESTURES = ("wave", "nod", "shake", "point", "shrug", "think", "open-hands")
"""Movements of head and hands that go with words."""


@dataclass(frozen=True, slots=True)
class Viseme:
    """A mouth shape and when it is seen."""

    viseme: str
    """One of `VISEMES`."""
    start: float
    """Seconds since the reply began to sound."""
    duration: float
    """Seconds."""
    weight: float
    """How far the mouth goes, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A look on the avatar's face, and when it is seen."""

    name: str
    """One of `EXPRESSIONS`."""
    start: float
    """Seconds since the reply began to sound."""
    duration: float
    """Seconds in which it comes, stays and goes."""
    weight: float
    """How clear the look is at its fullest, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """A movement of the avatar's head or hands, and when it begins."""

    name: str
    """One of `GESTURES`."""
    start: float
    """Seconds since the reply began to sound."""


@dataclass(frozen=True, slots=True)
class Look:
    """What shows on the face and hands of a speaker."""

    expression: str = ""
    """One of `EXPRESSIONS`; empty for none."""
    weight: float = 0.0
    """How clearly the words show it, 0 to 1."""
    gesture: str = ""
    """One of `GESTURES`; empty for none."""
