"""Measures how much of an example's wording an utterance has.

An embedding misses the request where a long free text outweighs it: ``write down that Tom owes me five coins``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set

import numpy as np

from models.language.language import Language

FEW = 0.5
"""A weight added to an example's own before its share is computed, so that an example of one common word proves
little."""


def stems(text: str, language: Language) -> frozenset[str]:
    """The words of `text` without endings and fillers."""
    words = language.split_words(text)
    return frozenset(language.stem(word.text) for word in words if word.text not in language.fillers)


def weigh(wordings: Sequence[Set[str]], language: Language) -> dict[str, float]:
    """How much each word says, 0 to 1 (inverse document frequency).

    A word says less, the more of `wordings` have it. Fillers say nothing."""
    counts = Counter(word for wording in wordings for word in wording)
    most = math.log(len(wordings) + 1)
    weights = {word: math.log((len(wordings) + 1) / count) / most for word, count in counts.items()}
    return weights | dict.fromkeys(language.fillers, 0.0)


class Wordings:
    """The words of labelled examples."""

    def __init__(self, examples: Mapping[str, Sequence[Set[str]]], language: Language) -> None:
        """`examples` holds for each label the words of each of its examples, as `stems` gives them."""
        labels = [label for label, wordings in examples.items() for _ in wordings]
        self._members = {label: np.flatnonzero(np.array(labels) == label) for label in examples}
        wordings = [wording for group in examples.values() for wording in group]
        self._language = language
        weights = weigh(wordings, language)
        self._column = {word: at for at, word in enumerate(weights)}
        self._weights = np.zeros((len(wordings), len(weights)))  # (examples, words): 0 for words it does not have
        for row, wording in enumerate(wordings):
            for word in wording:
                self._weights[row, self._column[word]] = weights[word]
        self._totals = self._weights.sum(axis=1) + FEW

    def shares(self, text: str) -> dict[str, float]:
        """The share, by weight, that `text` has of the wording of each label's most similar example: 0 to 1."""
        here = [self._column[word] for word in stems(text, self._language) if word in self._column]
        shares = self._weights[:, here].sum(axis=1) / self._totals
        return {label: float(shares[at].max(initial=0.0)) for label, at in self._members.items()}
