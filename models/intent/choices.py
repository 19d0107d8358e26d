"""Finds names of a closed list in words that a speech recogniser may have misspelt."""

from __future__ import annotations

from collections.abc import Sequence

from models.language.language import Language
from models.language.words import Found, Word, overlap

SURE = 0.83
"""The similarity that makes a word a name wherever it stands. ``markit`` and ``market`` have 0.83."""
LIKELY = 0.75
"""The similarity that is enough where a name is expected. ``lantan`` and ``lantern`` have 0.77."""
SHORT = 4
"""A name of at most so many letters must be spelt right: ``that`` is nearer to ``hat`` than ``markit`` to
``market``."""


def find_choices(
    words: Sequence[Word], choices: Sequence[str], language: Language, least: float = SURE
) -> list[Found[str]]:
    """Every mention of one of `choices`, in order. Where mentions overlap, the surest counts, and then the longest.

    A name is also found in the plural, in pieces (``light house``), and misspelt with a similarity of `least` or
    more."""
    names = {choice: "".join(word.text for word in language.split_words(choice)) for choice in choices}
    longest = max((len(language.split_words(choice)) for choice in choices), default=0)
    reach = longest + 1  # a name may come in one piece more than it should have
    mentions = [
        Found(choice, first, end, score)
        for first in range(len(words))
        for end in range(first + 1, min(first + reach, len(words)) + 1)
        for choice, name in names.items()
        if (score := _likeness("".join(word.text for word in words[first:end]), name, language)) >= least
    ]
    kept: list[Found[str]] = []
    for mention in sorted(mentions, key=lambda found: (-found.score, found.first - found.end)):
        if not any(overlap(mention, other) for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda found: found.first)


def _likeness(heard: str, name: str, language: Language) -> float:
    """How alike `heard`, in the singular or the plural, is to `name`: 0 to 1."""
    from rapidfuzz.fuzz import ratio  # imported only once there is something to compare

    if heard[0] != name[0] or abs(len(heard) - len(name)) > 3:
        return 0.0
    forms = language.singulars(heard)
    return max(1.0 if form == name else ratio(form, name) / 100 if len(name) > SHORT else 0.0 for form in forms)
