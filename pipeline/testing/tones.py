"""A spoken language that needs no model: each character is a tone, so what is said can be read off the sound.

Scripted engines speak and hear it. A pause, an echo, a cut word, noise and another voice thereby do to a test's
conversation what they do to a real one, and a test can read at the loudspeaker what was heard of an answer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.protocols import Samples

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789'.,?!-"
"""What has a tone; a space is silence, letters are small, accents are left out, and all else is not spoken."""
CHARACTER = 0.06
"""Seconds that a character takes: some 16 a second, as in speech."""
GAP = 0.015
"""Seconds of silence at a character's end, which keep two equal ones apart."""
LOWEST, STEP = 300.0, 60.0
"""Hz: the tone of the first character, and from one to the next; the last is at 2760, within any sample rate."""
LOUDNESS = 0.3
"""Amplitude of a tone."""
RAMP = 0.003
"""Seconds in which a tone rises and falls."""

_FRAME = 0.005
"""Seconds of sound whose loudness is judged at once."""
_SHORTEST = 4
"""Frames of a tone that are enough to know it."""
_SPACE = 8
"""Frames of silence that are a space: more than a gap, less than a gap and a space."""
_FLOOR = LOUDNESS / 20
"""Amplitude under which there is no tone, however quiet the rest is."""
_PURE = 0.6
"""Of a tone's power, so much lies within its own step; a cough's does not."""


def spelt(text: str) -> str:
    """`text` as it is spoken, and read again."""
    plain = unicodedata.normalize("NFKD", text.lower()).replace("’", "'")
    return " ".join("".join(char for char in plain if char in ALPHABET or char.isspace()).split())


def tones(text: str, sample_rate: int = 16_000) -> Samples:
    """`text` spoken, shape (n,): `CHARACTER` seconds for each character of `spelt(text)`."""
    spoken = spelt(text)
    edges = [round(place * CHARACTER * sample_rate) for place in range(len(spoken) + 1)]
    sound = np.zeros(edges[-1], np.float32)
    time = np.arange(round((CHARACTER - GAP) * sample_rate)) / sample_rate
    rising = np.minimum(1.0, np.minimum(time, time[::-1]) / RAMP)
    for edge, char in zip(edges, spoken, strict=False):
        if char != " ":
            tone = LOUDNESS * rising * np.sin(2 * np.pi * (LOWEST + STEP * ALPHABET.index(char)) * time)
            sound[edge : edge + tone.size] = tone
    return sound


def read(samples: Samples, sample_rate: int = 16_000) -> str:
    """The text that `samples`, shape (n,), speak; empty where there is none, as in noise."""
    frame = round(_FRAME * sample_rate)
    frames = samples[: samples.size - samples.size % frame].reshape(-1, frame)
    power = np.square(frames).mean(axis=1)
    loud = power > max(float(power.max(initial=0.0)) / 4, _FLOOR**2 / 2)
    text, behind = "", 0
    for first, last in _runs(loud):
        char = _character(frames[first:last].ravel(), sample_rate) if last - first >= _SHORTEST else ""
        if char:
            text += " " * (first - behind >= _SPACE) + char
        behind = last
    return text.strip()


def _runs(loud: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Where stretches of True begin, and where they are over."""
    changes = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(np.int8)))
    for begin in range(0, changes.size, 2):
        yield int(changes[begin]), int(changes[begin + 1])


def _character(sound: Samples, sample_rate: int) -> str:
    """The character whose tone `sound` is; empty if it is no tone."""
    size = 4 * sample_rate // round(STEP)  # bins of a quarter step
    spectrum = np.square(np.abs(np.fft.rfft(sound, max(size, sound.size))))
    hertz = np.fft.rfftfreq(max(size, sound.size), 1 / sample_rate)
    place = round((float(hertz[spectrum.argmax()]) - LOWEST) / STEP)
    if not 0 <= place < len(ALPHABET):
        return ""
    within = np.abs(hertz - LOWEST - STEP * place) <= STEP / 2
    return ALPHABET[place] if spectrum[within].sum() >= _PURE * spectrum.sum() else ""
