"""A classifier of sentences: softmax regression over what a sentence means and over its words.

The meaning is an embedding, and the words are stems and pairs of them, weighed by how rare they are. Each alone is
right less often: the embedding misses single words that decide, and the words miss what they mean.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.embedding import Vectors
from models.space import Space
from models.store.files import whole
from models.store.store import default_root

log = logging.getLogger(__name__)

FEWEST = 2
"""Sentences that must have a word or a pair of words before it counts."""
SCALE = 6.0
"""The length of each of the two halves of the features."""
PULL = 1e-3
"""The pull of the weights to zero."""
SHARPNESS = 1.6
"""The factor that makes probabilities of scores, which the pull keeps too small; fitted on labelled phrasings."""
STEPS, FURTHER_STEPS = 300, 60
"""Steps of training from nothing, and from the weights of fewer labels."""
RATE, FIRST, SECOND = 0.05, 0.9, 0.99
"""The step size and the decay rates of Adam (Kingma and Ba, 2015)."""
VERSION = 1
"""Counts the changes of this module that make older trained weights useless."""

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sentences:
    """Labelled sentences: their embeddings, and their words without endings."""

    vectors: Vectors
    """Shape (n, d)."""
    stems: Sequence[Sequence[str]]
    labels: Sequence[str]


class Head:
    """Tells which label a sentence has."""

    def __init__(self, examples: Sentences, earlier: Head | None = None) -> None:
        """Learn from labelled examples. `earlier` is what was learnt from some of them, from which it goes on."""
        self.labels = tuple(dict.fromkeys(examples.labels))
        self._space = Space(examples.vectors, examples.labels)
        counts = Counter(part for stems in examples.stems for part in set(_parts(stems)))
        kept = sorted(part for part, count in counts.items() if count >= FEWEST)
        self._column = {part: at for at, part in enumerate(kept)}
        total = len(examples.labels)
        self._rarity = np.array([np.log(total / counts[part]) + 0.5 for part in kept], np.float32)
        features = self._features(examples.vectors, examples.stems)
        self._weights = _trained(features, [self.labels.index(label) for label in examples.labels], self, earlier)

    def probabilities(self, vectors: Vectors, stems: Sequence[Sequence[str]]) -> Matrix:
        """How likely each sentence has each of `labels`, shape (sentences, labels)."""
        return _softmax(SHARPNESS * (self._features(vectors, stems) @ self._weights))

    def _features(self, vectors: Vectors, stems: Sequence[Sequence[str]]) -> Matrix:
        """Shape (sentences, features); the last feature is 1."""
        words = np.zeros((len(stems), len(self._column)), np.float32)
        for row, said in enumerate(stems):
            at = [self._column[part] for part in set(_parts(said)) if part in self._column]
            words[row, at] = self._rarity[at]
        words /= np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1e-6)
        return np.concatenate(
            [SCALE * self._space.project(vectors), SCALE * words, np.ones((len(stems), 1))], 1
        ).astype(np.float32)

    def start(self, features: int, earlier: Head | None) -> Matrix:
        """The weights from which training starts, shape (features, labels): those of `earlier` where it has them."""
        weights = np.zeros((features, len(self.labels)), np.float32)
        if earlier:
            dense = features - 1 - len(self._column)
            mine = [*range(dense), *(dense + at for part, at in self._column.items() if part in earlier._column), -1]
            theirs = [
                *range(dense), *(dense + earlier._column[part] for part in self._column if part in earlier._column), -1
            ]  # fmt: skip
            for at, label in enumerate(self.labels):
                if label in earlier.labels:
                    weights[mine, at] = earlier._weights[theirs, earlier.labels.index(label)]
        return weights


def _parts(stems: Sequence[str]) -> list[str]:
    """Single words, pairs of words, and the first word once more, because a wish is often known by its beginning."""
    pairs = [f"{one} {two}" for one, two in pairwise(stems)]
    return [*stems, *pairs, *(f"^{word}" for word in stems[:1])]


def _trained(features: Matrix, labels: Sequence[int], head: Head, earlier: Head | None) -> Matrix:
    """The weights, shape (features, labels), read from the disk if they were trained before."""
    key = hashlib.sha256(f"{VERSION} {STEPS} {earlier is None} {head.labels}".encode())
    for part in (features, np.array(labels)):
        key.update(np.ascontiguousarray(part).tobytes())
    file = default_root() / "trained-intents" / f"{key.hexdigest()[:32]}.npy"
    try:
        kept: Matrix = np.load(file)
        if kept.shape == (features.shape[1], len(head.labels)):
            return kept
    except (OSError, ValueError, EOFError) as error:
        log.debug("%s cannot be read, so the intents are trained again: %s", file, error)
    weights = _train(features, labels, head.start(features.shape[1], earlier), FURTHER_STEPS if earlier else STEPS)
    try:
        with whole(file) as target:
            np.save(target, weights)
    except OSError as error:
        log.info("%s cannot be written, so the intents are trained again next time: %s", file, error)
    return weights


def _train(features: Matrix, labels: Sequence[int], weights: Matrix, steps: int) -> Matrix:
    """Minimise the cross-entropy by Adam. Labels with many examples count for the square root of their number."""
    wanted = np.eye(weights.shape[1], dtype=np.float32)[labels]  # (n, labels)
    shares = (1 / np.sqrt(np.maximum(wanted.sum(axis=0), 1)))[labels][:, None].astype(np.float32)  # (n, 1)
    shares /= shares.sum()
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        gradient = features.T @ ((_softmax(features @ weights) - wanted) * shares) + PULL * weights
        mean = FIRST * mean + (1 - FIRST) * gradient
        square = SECOND * square + (1 - SECOND) * gradient**2
        weights = weights - RATE * (mean / (1 - FIRST**step)) / (np.sqrt(square / (1 - SECOND**step)) + 1e-8)
    return weights.astype(np.float32)


def _softmax(scores: Matrix) -> Matrix:
    likely: Matrix = np.exp(scores - scores.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    return likely
