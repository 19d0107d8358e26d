"""The weights of the mouth shapes at any moment, sampled from a timeline of visemes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from math import cos, pi, sin
from operator import attrgetter

from models.face import VISEMES, Viseme

REACH = 0.06
"""Seconds before and after its own time in which a shape is seen; half of the 120 ms that a viseme takes to rise or to
decay (Edwards et al. 2016, "JALI")."""
CONTACT = 0.05
"""Seconds in which lips meet and part; our own judgement: three frames of a display with 60 a second."""
MEETING = ("FF", "PP")
"""Shapes that are held in full from beginning to end, whatever lies around them, the strongest last: lips that do not
meet look wrong at once (JALI's "hard constraints": bilabials close, labiodentals touch)."""
RELEASE = 0.12
"""Seconds in which a mouth that was interrupted comes to rest."""


class Mouth:
    """Weights of the 15 visemes over time.

    Shapes blend as in Cohen and Massaro ("Modeling Coarticulation in Synthetic Visual Speech", 1993): each is felt
    before and after its own time, and what is seen is the average by dominance. Dominance here is a Hann window, so
    nothing is felt beyond `REACH`: neighbours cross over around their boundary, and short shapes do not reach their
    full weight. Only `MEETING` shapes always reach it.

    `visemes` are in order of time and do not overlap; more may be appended while the mouth is sampled. Before, between
    and after them the mouth is at rest."""

    def __init__(self, visemes: Sequence[Viseme]) -> None:
        self._visemes = visemes

    def at(self, seconds: float) -> dict[str, float]:
        """The weight of each of `VISEMES`, 0 to 1, at a moment of the visemes' own time; their sum is at most 1.

        The weight of ``sil`` is how far the mouth is at rest. In 1/60 s a weight changes by less than 0.28, or 0.78
        where lips meet or part."""
        weights = dict.fromkeys(VISEMES, 0.0)
        weights["sil"] = 1.0
        meeting = dict.fromkeys(MEETING, (0.0, 0.0))
        for shape in self._around(seconds):
            if shape.viseme == "sil":
                continue
            before, after = shape.start - seconds, shape.start + shape.duration - seconds
            share = _passed(after) - _passed(before)
            weights[shape.viseme] += share * shape.weight
            weights["sil"] -= share
            if shape.viseme in MEETING:
                held = _fade(max(before, -after, 0.0) / CONTACT)
                meeting[shape.viseme] = max(meeting[shape.viseme], (held, shape.weight))
        for name, (held, weight) in meeting.items():
            if held:
                weights = {other: (1 - held) * value for other, value in weights.items()}
                weights[name] += held * weight
        return {name: min(max(weight, 0.0), 1.0) for name, weight in weights.items()}  # mends rounding errors

    def _around(self, seconds: float) -> Iterator[Viseme]:
        """The shapes that are felt at `seconds`."""
        by_start = attrgetter("start")
        first = max(bisect_right(self._visemes, seconds - REACH, key=by_start) - 1, 0)
        for place in range(first, bisect_left(self._visemes, seconds + REACH, key=by_start)):
            yield self._visemes[place]


def coming_to_rest(weights: Mapping[str, float], seconds: float) -> dict[str, float]:
    """The weights of a mouth, `seconds` after it was interrupted with `weights`."""
    left = _fade(seconds / RELEASE)
    rest = {name: left * weight for name, weight in weights.items()}
    rest["sil"] += 1 - left
    return rest


def _passed(seconds: float) -> float:
    """The part of a Hann window of `REACH` to either side that lies before `seconds`: its integral."""
    place = min(max(seconds / REACH, -1.0), 1.0)
    return (1 + place + sin(pi * place) / pi) / 2


def _fade(place: float) -> float:
    """Falls from 1 at 0 to 0 at 1, level at both ends: half a period of a cosine."""
    return (1 + cos(pi * min(max(place, 0.0), 1.0))) / 2
