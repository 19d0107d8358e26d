"""Whether the user ordered what a skill does: a deed is not done on words that forbid, report or ask about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from models.language.finding import language_of
from models.language.mood import Mood, Told
from models.protocols import UNKNOWN, WITHHELD, Intent, SkillCard

MEMORY: Final = "remember"
"""The skill that takes what the user wants to be remembered, in its first slot."""


class Guard:
    """Checks intents against the mood of the words that they were read from.

    A skill answers to orders, and to the moods in which one of its own examples is written: a skill that walks the user
    somewhere has ``where is the {place}`` among its examples, so that such a question is as good as an order to it."""

    def __init__(self, cards: Iterable[SkillCard]) -> None:
        self._cards: Mapping[str, SkillCard] = {card.name: card for card in cards}
        self._moods = {card.name: _moods(card) for card in self._cards.values() if card.needs_order}

    def concerns(self, intent: Intent) -> bool:
        """Whether the skill does something that the user must have ordered."""
        return intent.name in self._moods

    def check(self, intent: Intent, told: Told) -> Intent:
        """Return the intent that `told` allows: the same one, one to remember the words, or ``UNKNOWN`` with the
        reason."""
        if not self.concerns(intent):
            return intent
        if told.mood is Mood.BROKEN_OFF:  # without its slots the skill asks for what is missing
            return replace(intent, slots={}) if self._needs_slots(intent.name) else _withheld(intent, told.mood)
        if told.mood is Mood.REMEMBER or (told.mood is Mood.REMIND and told.mood not in self._moods[intent.name]):
            return self._remember(intent, told)
        return intent if told.mood in self._moods[intent.name] else _withheld(intent, told.mood)

    def _needs_slots(self, name: str) -> bool:
        return any(slot.required for slot in self._cards[name].slots)

    def _remember(self, intent: Intent, told: Told) -> Intent:
        card = self._cards.get(MEMORY)
        if card is None or not card.slots:
            return _withheld(intent, told.mood)
        fact = {card.slots[0].name: told.part} if told.part else {}
        slots = fact or (intent.slots if intent.name == MEMORY else {})
        return Intent(MEMORY, slots, intent.confidence)


def _moods(card: SkillCard) -> frozenset[Mood]:
    """Return the moods in which a skill is asked for."""
    told = {language_of(example, "en").mood(example).mood for example in card.examples}
    return frozenset(told - {Mood.STRAY, Mood.BROKEN_OFF} | {Mood.ORDER})


def _withheld(intent: Intent, mood: Mood) -> Intent:
    return Intent(UNKNOWN, {WITHHELD: mood.value}, intent.confidence)
