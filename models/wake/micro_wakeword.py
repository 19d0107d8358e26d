"""Wake words by microWakeWord, whose networks are made for microcontrollers and know one wake word each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from models.errors import ModelCorrupt, ModelUnavailable
from models.protocols import Samples, WakeTrack, WakeWord
from models.store.store import locate

if TYPE_CHECKING:
    import pymicro_wakeword

REST = 100
"""Frames of 10 ms during which the wake word does not count again, because its probability stays high for a while."""


class MicroWakeWordTrack(WakeTrack):
    """The network for one stream, whose layers remember what they heard, with the spectra that it looks at."""

    def __init__(
        self, network: pymicro_wakeword.MicroWakeWord, spectra: pymicro_wakeword.MicroWakeWordFeatures
    ) -> None:
        self._network, self._spectra = network, spectra
        self._resting = 0

    def heard(self, samples: Samples) -> bool:
        """True if the wake word ended within the stream's next samples."""
        found = False
        pcm = np.rint(np.clip(samples, -1.0, 1.0) * 32_767).astype("<i2")
        for frame in self._spectra.process_streaming(pcm.tobytes()):
            self._resting = max(self._resting - 1, 0)
            if self._network.process_streaming(frame) and not self._resting:
                found, self._resting = True, REST
        return found


class MicroWakeWord(WakeWord):
    """Hears one wake word.

    `word` is a catalogue name (``hey-jarvis``, ``okay-nabu``, ``hey-mycroft`` or ``alexa``) or the path of another
    network of this kind: a ``.tflite`` file. The ``.json`` file of the same name beside it describes the network.
    `threshold` is the probability above which the word counts as heard. It replaces the one in the description."""

    extra: ClassVar[str] = "wake"
    requires: ClassVar[tuple[str, ...]] = ("pymicro_wakeword",)
    sample_rate = 16_000

    def __init__(self, word: str = "hey-jarvis", threshold: float | None = None) -> None:
        """Store the options. Raises ValueError for a threshold outside 0 to 1."""
        if threshold is not None and not 0.0 < threshold < 1.0:
            raise ValueError(f"threshold: {threshold:g} is not between 0 and 1")
        self.word, self.threshold = word, threshold
        self._description: Path | None = None

    def weights(self) -> tuple[str, ...]:
        """The name of the network."""
        return (self.word,)

    def load(self) -> None:
        """Find the network and see that it opens. Raises ModelUnavailable, ModelCorrupt."""
        try:
            import pymicro_wakeword
        except ImportError as error:
            raise ModelUnavailable(
                f"wake.micro-wakeword: {error}; remedy: pip install 'parley-avatar[wake]'"
            ) from error
        path = locate(self.word)
        # The package takes any file for a network, and a file that is none would end the process.
        tensorflow = pymicro_wakeword.MicroWakeWord.from_builtin(pymicro_wakeword.Model.ALEXA).lib
        network = tensorflow.TfLiteModelCreateFromFile(os.fsencode(path))
        if not network:
            raise ModelCorrupt(f"{path}: not a TensorFlow Lite network; expected one that microWakeWord made")
        tensorflow.TfLiteModelDelete(network)
        self._description = path.with_suffix(".json")
        self.open()

    def open(self) -> MicroWakeWordTrack:
        """A track that has heard nothing yet. Raises ModelCorrupt where the description cannot be read."""
        if self._description is None:
            raise RuntimeError("MicroWakeWord.open was called before load")
        import pymicro_wakeword

        try:
            network = pymicro_wakeword.MicroWakeWord.from_config(self._description)
        except (OSError, ValueError, KeyError) as error:
            raise ModelCorrupt(
                f"{self._description}: {error!r}; expected the description that microWakeWord writes for a network"
            ) from error
        if self.threshold is not None:
            network.probability_cutoff = self.threshold
        return MicroWakeWordTrack(network, pymicro_wakeword.MicroWakeWordFeatures())

    def close(self) -> None:
        """Forget the network. Open tracks keep theirs."""
        self._description = None
