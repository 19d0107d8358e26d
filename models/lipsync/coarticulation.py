"""How neighbouring sounds change each other's mouth shapes.

The rules are those of Edwards, Landreth, Fiume and Singh ("JALI: An Animator-Centric Viseme Model for Expressive Lip
Synchronization", 2016), as far as one shape at a time can follow them. The blending of neighbours is left to the
display of the shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

CLOSED = frozenset({"sil", "PP"})
"""The shapes of a closed mouth, which end exactly where their sound ends."""
KEPT = CLOSED | {"FF"}
"""Shapes that are kept however short they are. A mouth looks wrong unless bilabials close and labiodentals touch."""
TONGUE = frozenset({"DD", "kk", "nn"})
"""Consonants of the tongue alone, during which the lips are free for the next sound."""
LIPS = frozenset({"CH", "ih", "oh", "ou"})
"""Shapes that the lips make, round or spread. They begin early and end late."""

SHORTEST = 0.03
"""Seconds that a shape lasts at least: two frames of a display with 60 a second. Shorter ones make a mouth flutter."""
SHORTEST_CLOSURE = 0.05
"""Seconds that a closure of the lips lasts at least, by our own judgement."""
ANTICIPATION = 0.12
"""Seconds at most by which lips begin before the sound, or end after it: JALI's time to rise and to decay."""
YIELDED = 0.5
"""The share of a tongue's consonant that the lips of a neighbour may take, by our own judgement."""


@dataclass(slots=True)
class Gesture:
    """A mouth shape on the way to a `Viseme`. Times are in seconds."""

    viseme: str
    """The name of the shape; empty for a sound that has no shape of its own."""
    start: float
    end: float
    openness: float
    """The weight at full loudness."""

    @property
    def is_seen(self) -> bool:
        return self.viseme in KEPT or (self.viseme != "" and self.end - self.start >= SHORTEST)


def coarticulated(gestures: Iterable[Gesture]) -> list[Gesture]:
    """`gestures` as a mouth makes them in a row: without gaps, over the same time, each long enough to be seen."""
    return _joined(_visible(_anticipated(_with_lips_closed(_joined(gestures)))))


def _joined(gestures: Iterable[Gesture]) -> list[Gesture]:
    """`gestures`, with equal neighbours joined to one."""
    joined: list[Gesture] = []
    for gesture in gestures:
        if joined and joined[-1].viseme == gesture.viseme:
            joined[-1].end = gesture.end
            joined[-1].openness = max(joined[-1].openness, gesture.openness)
        else:
            joined.append(replace(gesture))
    return joined


def _with_lips_closed(gestures: list[Gesture]) -> list[Gesture]:
    """Begin short closures of the lips earlier, because lips close before the sound that their burst makes."""
    for before, gesture in pairwise(gestures):
        if gesture.viseme == "PP":
            gesture.start = max(before.start, min(gesture.start, gesture.end - SHORTEST_CLOSURE))
            before.end = gesture.start
    return gestures


def _anticipated(gestures: list[Gesture]) -> list[Gesture]:
    """Give part of a tongue's consonant to the lips of the next sound, else to those of the previous one."""
    for before, gesture, behind in zip([None, *gestures], gestures, [*gestures[1:], None], strict=False):
        if gesture.viseme not in TONGUE:
            continue
        length = gesture.end - gesture.start
        yielded = min(YIELDED * length, ANTICIPATION, max(length - SHORTEST, 0.0))
        if behind and behind.viseme in LIPS:
            gesture.end = behind.start = gesture.end - yielded
        elif before and before.viseme in LIPS:
            before.end = gesture.start = gesture.start + yielded
    return gestures


def _visible(gestures: Sequence[Gesture]) -> list[Gesture]:
    """Give the time of shapes too short to be seen to the next shape, as a mouth prepares for it. Before a closure,
    give it to the previous shape."""
    kept: list[Gesture] = []
    since: float | None = None
    for gesture, behind in zip(gestures, [*gestures[1:], None], strict=False):
        if gesture.is_seen:
            kept.append(replace(gesture, start=gesture.start if since is None else since))
            since = None
        elif kept and (behind is None or behind.viseme in CLOSED):
            kept[-1].end, since = gesture.end, None
        elif since is None:
            since = gesture.start
    if not kept and gestures:
        kept.append(Gesture("sil", gestures[0].start, gestures[-1].end, 0.0))
    return kept
