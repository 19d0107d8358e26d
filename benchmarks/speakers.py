"""Voices that tell the phonemes of what they say: the avatar's own, and piper's `joe`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from models.context import DEFAULT, Context
from models.onnx import open_network
from models.protocols import Voiced
from models.store.store import locate
from models.tts.alignment import align
from models.tts.hibari import Hibari


class Voice(Protocol):
    """Speaks with phonemes."""

    def speak(self, text: str, context: Context = DEFAULT) -> Iterator[Voiced]:
        """Speak a sentence at a time."""
        ...


class Joe:
    """piper's `joe`, whose network tells how long each phoneme lasts once that tensor is made an output."""

    def __init__(self) -> None:
        from piper import PiperVoice, SynthesisConfig

        path = locate("piper-joe") / "en_US-joe-medium.onnx"
        self._voice = PiperVoice.load(path)
        # As in models/tts/hibari.py: ModelProto {graph: {output: {name, type}}}, appended.
        name = b"\x0a\x0e/Ceil_output_0"
        value = name + b"\x12\x04\x0a\x02\x08\x01"
        output = bytes([12 << 3 | 2, len(value)]) + value
        network = path.read_bytes() + bytes([7 << 3 | 2, len(output)]) + output
        self._voice.session = open_network(network, 1, "the voice piper-joe")
        self._config = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)

    def speak(self, text: str, context: Context = DEFAULT) -> Iterator[Voiced]:
        """Speak a sentence at a time."""
        for chunk in self._voice.synthesize(text, self._config, include_alignments=True):
            spoken, samples = chunk.phoneme_alignments or [], chunk.audio_float_array
            ends = np.cumsum([sound.num_samples / chunk.sample_rate for sound in spoken])
            symbols = [" " if sound.phoneme in "^$_" else sound.phoneme for sound in spoken]
            yield Voiced(samples, chunk.sample_rate, align(symbols, [0.0, *ends.tolist()], samples, chunk.sample_rate))


def voices() -> dict[str, Voice]:
    """All of them, loaded, by name."""
    hibari = Hibari()
    hibari.load()
    return {"hibari": hibari, "joe": Joe()}
