"""An avatar's face at any moment: mouth, expressions, gestures, blinks and gaze, sampled for a display."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, hypot, pi, sin
from random import Random
from textwrap import wrap
from typing import Any, Literal, TypeAlias

from models.face import EXPRESSIONS, VISEMES
from pipeline.devices.face.mouth import Mouth, coming_to_rest
from pipeline.packets import Expression, Gesture, Speech, Viseme

State: TypeAlias = Literal["idle", "listening", "thinking", "speaking"]
Angles: TypeAlias = tuple[float, float]
"""Two angles in degrees: to the avatar's right, and up."""

RISES, FALLS = 0.25, 0.5
"""Seconds in which an expression fades in and out."""
CHANGES = 4.0
"""The fastest change of an expression, in weight per second, also where an answer is cut."""

BLINK = 0.15
"""Seconds of a blink."""
CLOSING = 0.05
"""Seconds from the beginning of a blink until the lids are shut: they close faster than they open."""
SHORTEST, LONGEST = 2.0, 6.0
"""Seconds between two blinks."""
AGAIN, DOUBLED = 0.25, 0.15
"""Seconds between the blinks of a pair, and the share of blinks that come in pairs."""
BEHIND_CLAUSE = 0.5
"""The share of clauses that end with a blink: people blink where speech pauses (Nakano and Kitazawa, "Eyeblink
entrainment at breakpoints of speech", 2010)."""

SACCADE = 400.0
"""Degrees a second: about the peak of a saccade of 15 degrees (Bahill, Clark and Stark, "The Main Sequence", 1975)."""
ASIDE: Angles = (14.0, 9.0)
"""The direction of the eyes while the avatar thinks; the side changes."""
WANDER: Angles = (12.0, 5.0)
"""The furthest that idle eyes turn to either side, and up or down."""
AT_USER = 0.5
"""The share of idle glances that go to the user."""
FIXATION = (0.8, 3.0)
"""Seconds for which idle eyes rest on one point."""

MOVES: Mapping[str, Angles] = {"nod": (0.0, -9.0), "shake": (11.0, 0.0)}
"""Gestures of the head: the angles to which it turns first; then it turns as far to the other side."""
MOVEMENT, SWINGS = 0.9, 2
"""Seconds that such a gesture takes, and how often the head goes to and fro in it."""
TURN = 250.0
"""The fastest turn of the head, in degrees per second, also where an answer is cut."""
LINE = 120
"""The most characters of a caption; a longer clause is shown in parts, each when it is about to be heard."""
SHOWN = 1.5
"""Seconds for which a gesture is named, for displays that show it in their own way."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A face at one moment."""

    state: State
    mouth: Mapping[str, float]
    """The weight of each of `VISEMES`; their sum is at most 1."""
    expressions: Mapping[str, float]
    """The weight of each of `EXPRESSIONS`."""
    blink: float
    """How far the eyes are shut, 0 to 1."""
    gaze: Angles
    """The direction of the eyes; (0, 0) looks at the user."""
    head: Angles
    gesture: str
    """The gesture that is made, one of `GESTURES`; empty for none."""
    clauses: Sequence[str]
    """The words of the answer that are heard now; empty while none is heard."""


AT_REST = Shown(
    state="idle",
    mouth=dict.fromkeys(VISEMES, 0.0) | {"sil": 1.0},
    expressions=dict.fromkeys(EXPRESSIONS, 0.0),
    blink=0.0,
    gaze=(0.0, 0.0),
    head=(0.0, 0.0),
    gesture="",
    clauses=(),
)
"""The face that displays are left with when a session is over."""


@dataclass(slots=True)
class Timeline:
    """What an answer shows, with times counted from its beginning. It may grow while it is shown."""

    visemes: list[Viseme] = field(default_factory=list)
    expressions: list[Expression] = field(default_factory=list)
    gestures: list[Gesture] = field(default_factory=list)
    clauses: list[tuple[float, str]] = field(default_factory=list)
    """The captions: the time at which each begins, and its words."""

    def take(self, packet: Any) -> None:
        """Take a packet that a face shows; other packets are ignored."""
        match packet:
            case Viseme():
                self.visemes.append(packet)
            case Expression():
                self.expressions.append(packet)
            case Gesture():
                self.gestures.append(packet)
            case Speech(text=text) if text:
                length, shown = packet.voiced.samples.size / packet.voiced.sample_rate, 0
                for line in wrap(text, LINE):
                    self.clauses.append((packet.start + length * shown / len(text), line))
                    shown += len(line) + 1
            case _:
                pass


