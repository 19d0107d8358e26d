"""The words of a sentence without their endings, and how much each of them says."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence, Set

from models.language.language import Language


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
