"""Describes speech frame by frame: cepstra, with the speaker's level and timbre removed."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.protocols import Samples

Frames: TypeAlias = NDArray[np.float64]
"""Numbers for each frame, shape (frames, numbers)."""

HOP = 0.01
"""Seconds from frame to frame."""
WINDOW = 0.025
"""Seconds of sound that a frame sees, under a Hann window."""
LOWEST, HIGHEST = 80.0, 8000.0
"""Hz. Below lies hum, and above many recordings hold nothing."""
BANDS = 26
CEPSTRA = 13
NEIGHBOURS = (-6, -3, 0, 3, 6)
"""Frames that are judged together, relative to the middle one: a stop is known by the sound before and after it."""

LOUD = 90
"""The percentile of the frames' levels that counts as the speaker's own level."""
SPEECH = -7.0
"""The natural logarithm of a power 30 dB below the speaker's own level. Frames above it tell the speaker's timbre."""
DARKEST = 1e-8
"""A share of the power of the loudest band. Less power than that counts as none, in any recording."""
FLOOR = -12.0
"""The natural logarithm of a power, 52 dB down. Softer sound in a band is not told from silence."""
ACQUAINTANCE = 100
"""Frames of a speaker that weigh as much as the timbre of all speakers, because pieces of speech can be short."""


def spectrum(samples: Samples, sample_rate: int) -> Frames:
    """Natural logarithms of the power in `BANDS` bands, in full scale squared; shape (frames, BANDS).

    Frame i is centred on (i + 0.5) `HOP`. There are as many frames as begin within the sound."""
    hop, size = HOP * sample_rate, round(WINDOW * sample_rate)
    middles = ((np.arange(np.ceil(samples.size / hop)) + 0.5) * hop).astype(int)
    padded = np.pad(samples.astype(np.float64), size)
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[middles + size - size // 2]
    hann = np.hanning(size)
    length = 1 << (size - 1).bit_length()
    power = np.abs(np.fft.rfft(windows * hann, length)) ** 2 * (2 / (length * np.sum(hann**2)))
    energies = power @ _filters(sample_rate, power.shape[1]).T
    return np.asarray(np.log(np.maximum(energies, max(float(energies.max()) * DARKEST, 1e-20))), np.float64)


def levels(bands: Frames) -> Frames:
    """The natural logarithm of the power of each frame, shape (frames, 1)."""
    return np.asarray(np.log(np.exp(bands).sum(axis=1, keepdims=True)), np.float64)


def timbre(bands: Frames) -> Frames:
    """The number of frames in `bands` that are speech, then their mean at a common level; shape (1 + BANDS,)."""
    level = levels(bands)
    own = np.percentile(level, LOUD)
    speech = (bands - own)[level[:, 0] > own + SPEECH]
    return np.concatenate([[len(speech)], speech.mean(axis=0)])


def features(bands: Frames, usual: Frames) -> Frames:
    """How the `NEIGHBOURS` of each frame sound, without level and timbre (cepstral mean normalisation; Atal,
    "Effectiveness of linear prediction characteristics of the speech wave", 1974). `usual` is the timbre of all
    speakers, shape (BANDS,); the result has shape (frames, len(NEIGHBOURS) * CEPSTRA)."""
    count, *own = timbre(bands)
    mean = (count * np.array(own) + ACQUAINTANCE * usual) / (count + ACQUAINTANCE)
    relative = np.maximum(bands - np.percentile(levels(bands), LOUD) - mean, FLOOR)
    cepstra = relative @ _cosines().T
    places = np.arange(len(cepstra))[:, None] + np.array(NEIGHBOURS)
    stacked: Frames = cepstra[np.clip(places, 0, len(cepstra) - 1)].reshape(len(cepstra), -1)
    return stacked


@cache
def _filters(sample_rate: int, bins: int) -> Frames:
    """Triangles evenly spaced on the mel scale, 2595 log10(1 + f / 700); shape (BANDS, bins).

    They are those of Davis and Mermelstein, "Comparison of parametric representations for monosyllabic word
    recognition" (1980), on the scale of the HTK Book, 5.4."""
    first, last = (float(2595 * np.log10(1 + hertz / 700)) for hertz in (LOWEST, HIGHEST))
    edges = 700 * (10 ** (np.linspace(first, last, BANDS + 2) / 2595) - 1)
    pitches = np.linspace(0, sample_rate / 2, bins)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((pitches - low) / (middle - low), (high - pitches) / (high - middle))
    return np.asarray(np.maximum(triangles, 0.0), np.float64)


@cache
def _cosines() -> Frames:
    """The discrete cosine transform, type II; shape (CEPSTRA, BANDS)."""
    waves = np.cos(np.pi * np.arange(CEPSTRA)[:, None] * (np.arange(BANDS) + 0.5) / BANDS)
    return np.asarray(waves * np.sqrt(2 / BANDS))
