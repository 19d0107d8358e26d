"""Makes mouth shapes from sound alone, for voices that tell no phonemes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.face import VISEMES, Viseme
from models.lipsync.features import HOP, LOUD, Frames, features, levels, spectrum
from models.protocols import MouthShaper, Voiced

FITTED = Path(__file__).with_name("sound.json")
"""The file from benchmarks/fit_sound.py: the timbre of all speakers, and a row of numbers and a bias for each shape."""

SHORTEST = 4
"""Frames that a mouth shape lasts at least: 40 ms."""
CHANGE = 2.0
"""What a change of shape costs, as a logarithm of probability, so that doubt does not make a mouth flutter."""
SILENT = np.log(1e-6)
"""-60 dB of full scale. A piece without louder sound is silence."""
QUIET = np.log(10**-2.5)
"""-25 dB of the voice's own level. Softer sound is no speech, and little of a room's sound. See `PAUSE`."""
PAUSE = 15
"""Frames that such quiet lasts at least in a pause. A shorter quiet may be closed lips, or the closure of a t."""

OPENNESS = {
    "sil": 0.0,
    "PP": 1.0,
    "FF": 0.9,
    "TH": 0.7,
    "DD": 0.5,
    "kk": 0.5,
    "CH": 0.8,
    "SS": 0.6,
    "nn": 0.5,
    "RR": 0.6,
}
"""How far the mouth goes for a consonant, at any loudness."""
SOFT = 0.35
"""The share of its opening that a vowel keeps in a very soft voice."""
LOUDNESS_EXPONENT = 0.3
"""The exponent that turns power into heard loudness (Stevens, "The Measurement of Loudness", 1955)."""


class Sound(MouthShaper):
    """Finds mouth shapes in the spectrum, by a linear classifier on frames of 10 ms and the likeliest sequence of
    shapes that each last 40 ms at least.

    It knows only the piece that it is given, and takes the level and timbre of that for the speaker's."""

    def load(self) -> None:
        _classifier()

    def shape(self, voiced: Voiced) -> Sequence[Viseme]:
        """Mouth shapes from the first sample to the last."""
        length = voiced.samples.size / voiced.sample_rate
        if not length:
            return []
        bands = spectrum(voiced.samples, voiced.sample_rate)
        level = levels(bands)[:, 0]
        own = float(np.percentile(level, LOUD))
        if own < SILENT:
            return [Viseme("sil", 0.0, length, 0.0)]
        scores = likelihoods(bands)
        scores[_pauses(level - own), 1:] = -np.inf
        starts = [0, *(np.flatnonzero(np.diff(path := likeliest(scores))) + 1), path.size]
        loudness = np.minimum(np.exp((level - own) * LOUDNESS_EXPONENT), 1.0)
        return [
            _viseme(VISEMES[path[start]], start, min(stop * HOP, length), float(loudness[start:stop].mean()))
            for start, stop in pairwise(int(edge) for edge in starts)
        ]


def _viseme(name: str, frame: int, end: float, loudness: float) -> Viseme:
    weight = OPENNESS.get(name, SOFT + (1 - SOFT) * loudness)
    return Viseme(name, frame * HOP, end - frame * HOP, round(weight, 3))


def likelihoods(bands: Frames) -> Frames:
    """The logarithm of how likely each frame of a spectrum shows each of `VISEMES`; shape (frames, 15)."""
    usual, rows, bias = _classifier()
    scores = features(bands, usual) @ rows.T + bias
    scores -= scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))


def likeliest(scores: Frames) -> NDArray[np.int64]:
    """The best sequence of shapes of `SHORTEST` frames or more, where each change costs `CHANGE`; shape (frames,).

    It is Viterbi's algorithm over segments. A piece that is shorter than `SHORTEST` has one shape."""
    frames, shapes = scores.shape
    sums = np.concatenate([np.zeros((1, shapes)), np.cumsum(np.maximum(scores, -1e6), axis=0)])
    first = min(SHORTEST, frames)
    best = np.full((frames + 1, shapes), -np.inf)
    before = np.zeros((frames + 1, shapes), np.int64)  # where the segment that ends here began
    best[first] = sums[first]
    for frame in range(first + 1, frames + 1):
        best[frame] = best[frame - 1] + sums[frame] - sums[frame - 1]
        before[frame] = before[frame - 1]
        if frame >= 2 * SHORTEST:
            begin = frame - SHORTEST
            fresh = best[begin].max() - CHANGE + sums[frame] - sums[begin]
            better = fresh > best[frame]
            best[frame, better], before[frame, better] = fresh[better], begin
    path = np.zeros(frames, np.int64)
    end = frames
    while end:
        shape = int(best[end].argmax())
        begin = int(before[end, shape])
        path[begin:end] = shape
        end = begin
    return path


def _pauses(level: Frames) -> NDArray[np.bool_]:
    """Which frames lie in a pause. `level` is relative to the voice's own level, shape (frames,)."""
    quiet = np.zeros(level.size, bool)
    for begin, end in _runs(level < QUIET):
        quiet[begin:end] = end - begin >= PAUSE
    return quiet


def _runs(marks: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Where each run of true begins and ends."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]])))
    for begin, end in edges.reshape(-1, 2):
        yield int(begin), int(end)


@cache
def _classifier() -> tuple[Frames, Frames, Frames]:
    """The usual timbre, shape (BANDS,); the rows, shape (15, features); the bias, shape (15,)."""
    fitted = json.loads(FITTED.read_text(encoding="utf-8"))
    return np.array(fitted["timbre"]), np.array([fitted["rows"][name] for name in VISEMES]), np.array(fitted["bias"])
