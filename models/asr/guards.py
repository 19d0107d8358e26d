"""Keeps a recogniser from inventing words, because networks that learnt from subtitles answer noise with sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.protocols import Samples
from models.vad.silero import Silero

VOICE = 0.5
"""A window holds a voice from this probability on."""
VOICE_WINDOWS = 3
"""This many windows make a voice: 96 ms, shorter than any word."""
AT_ONCE = 8
"""Windows that are judged together: a quarter of a second."""
LEVEL = 0.5
"""The peak to which sound is scaled before it is judged, because the detector misses faint voices."""

LOOPS = 3
"""A network repeats itself where one phrase comes this often in a row, up to the end, with `LOOPED` tokens or more."""
LOOPED = 9
"""Tokens that such repetitions have together at least: people do say "no, no, no"."""


class VoiceGate:
    """Looks for a voice in 16 kHz sound before a recogniser looks for words."""

    def __init__(self) -> None:
        self._detector = Silero()

    def weights(self) -> tuple[str, ...]:
        """The name of the voice detector."""
        return self._detector.weights()

    def load(self) -> None:
        """Open the detector. Raises ModelUnavailable, ModelCorrupt."""
        self._detector.load()

    def close(self) -> None:
        """Free the detector."""
        self._detector.close()

    def opens(self, samples: Samples) -> bool:
        """Whether a voice is heard. It stops at the first one, so speech costs little. Only noise is heard to its
        end."""
        peak = float(np.abs(samples).max(initial=0.0))
        if peak == 0.0:
            return False
        scaled = samples * np.float32(LEVEL / peak)
        windows = scaled[: scaled.size - scaled.size % Silero.window].reshape(-1, Silero.window)
        track, found = self._detector.open(), 0
        for at in range(0, len(windows), AT_ONCE):
            found += sum(voice >= VOICE for voice in track.probabilities(windows[at : at + AT_ONCE]))
            if found >= VOICE_WINDOWS:
                return True
        return False


def unlooped(tokens: Sequence[int]) -> tuple[int, ...]:
    """`tokens` up to where the network began to repeat itself."""
    tokens = tuple(tokens)
    for length in range(1, len(tokens) // LOOPS + 1):
        phrase, times = tokens[-length:], 1
        while tokens[-length * (times + 1) : len(tokens) - length * times] == phrase:
            times += 1
        if times >= LOOPS and times * length >= LOOPED:
            return tokens[: -length * times]
    return tokens


def believable(log_probability: float, no_speech: float, compression: float) -> bool:
    """Whether a segment that Whisper gave is kept, by the thresholds of its paper.

    The arguments are the mean log probability of its tokens, the probability that it holds no speech, and the length of
    its text over that of the text compressed by zlib (Radford et al. 2022, "Robust Speech Recognition via Large-Scale
    Weak Supervision", section 4.5)."""
    return compression <= 2.4 and not (no_speech > 0.6 and log_probability < -1.0)
