"""Turns the durations that a Kokoro-like network predicts into phonemes in time.

Such a network takes one symbol of misaki's alphabet per input and predicts how many frames each one lasts. A mouth
needs three corrections to that. Stress marks and spaces have durations of their own. The pause after a clause is
counted as a part of the last consonant before it. All times are later than the sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.protocols import Phoneme, Samples

IPA = {
    "A": "eɪ", "I": "aɪ", "O": "oʊ", "Q": "əʊ", "W": "aʊ", "Y": "ɔɪ",
    "ᵊ": "ə", "ᵻ": "ɪ", "T": "ɾ", "ʤ": "dʒ", "ʧ": "tʃ", "ʣ": "dz", "ʦ": "ts", "ꭧ": "tʂ",
}  # fmt: skip
"""misaki's own letters in the International Phonetic Alphabet (misaki: EN_PHONES.md). All other letters are IPA."""

STRESS = "ˈˌ"
LENGTH = "ː"
PAUSES = frozenset(' ;:,.!?—…"()“”')

PAUSE = " "
"""The symbol of a pause that is heard."""

BLOCK = 0.0125
"""Seconds over which loudness is judged."""
SHORTEST_SOUND = 0.025
"""Seconds that a sound lasts at least: the unit in which the network counts."""
SHORTEST_PAUSE = 0.075
"""Seconds that a pause lasts at least. A shorter quiet is the closure of a stop such as p."""
LONGEST_HOLD = 0.075
"""Seconds that a sound may go on in silence, such as the closed lips at the end of "stop"."""
QUIET = 0.01
"""Sound is quiet below this share of the loudest sample: -40 dB."""


@dataclass(slots=True)
class _Sound:
    """One speech sound, or one pause, on the way to a `Phoneme`. Times are in seconds."""

    symbol: str
    start: float
    end: float


def align(symbols: Sequence[str], edges: Sequence[float], samples: Samples, sample_rate: int) -> tuple[Phoneme, ...]:
    """Phonemes without gaps from the first sample to the last. Between two words there is a pause, which may have no
    length.

    `symbols` are misaki's, with the padding at both ends as pauses. `edges` are the seconds at which each symbol begins
    and the last one ends, shape (len(symbols) + 1,), already moved to where they are heard. Some may lie outside
    `samples`."""
    length = samples.size / sample_rate
    # Sounds that begin before the first sample are not lost, but shortened: each keeps at least a frame.
    held = [min(max(edge, SHORTEST_SOUND * (i - 1), 0.0), length) for i, edge in enumerate(edges)]
    sounds = list(_sounds(symbols, held))
    _settle_pauses(sounds, list(_quiet(samples, sample_rate)), length)
    inner = range(1, len(sounds) - 1)
    return tuple(
        Phoneme(sound.symbol, sound.start, sound.end - sound.start)
        for i, sound in enumerate(sounds)
        if sound.end > sound.start or (sound.symbol == PAUSE and i in inner)
    )


def _sounds(symbols: Sequence[str], edges: Sequence[float]) -> Iterator[_Sound]:
    """Join stress marks with the next vowel, length marks with the previous one, and neighbouring pauses."""
    stress, start = "", 0.0
    last: _Sound | None = None
    for symbol, (begin, end) in zip(symbols, pairwise(edges), strict=True):
        if symbol in STRESS:
            stress, start = symbol, begin
            continue
        if last and (symbol == LENGTH or (symbol in PAUSES and last.symbol == PAUSE)):
            last.end = end
            last.symbol += symbol if symbol == LENGTH else ""
            continue
        if last:
            yield last
        if symbol in PAUSES:
            last = _Sound(PAUSE, begin, end)
        else:
            last = _Sound(stress + IPA.get(symbol, symbol), start if stress else begin, end)
        stress = ""
    if last:
        yield last


def _settle_pauses(sounds: Sequence[_Sound], quiet: Sequence[tuple[float, float]], length: float) -> None:
    """Make each pause as long as it is heard, and share out the time of pauses that are not heard."""
    for i, pause in enumerate(sounds):
        if pause.symbol != PAUSE:
            continue
        before = sounds[i - 1] if i else None
        behind = sounds[i + 1] if i + 1 < len(sounds) else None
        pause.start, pause.end = _heard(pause, before, behind, quiet, length)
        if before:
            before.end = pause.start
        if behind:
            behind.start = pause.end


def _heard(
    pause: _Sound,
    before: _Sound | None,
    behind: _Sound | None,
    quiet: Sequence[tuple[float, float]],
    length: float,
) -> tuple[float, float]:
    """Where a pause is heard. Where the sound goes on, the pause has no length and lies in the middle."""
    earliest = min(before.start + LONGEST_HOLD, before.end) if before else 0.0
    latest = pause.end if behind else length
    for begin, end in quiet:
        # A closure after the pause belongs to its stop, so the pause ends where the stop begins.
        start, stop = max(begin, earliest), min(end, latest)
        if stop - start >= SHORTEST_PAUSE or (stop > start and not (before and behind)):
            return start, stop
    if not before:
        return 0.0, 0.0
    if not behind:
        return length, length
    middle = (pause.start + pause.end) / 2
    return middle, middle


def _quiet(samples: Samples, sample_rate: int) -> Iterator[tuple[float, float]]:
    """Seconds at which each stretch of quiet begins and ends."""
    block = round(BLOCK * sample_rate)
    peaks: NDArray[np.float32] = np.abs(np.append(samples, np.zeros(-samples.size % block, np.float32)))
    peaks = peaks.reshape(-1, block).max(axis=1)
    still = np.concatenate([[False], peaks < QUIET * peaks.max(), [False]])
    for begin, end in np.flatnonzero(np.diff(still)).reshape(-1, 2):
        yield begin * block / sample_rate, min(end * block, samples.size) / sample_rate
