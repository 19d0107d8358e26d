"""What the user means by "this": what they point at as they say it, or else look at, or the only thing near."""

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
"""Seconds between a word and what was shown before or behind it, at most: hands are quicker or slower than tongues."""
NEAR = 2.0
"""Metres from the user's origin within which the only thing there is meant without being shown."""


class Surroundings:
    """What one turn knows of what is around the user."""

    def __init__(self) -> None:
        self._scene: tuple[Thing, ...] = ()
        self._pointings: list[Pointing] = []
        self._gazes: list[Gaze] = []

    def notice(self, sense: Scene | Gaze | Pointing) -> None:
        """Something changed; to be told in the order of time."""
        match sense:
            case Scene():
                self._scene = sense.things
            case Gaze():
                self._gazes.append(sense)
            case Pointing():
                self._pointings.append(sense)

    @property
    def things(self) -> tuple[Thing, ...]:
        """What the user pointed at, the latest first, and what the scene holds; some may be there twice."""
        pointed = [Thing(each.target, each.position) for each in reversed(self._pointings) if each.target]
        return (*pointed, *self._scene)

    def resolve(self, intent: Intent, said: Transcript) -> Intent:
        """The intent with names in place of words such as "this"; a word stays where nobody can tell what it means."""
        language = language_of(said.text, said.language)
        meant = {slot: self._meant(value, said, language) for slot, value in intent.slots.items()}
        return intent if meant == intent.slots else replace(intent, slots=meant)

    def _meant(self, value: SlotValue, said: Transcript, language: Language) -> SlotValue:
        if not isinstance(value, str) or value not in language.referring:
            return value
        moment = _moment(value, said)
        found = _shown(self._pointings, moment)
        if not found and value not in language.pronouns:  # "it" is rather what was spoken of than what is looked at
            found = _shown(self._gazes, moment)
        if not found and value in language.demonstratives:
            found = self._lone()
        return found or value

    def _lone(self) -> str:
        """The only thing near, or nothing; a thing whose place nobody told counts as near."""
        near = [each.name for each in self._scene if each.position is None or math.hypot(*each.position) <= NEAR]
        return near[0] if len(near) == 1 else ""


def _moment(word: str, said: Transcript) -> float:
    """About when a word was said, as if all letters took equally long; session time, seconds."""
    text = said.text.casefold()
    found = re.search(rf"(?<![a-z]){word}(?![a-z])", text)  # Chinese words have no other bounds
    share = found.end() / len(text) if found else 1.0
    return said.start + share * (said.end - said.start)


def _shown(shown: Sequence[Gaze | Pointing], moment: float) -> str:
    """What was pointed or looked at, nearest in time to a moment; empty where that is more than `LINGER` off."""
    ends = [later.start for later in shown[1:]] + [math.inf]
    gaps = [
        (max(each.start - moment, moment - end, 0.0), each.target)
        for each, end in zip(shown, ends, strict=False)
        if each.target
    ]
    gap, target = min(reversed(gaps), key=itemgetter(0), default=(math.inf, ""))  # of equal ones the later
    return target if gap <= LINGER else ""
