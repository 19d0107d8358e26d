"""Labelled examples in an embedding space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.embedding import Vector, Vectors

NEIGHBOURS = 3
"""The mean similarity of this many examples is a label's, because the nearest one alone may be near by chance."""
SHRINKAGE = 0.5
"""How far the spread within labels is taken for equal in all directions. 1 would leave the embedding as it is."""


class Space:
    """Labelled examples in an embedding space, stretched so that what varies within labels counts for less.

    This is the whitening of linear discriminant analysis. The covariance is shrunk towards a ball (Friedman, 1989),
    because there are fewer examples than dimensions."""

    def __init__(self, examples: Vectors, labels: Sequence[str]) -> None:
        """`examples` has shape (n, d). `labels` holds the label of each."""
        self._members = {label: np.flatnonzero(np.array(labels) == label) for label in dict.fromkeys(labels)}
        self._centre = examples.mean(axis=0)  # (d,)
        apart = np.concatenate([examples[at] - examples[at].mean(axis=0) for at in self._members.values()])  # (n, d)
        spread = apart.T @ apart / len(examples)  # (d, d)
        ball = np.trace(spread) / len(spread) * np.eye(len(spread))
        values, directions = np.linalg.eigh((1 - SHRINKAGE) * spread + SHRINKAGE * ball)
        self._stretch = (directions / np.sqrt(values)).astype(np.float32)  # (d, d)
        self._examples = self.project(examples)

    def similarities(self, vector: Vector) -> dict[str, float]:
        """The mean cosine of the nearest examples of each label."""
        cosines = self._examples @ self.project(vector[None])[0]  # (n,)
        return {label: float(np.sort(cosines[at])[-NEIGHBOURS:].mean()) for label, at in self._members.items()}

    def project(self, vectors: Vectors) -> Vectors:
        """The vectors in this space, each of length 1."""
        stretched: Vectors = (vectors - self._centre) @ self._stretch
        stretched /= np.maximum(np.linalg.norm(stretched, axis=1, keepdims=True), 1e-6)
        return stretched
