"""Cuts a sentence into its wishes: "buy a kite and two maps, then tell me the time" holds three."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from models.intent.skillset import Skillset
from models.language.mood import Mood
from models.protocols import UNKNOWN, WITHHELD, Intent, SlotValue

LIKELY = 0.5
"""The confidence that each part of a sentence needs to be a wish of its own."""
CERTAIN = 0.9
"""Likewise after a mere comma, and after words that may be part of a text."""
MOST = 8
"""Wishes of a sentence, and things that one of them is for, that are read."""
LEAST = 2
"""Words of a wish before another one: of "go and buy a map" the first is none."""


class Wishes:
    """Finds the wishes of a sentence, whatever was said before."""

    def __init__(self, skillset: Skillset) -> None:
        self._skillset, self._language = skillset, skillset.language

    def read(self, text: str, most: int = MOST) -> list[Intent]:
        """The wishes of a sentence, at least one and no more than `most`; those that the words forbid are
        ``unknown``."""
        whole = self._skillset.ask(text)
        for joint in islice(self._language.acts.joints.finditer(text.lower()), most - 1):
            first, rest = text[: joint.start()].strip(" ,;"), text[joint.end() :].strip(" ,;")
            if not self._may_part(text, joint, first, rest):
                continue
            if others := self._more(first, rest, whole):
                return others
            if self._begins(rest) and (parts := self._both(first, rest, joint.group(), most - 1)):
                return parts
        return self._each(text, whole) or self._twice(whole)

    def _may_part(self, text: str, joint: re.Match[str], first: str, rest: str) -> bool:
        """Whether a joint may part two wishes: not within an amount, and not after a lone word."""
        words = self._language.split_words(text)
        amounts = [*self._language.find_durations(words), *self._language.find_numbers(words)]
        within = any(words[each.first].start < joint.start() < words[each.end - 1].start for each in amounts)
        return not within and bool(rest) and len(self._language.split_words(first)) >= LEAST

    def _begins(self, text: str) -> bool:
        """Whether words begin as a wish of their own does, be it met or not."""
        rest = text.strip()
        return (
            self._skillset.opens(rest)
            or self._language.talk.requests.match(rest) is not None
            or self._language.acts.undo.match(self._language.plain(rest)) is not None
            or self._skillset.mood(rest) is Mood.NEGATED
        )

    # --- one wish for several things ---------------------------------------------------------------------------------

    def _more(self, first: str, rest: str, whole: Intent) -> list[Intent]:
        """The wishes of "buy a kite and two maps"; none where the rest is no mere list of values, or where the skill
        takes all of them at once."""
        reader = self._skillset.readers.get(whole.name)
        if reader is None or self._skillset.text_of(whole, required=True):
            return []
        parts = [first, *self._listed(rest)]
        given = [reader.read(first), *(self._value(whole, part) for part in parts[1:])]
        if not all(given[1:]) or self._at_once(whole, given):
            return []
        return [
            replace(whole, slots=slots, words=part)
            for slots, part in zip(given, parts, strict=True)
            if slots or not self._skillset.slots(whole.name) or part == first
        ]

    def _each(self, text: str, whole: Intent) -> list[Intent]:
        """The wishes of "what do a kite and a book cost"; none where no list of things stands in the words."""
        reader = self._skillset.readers.get(whole.name)
        found = reader.listed(text) if reader else []
        return [replace(whole, slots={**whole.slots, **slots}) for slots in found]

    def _value(self, whole: Intent, part: str) -> dict[str, SlotValue]:
        if self._skillset.opens(part):
            return {}
        more = self._skillset.values(whole.name, part)
        own = whole.confidence > CERTAIN
        return more or (self._skillset.mere_values(whole.name, part, own=True) if own else {})

    def _listed(self, text: str) -> list[str]:
        """The parts of a list, without a last courtesy."""
        parts, start = list[str](), 0
        for joint in islice(self._language.acts.joints.finditer(text.lower()), MOST):
            parts.append(text[start : joint.start()].strip(" ,;"))
            start = joint.end()
        said = {word.text for word in self._language.split_words(text[start:])}
        polite = said <= self._language.fillers | self._language.around
        return [part for part in [*parts, "" if polite and parts else text[start:].strip(" ,;")] if part]

    def _at_once(self, whole: Intent, given: Sequence[dict[str, SlotValue]]) -> bool:
        """Whether one call of the skill takes the values of all parts, as a comparison does."""
        values = [value for slots in given for value in slots.values()]
        return len(set(values)) > 1 and all(value in whole.slots.values() for value in values)

    def _twice(self, whole: Intent) -> list[Intent]:
        """The wish, or two of them where it is for both things that were named."""
        both = self._language.acts.both.search(self._language.plain(whole.words))
        name = next((slot.name for slot in self._skillset.slots(whole.name) if slot.required and slot.choices), "")
        if not both or not name or whole.slots.get(name) in self._skillset.choices(whole.name, name):
            return [whole]
        return [replace(whole, slots={**whole.slots, name: said}) for said in self._language.one_by_one]

    # --- several wishes ----------------------------------------------------------------------------------------------

    def _both(self, first: str, rest: str, joint: str, most: int) -> list[Intent]:
        """A first wish and those that follow; none where the words are one wish."""
        left, earlier = self._wish(first), list[Intent]()
        if left.name in self._skillset.readers:  # "buy a book and two hats, and tell me the time"
            *earlier, left = self.read(first, most)
        text = self._skillset.text_of(left)
        spoken = any(map(str.isalpha, joint))
        if text and self._language.acts.chained.search(self._language.plain(text)):
            return []
        least = CERTAIN if text or not spoken else LIKELY
        if left.name == UNKNOWN and not left.slots and not self._asks_for_a_deed(first):
            return []
        others = self.read(rest, most)
        if len(others) == 1:
            others = [self._wish(rest)]
        return [*earlier, left, *others] if all(self._stands(each, least) for each in others) else []

    def _wish(self, text: str) -> Intent:
        """What words ask for by themselves; ``unknown``, with the reason, where they forbid it."""
        if self._skillset.mood(text) is Mood.NEGATED:
            return Intent(UNKNOWN, {WITHHELD: Mood.NEGATED.value}, 1.0, words=text)
        return self._skillset.ask(text)

    def _stands(self, intent: Intent, least: float) -> bool:
        if intent.name == UNKNOWN:
            return bool(intent.slots) or self._asks_for_a_deed(intent.words)
        return intent.confidence >= least

    def _asks_for_a_deed(self, text: str) -> bool:
        return self._language.talk.requests.match(text) is not None
