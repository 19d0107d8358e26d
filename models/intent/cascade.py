"""Recognises intents by the nearest examples, and asks a language model for a second opinion where these leave
doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from models.context import DEFAULT, Context
from models.intent.llm import DEFAULT_MODEL, Llm
from models.intent.nearest import Learnt, Nearest
from models.protocols import UNKNOWN, Intent, IntentRecogniser, SkillCard

RIGHT_AGREED, RIGHT_DISAGREED = 0.7, 0.8
"""How often the skill was right where both agreed on it, and how often ``unknown`` was right where they disagreed. They
were measured on the doubtful ones of the labelled phrasings on which the nearest engine was fitted."""


class Cascade(IntentRecogniser):
    """Asks the language model only about utterances for which the nearest skill is neither sure nor hopeless.

    A doubtful skill acts if the language model names it too. Where the two disagree, neither is believed, because most
    of these phrasings ask for something that no skill does."""

    languages: ClassVar[frozenset[str]] = Nearest.languages & Llm.languages
    requires: ClassVar[tuple[str, ...]] = tuple(dict.fromkeys(Nearest.requires + Llm.requires))

    def __init__(
        self, *, model: str = DEFAULT_MODEL, hopeless: float = 0.1, sure: float = 0.6, threads: int = 1
    ) -> None:
        """`model` is as in `Llm`, `threads` as in `Nearest`. Below a confidence of `hopeless` an utterance is
        ``unknown``, and from `sure` on the nearest skill acts; neither asks the language model. Raises ValueError for
        bad values."""
        if not 0.0 <= hopeless <= sure <= 1.0:
            raise ValueError(
                f"hopeless, sure: expected confidences in this order from 0 to 1, but found {hopeless:g} and {sure:g}"
            )
        self.hopeless, self.sure = hopeless, sure
        self._nearest, self._llm = Nearest(threshold=sure, threads=threads), Llm(model=model)

    def weights(self) -> tuple[str, ...]:
        """The names of the embedding model and of the language model."""
        return (*self._nearest.weights(), *self._llm.weights())

    def load(self) -> None:
        """Open both models. Raises ModelError."""
        self._nearest.load()
        self._llm.load()

    def close(self) -> None:
        """Free both models."""
        self._nearest.close()
        self._llm.close()

    def learn(self, skills: Sequence[SkillCard]) -> None:
        """Teach the skills to both engines."""
        self._nearest.learn(skills)
        self._llm.learn(skills)

    def nearest(self, text: str, context: Context = DEFAULT) -> tuple[str, ...]:
        """The names of the skills by the nearest examples (see the protocol)."""
        return self._nearest.nearest(text, context)

    def meet(self, skills: Sequence[SkillCard]) -> None:
        """Learn the skills of a session's client, beside those of the graph."""
        self._nearest.meet(skills)

    def understand(self, text: str, context: Context = DEFAULT) -> tuple[Intent, ...]:
        """The commands by the nearest examples, or by both engines. Raises ModelError."""
        return self._nearest.commands(context.skills, self._classify).read(text, context)

    def _classify(self, text: str, lessons: Learnt) -> Intent:
        intent = self._nearest.classify(text, lessons)
        evidence = None if intent.confidence == 1.0 else self._nearest.evidence(text, lessons)
        if evidence is None or not self.hopeless <= evidence.confidence < self.sure:
            return intent
        second = self._llm.classify(text)
        if second.name == evidence.skill:
            return Intent(second.name, second.slots, RIGHT_AGREED)
        return Intent(UNKNOWN, {}, RIGHT_DISAGREED)
