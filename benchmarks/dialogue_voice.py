"""Speaks the lines of dialogues in a voice that is not the avatar's, with noise where it is wanted."""

from __future__ import annotations

import zlib

import numpy as np

from audio_samples.make_samples import MARGIN, NORMAL, Speaker, pink
from models.protocols import Samples
from pipeline.devices.files.decoding import SAMPLE_RATE

LEAD = 0.3
"""Seconds before the first word, because users hold the key for a moment before they speak."""
TAIL = 0.1
"""Seconds after the last word, before the key is released."""


class Speaking:
    """Says lines in piper's `joe`. The same line always sounds the same."""

    def __init__(self, noise: float | None = None) -> None:
        """`noise` is how many decibels pink noise lies below the speech; None adds no noise."""
        self._speaker, self._noise = Speaker(), noise

    def say(self, text: str) -> Samples:
        """The sound of a line, shape (n,) at `SAMPLE_RATE`, from the press of the key to its release."""
        speech = self._speaker.say(text, 1.0, 1.0, SAMPLE_RATE)
        lead, cut = round((LEAD - MARGIN) * SAMPLE_RATE), round((MARGIN - TAIL) * SAMPLE_RATE)
        sound = np.pad(speech, (lead, 0))[: lead + speech.size - cut]
        if self._noise is not None:
            random = np.random.default_rng(zlib.crc32(text.encode()))
            sound += pink(sound.size, random) * NORMAL * 10 ** (-self._noise / 20)
        return np.clip(sound, -1.0, 1.0).astype(np.float32)
