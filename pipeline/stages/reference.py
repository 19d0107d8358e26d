"""What the user means by "this": what the user points at while saying it, or looks at, or the only thing near."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

from models.language.finding import language_of
from models.language.language import Language
from models.protocols import SlotValue
from pipeline.packets import Gaze, Intent, Pointing, Scene, Thing, Transcript

LINGER = 3.0
"""Seconds between a word and what was shown before or after it, at most: hands are quicker or slower than words."""
NEAR = 2.0
"""Metres from the user's origin within which the only thing is meant without being shown."""


class Surroundings:
    """What one turn knows of the things around the user."""

    def __init__(self) -> None:
        self._scene: tuple[Thing, ...] = ()
        self._pointings: list[Pointing] = []
        self._gazes: list[Gaze] = []

    def notice(self, sense: Scene | Gaze | Pointing) -> None:
        """Note a change around the user. Changes are noted in the order of time."""
        match sense:
            case Scene():
                self._scene = sense.things
            case Gaze():
                self._gazes.append(sense)
            case Pointing():
                self._pointings.append(sense)

    @property
    def things(self) -> tuple[Thing, ...]:
        """The things that the user pointed at, the latest first, and then the things of the scene; some may be there
        twice."""
        pointed = [Thing(each.target, each.position) for each in reversed(self._pointings) if each.target]
        return (*pointed, *self._scene)

    def resolve(self, intent: Intent, said: Transcript) -> Intent:
        """Return the intent with names instead of words such as "this". A word stays where its meaning cannot be
        told."""
        language = language_of(said.text, said.language)
        meant = {slot: self._meant(value, said, language) for slot, value in intent.slots.items()}
        return intent if meant == intent.slots else replace(intent, slots=meant)

    def _meant(self, value: SlotValue, said: Transcript, language: Language) -> SlotValue:
        if not isinstance(value, str) or value not in language.referring:
            return value
        moment = _moment(value, said)
        found = _shown(self._pointings, moment)
        if not found and value not in language.pronouns:  # "it" means what was spoken of rather than what is looked at
            found = _shown(self._gazes, moment)
        if not found and value in language.demonstratives:
            found = self._lone()
        return found or value

    def _lone(self) -> str:
        """Return the only thing near, or an empty text. A thing without a position counts as near."""
        near = [each.name for each in self._scene if each.position is None or math.hypot(*each.position) <= NEAR]
        return near[0] if len(near) == 1 else ""


def _moment(word: str, said: Transcript) -> float:
    """Return about when a word was said, as if all letters took equally long; session time in seconds."""
    text = said.text.casefold()
    found = re.search(rf"(?<![a-z]){word}(?![a-z])", text)  # Chinese words have no spaces around them
    share = found.end() / len(text) if found else 1.0
    return said.start + share * (said.end - said.start)


def _shown(shown: Sequence[Gaze | Pointing], moment: float) -> str:
    """Return what was pointed or looked at, nearest in time to a moment; empty where that is more than `LINGER` seconds
    away."""
    ends = [later.start for later in shown[1:]] + [math.inf]
    gaps = [
        (max(each.start - moment, moment - end, 0.0), each.target)
        for each, end in zip(shown, ends, strict=False)
        if each.target
    ]
    gap, target = min(reversed(gaps), key=itemgetter(0), default=(math.inf, ""))  # the later of equal ones
    return target if gap <= LINGER else ""