class Face:
    """Joins what an answer shows with what a face does by itself. Time and randomness are passed in."""

    def __init__(self, random: Random) -> None:
        self.state: State = "idle"
        """What the avatar does."""
        self._random = random
        self._now: float | None = None
        self._answer, self._mouth = Timeline(), Mouth(())
        self._position: float | None = None
        self._spoken, self._spoken_at = dict.fromkeys(VISEMES, 0.0) | {"sil": 1.0}, 0.0
        self._looks = dict.fromkeys(EXPRESSIONS, 0.0)
        self._heard = 0  # clauses
        self._blinks_at = 0.0
        self._eyes, self._goal, self._moves_at = (0.0, 0.0), (0.0, 0.0), 0.0
        self._gazed_in: State = "idle"
        self._head = (0.0, 0.0)

    def begin(self, answer: Timeline) -> None:
        """Show this answer from now on; positions count from its beginning."""
        self._answer, self._mouth, self._position, self._heard = answer, Mouth(answer.visemes), None, 0

    def at(self, now: float, position: float | None) -> Shown:
        """The face at the time `now`, in seconds, which never decreases from call to call.

        `position`, in seconds of the answer, is what is heard then; None where nothing is. While it stands still, as in
        a pause, the mouth comes to rest from the shape that it had."""
        if self._now is None:
            self._blinks_at = now + self._random.uniform(SHORTEST, LONGEST)
            self._now = now
        passed, self._now = now - self._now, now
        if position is not None and position != self._position:
            self._spoken, self._spoken_at = self._mouth.at(position), now
        self._position = position
        clauses = [] if position is None else [text for start, text in self._answer.clauses if start <= position]
        self._follow(now, len(clauses))
        gesture, since = self._gesture(position)
        return Shown(
            self.state,
            coming_to_rest(self._spoken, now - self._spoken_at),
            self._expressions(position, passed),
            self._blink(now),
            self._gaze(now, passed),
            self._move(gesture, since, passed),
            gesture if since < SHOWN else "",
            clauses,
        )

    def _expressions(self, position: float | None, passed: float) -> Mapping[str, float]:
        wanted = dict.fromkeys(EXPRESSIONS, 0.0)
        if position is not None:
            for look in self._answer.expressions:
                wanted[look.name] = max(wanted[look.name], look.weight * _presence(look, position))
        most = CHANGES * passed
        self._looks = {
            name: before + min(max(wanted[name] - before, -most), most) for name, before in self._looks.items()
        }
        whole = max(sum(self._looks.values()), 1.0)
        return {name: weight / whole for name, weight in self._looks.items()}

    def _follow(self, now: float, heard: int) -> None:
        """Begin a blink after some of the clauses that end."""
        if heard > self._heard > 0 and self._random.random() < BEHIND_CLAUSE:
            self._blinks_at = min(self._blinks_at, now)
        self._heard = heard

    def _blink(self, now: float) -> float:
        if now >= self._blinks_at + BLINK:
            double = self._random.random() < DOUBLED
            self._blinks_at = now + (AGAIN if double else self._random.uniform(SHORTEST, LONGEST))
        place = now - self._blinks_at
        if place <= 0.0:
            return 0.0
        return _hump(place / CLOSING / 2 if place < CLOSING else 0.5 + (place - CLOSING) / (BLINK - CLOSING) / 2)

    def _gaze(self, now: float, passed: float) -> Angles:
        """The direction of the eyes: they wander when idle, look up and aside when thinking, and else at the user."""
        if self.state != self._gazed_in or (self.state == "idle" and now >= self._moves_at):
            self._gazed_in, self._goal = self.state, self._target()
            self._moves_at = now + self._random.uniform(*FIXATION)
        self._eyes = _towards(self._goal, self._eyes, SACCADE * passed)
        return self._eyes

    def _target(self) -> Angles:
        if self.state == "thinking":
            return self._random.choice((-1, 1)) * ASIDE[0], ASIDE[1]
        if self.state == "idle" and self._random.random() >= AT_USER:
            return self._random.uniform(-WANDER[0], WANDER[0]), self._random.uniform(-WANDER[1], WANDER[1])
        return 0.0, 0.0

    def _move(self, gesture: str, since: float, passed: float) -> Angles:
        """The angles of the head, which nods and shakes."""
        swing = sin(2 * pi * SWINGS * since / MOVEMENT) * _hump(since / MOVEMENT)
        right, up = MOVES.get(gesture, (0.0, 0.0))
        self._head = _towards((right * swing, up * swing), self._head, TURN * passed)
        return self._head

    def _gesture(self, position: float | None) -> tuple[str, float]:
        """The gesture that began last, and how many seconds ago; an empty name where none did."""
        if position is None:
            return "", 0.0
        begun = bisect_right(self._answer.gestures, position, key=lambda gesture: gesture.start)
        if not begun:
            return "", 0.0
        gesture = self._answer.gestures[begun - 1]
        return gesture.name, position - gesture.start


def _presence(look: Expression, position: float) -> float:
    """The weight of an expression over time: it rises, stays and falls within its duration."""
    rises, falls = (min(part, look.duration / 2) for part in (RISES, FALLS))
    since, left = position - look.start, look.start + look.duration - position
    if since <= 0.0 or left <= 0.0:
        return 0.0
    return _rise(since / rises) * _rise(left / falls)


def _towards(goal: Angles, angles: Angles, most: float) -> Angles:
    """The angles after a move towards their goal by `most` degrees at most."""
    right, up = goal[0] - angles[0], goal[1] - angles[1]
    part = min(1.0, most / max(hypot(right, up), 1e-9))
    return angles[0] + part * right, angles[1] + part * up


def _rise(place: float) -> float:
    """Rises from 0 at 0 to 1 at 1, level at both ends: half a period of a cosine."""
    return (1 - cos(pi * min(place, 1.0))) / 2


def _hump(place: float) -> float:
    """Rises from 0 at 0 to 1 at 1/2, and falls to 0 at 1."""
    return (1 - cos(2 * pi * min(place, 1.0))) / 2
