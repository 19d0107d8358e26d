"""Silero VAD v6 is a small recurrent network. Its ONNX form here judges many windows in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from models.onnx import open_network
from models.protocols import Samples, VoiceDetector, VoiceTrack
from models.store.store import locate

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL = "silero-vad"
WINDOW = 512
CONTEXT = 64
"""Samples of the previous window that the network sees in front of each window."""
MEMORY = (1, 1, 128)
"""The shape of each of the two states of the network's LSTM."""


class SileroTrack(VoiceTrack):
    """One stream's recurrent state: 1.3 KB."""

    def __init__(self, network: InferenceSession) -> None:
        self._network = network
        self._hidden, self._cell = np.zeros(MEMORY, np.float32), np.zeros(MEMORY, np.float32)
        self._before = np.zeros(CONTEXT, np.float32)

    def probabilities(self, windows: Samples) -> list[float]:
        """How likely each window holds a voice, 0 to 1. Raises ValueError unless `windows` has shape (n, 512)."""
        if windows.ndim != 2 or windows.shape[1] != WINDOW:
            raise ValueError(f"silero takes windows of shape (n, {WINDOW}), not {windows.shape}")
        if not len(windows):
            return []
        context = np.concatenate([self._before[np.newaxis], windows[:-1, -CONTEXT:]])
        feeds = {"input": np.hstack([context, windows]), "h": self._hidden, "c": self._cell}
        judged, self._hidden, self._cell = self._network.run(None, feeds)
        self._before = windows[-1, -CONTEXT:]
        return [float(probability) for probability in judged]


class Silero(VoiceDetector):
    """Runs one network for every stream. `model` is a catalogue name or a path."""

    requires: ClassVar[tuple[str, ...]] = ("onnxruntime",)
    sample_rate = 16_000
    window = WINDOW

    def __init__(self, model: str = MODEL) -> None:
        self.model = model
        self._network: InferenceSession | None = None

    def weights(self) -> tuple[str, ...]:
        """The name of the network."""
        return (self.model,)

    def load(self) -> None:
        """Open the network. Raises ModelUnavailable, ModelCorrupt."""
        self._network = open_network(locate(self.model), 1, "Silero VAD's 16 kHz sequence network")

    def open(self) -> SileroTrack:
        """A track that has heard nothing yet."""
        if self._network is None:
            raise RuntimeError("Silero.open was called before load")
        return SileroTrack(self._network)

    def close(self) -> None:
        """Let go of the network. Its memory is free once the last track is gone."""
        self._network = None
