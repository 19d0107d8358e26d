"""Finds free text by aligning an utterance with the examples: the text stands where an example has its hole.

The alignment is by dynamic programming (Needleman and Wunsch, 1970). Words that both have add to the score, words that
only one has are a cost, and a hole takes the words that stand in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

SAME = 1.0
"""The gain for a word that both have, times its weight, and for a value in its hole."""
FILLED = 0.4
"""The gain for a hole that takes some words."""
EXTRA = -0.15
"""The cost of a word that only the utterance has."""
MISSING = -0.5
"""The cost of a word that only the example has, times its weight, and of a hole that stays empty."""

_MINUS = float("-inf")
_ROUNDING = 1e-9
"""Scores that differ by less are equal. Then the later words count, because speakers who correct themselves mean
them."""


@dataclass(frozen=True, slots=True)
class Hole:
    """The place of a slot's value in an example."""

    slot: str


@dataclass(frozen=True, slots=True)
class Value:
    """Words of an utterance that were read as the value of a slot."""

    slots: frozenset[str]


Part = str | Hole
"""One part of an example: a word or a hole."""
Piece = str | Value
"""One piece of an utterance: a word or a value that was read from it."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The alignment of an utterance with an example."""

    score: float
    shared: float
    """The share of the example's words that the utterance has, by weight: 0 to 1."""
    holes: dict[str, tuple[int, int]]
    """The first piece of each hole that took something, and the index after its last piece."""


def align(
    pieces: Sequence[Piece], example: Sequence[Part], open_slots: Set[str], weights: Mapping[str, float]
) -> Alignment:
    """The best alignment of `pieces` with `example`.

    A hole takes a value that was read for its slot, or any words if its slot is among `open_slots`. `weights` tells how
    much a word says, 0 to 1. A word that it does not hold has weight 1."""
    # best[j][i] is the score of example[:j] with pieces[:i]; came[j][i] tells how it was reached.
    size = len(pieces)
    extra = [EXTRA if isinstance(piece, Value) or weights.get(piece, 1.0) else 0.0 for piece in pieces]
    best = [[0.0] * (size + 1) for _ in range(len(example) + 1)]
    came = [[0] * (size + 1) for _ in range(len(example) + 1)]  # pieces taken by the last part; -1: one left over
    for i in range(size):
        best[0][i + 1], came[0][i + 1] = best[0][i] + extra[i], -1
    for j, part in enumerate(example, 1):
        # The word before a hole says where it begins, however common it is elsewhere.
        leads = j < len(example) and isinstance(example[j], Hole)
        weight = 1.0 if leads or isinstance(part, Hole) else weights.get(part, 1.0)
        opening, opened = _MINUS, 0  # the best place for an open hole to begin, among those before i
        for i in range(size + 1):
            score, step = best[j - 1][i] + MISSING * weight, 0
            if i:
                if best[j - 1][i - 1] > opening:
                    opening, opened = best[j - 1][i - 1], i - 1
                gain, taken = (best[j - 1][i - 1] + SAME * weight, 1) if _fits(part, pieces[i - 1]) else (_MINUS, 0)
                if isinstance(part, Hole) and part.slot in open_slots and opening + FILLED > gain:
                    gain, taken = opening + FILLED, i - opened
                if gain > score:
                    score, step = gain, taken
                if best[j][i - 1] + extra[i - 1] > score + _ROUNDING:
                    score, step = best[j][i - 1] + extra[i - 1], -1
            best[j][i], came[j][i] = score, step
    return _read(best[-1][size], came, example, weights)


def _fits(part: Part, piece: Piece) -> bool:
    """True where an example's part and an utterance's piece are the same word, or a hole and a value for it."""
    return isinstance(piece, Value) and part.slot in piece.slots if isinstance(part, Hole) else part == piece


def _read(
    score: float, came: Sequence[Sequence[int]], example: Sequence[Part], weights: Mapping[str, float]
) -> Alignment:
    """Read an alignment by walking back from its end."""
    j, i = len(example), len(came[0]) - 1
    holes: dict[str, tuple[int, int]] = {}
    shared = 0.0
    while j or i:
        taken = came[j][i]
        if taken < 0:
            i -= 1
            continue
        part = example[j - 1]
        if taken and isinstance(part, Hole):
            holes[part.slot] = (i - taken, i)
        elif taken and isinstance(part, str):
            shared += weights.get(part, 1.0)
        j, i = j - 1, i - taken
    total = sum(weights.get(part, 1.0) for part in example if isinstance(part, str))
    return Alignment(score, shared / total if total else 0.0, holes)
