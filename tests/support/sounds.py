"""Sound to test recognisers with: people's voices from the model store, and what is no voice at all."""

from __future__ import annotations

from functools import cache

import av
import numpy as np

from models.protocols import Samples
from models.store.store import locate

RATE = 16_000
"""Hz, of everything here."""

SAID = {
    "speech-beckett": "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better.",
    "speech-jfk": (
        "And so, my fellow Americans, ask not what your country can do for you, ask what you can do for your country."
    ),
    "speech-two-cities": (
        "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, "
        "it was the epoch of belief, it was the epoch of incredulity, it was the season of light, it was the season of "
        "darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had "
        "nothing before us, we were all going direct to heaven, we were all going direct the other way. In short, the "
        "period was so far like the present period that some of its noisiest authorities insisted on its being "
        "received, for good or for evil, in the superlative degree of comparison only."
    ),
}
"""What is said in each recording."""


@cache
def speech(name: str) -> Samples:
    """A recording of the catalogue."""
    resampler = av.AudioResampler("flt", "mono", RATE)
    pieces = []
    with av.open(str(locate(name))) as container:
        for frame in [*container.decode(audio=0), None]:
            pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
    samples = np.concatenate(pieces)
    samples.flags.writeable = False
    return samples


def noises(seconds: float = 2.0) -> dict[str, Samples]:
    """Sound without a voice, by name."""
    rng = np.random.default_rng(7)
    t = np.arange(round(seconds * RATE)) / RATE
    white = rng.standard_normal(t.size)
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, spectrum.size))
    pink = np.fft.irfft(spectrum, t.size)
    clicks = np.zeros(t.size)
    clicks[4_000::9_000] = 0.9
    knock = np.zeros(t.size)
    knock[t.size // 2 :][:400] = rng.uniform(-0.8, 0.8, 400)
    chord = sum(np.sin(2 * np.pi * pitch * t) for pitch in (262, 330, 392)) * np.exp(-6 * (t % 0.5))
    made = {
        "silence": np.zeros(t.size),
        "dither": white * 2**-15,
        "white, quiet": white * 0.003,
        "white, middling": white * 0.03,
        "white, loud": white * 0.25,
        "pink, quiet": pink / pink.std() * 0.003,
        "pink, middling": pink / pink.std() * 0.03,
        "pink, loud": pink / pink.std() * 0.25,
        "hum of 50 Hz": 0.1 * np.sin(2 * np.pi * 50 * t),
        "hum of 100 Hz": 0.5 * np.sin(2 * np.pi * 100 * t),
        "whistle": 0.2 * np.sin(2 * np.pi * 1_000 * t),
        "clicks": clicks,
        "knock": knock,
        "chords": chord * 0.2,
    }
    return {name: np.clip(samples, -1, 1).astype(np.float32) for name, samples in made.items()}
