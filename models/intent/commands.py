"""Makes commands of an utterance: which acts its parts are, and what each part asks for.

A classifier names the skill that words ask for. Everything else is decided here: what must never fail, such as a yes, a
no or an undo; answers to a question and corrections (`models.intent.answers`); several wishes in a sentence
(`models.intent.wishes`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from models.context import Context
from models.intent.answers import Answers
from models.intent.heard import sentences
from models.intent.skillset import Skillset
from models.intent.wishes import Wishes
from models.protocols import UNKNOWN, WITHHELD, Intent

MOST_SENTENCES = 8
"""Sentences of an utterance that are read. Somebody who says more tells a story."""
CERTAIN = 0.9
"""The confidence that a wish without telling slots needs before words that take something back."""
STATED = ("negated", "reported", "stray")
"""Moods of words that ask for nothing; beside a wish they are left out."""


class Commands:
    """Makes commands of utterances in one language."""

    def __init__(self, skillset: Skillset) -> None:
        self._skillset, self._wishes = skillset, Wishes(skillset)

    def read(self, text: str, context: Context) -> tuple[Intent, ...]:
        """The commands of an utterance, at least one."""
        language = self._skillset.language
        heard = language.repaired(language.corrected(text))
        given: list[Intent] = []
        answers = Answers(self._skillset, self._wishes, context.dialogue.question, context.dialogue.latest)
        for sentence in sentences(heard, language)[:MOST_SENTENCES]:
            for intent in answers.read(sentence):
                given.append(intent)
                answers = answers.after(intent)
        if len(given) > 1 and all(intent.act == "do" and intent.name == UNKNOWN for intent in given):
            given = [self._skillset.ask(heard)]  # a recogniser may have put stops within a sentence
        counting = tuple(self._counting(given)) or (Intent(UNKNOWN),)
        if len(counting) == 1 and counting[0].words.strip() == text.strip():
            return (replace(counting[0], words=""),)
        return counting

    def _counting(self, given: Sequence[Intent]) -> Iterator[Intent]:
        """Give the commands that count in the end: without statements beside wishes, without orders that are completed
        or corrected at once."""
        acts = [at for at, intent in enumerate(given) if intent.act in ("undo", "cancel")]
        counting = [
            intent
            for at, intent in enumerate(given)
            if not self._states(intent) and not (acts and at < acts[0] and self._is_doubtful(intent))
        ] or list(given)
        shown = ""
        kept: list[Intent] = []
        for intent in given:
            if intent not in counting:
                shown = intent.words
                continue
            if kept and intent.act == "amend" and kept[-1].act == "do" and kept[-1].name == intent.name:
                kept[-1] = replace(kept[-1], slots={**kept[-1].slots, **intent.slots})
                continue
            if kept and kept[-1].act == "do" and intent.name == kept[-1].name and not self._complete(kept[-1]):
                kept.pop()
            kept.append(self._skillset.referring_to(shown, intent) if shown else intent)
            shown = ""
        yield from kept

    def _states(self, intent: Intent) -> bool:
        if intent.act != "do":
            return False
        if intent.name == UNKNOWN:
            return intent.slots.get(WITHHELD, "") != "" or self._skillset.mood(intent.words).value != "order"
        stated = self._skillset.mood(intent.words).value in STATED
        return stated and not (intent.slots and self._skillset.takes(intent))

    def _complete(self, intent: Intent) -> bool:
        return self._skillset.complete(intent)

    def _is_doubtful(self, intent: Intent) -> bool:
        vague = all(self._skillset.is_vague(value) for value in intent.slots.values())
        return intent.act == "do" and vague and intent.confidence < CERTAIN
