"""Sound at another sample rate, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.protocols import Samples

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler


class Resampler:
    """A stream of sound from one sample rate to another; its pieces join without a click.

    The last fraction of a millisecond comes with the next piece, or with `flush`. Nothing is changed, and nothing kept
    back, where both rates are the same."""

    def __init__(self, sample_rate: int, wanted: int) -> None:
        """Rates in Hz."""
        self.sample_rate, self.wanted = sample_rate, wanted
        self._resampler = self._new()

    def _new(self) -> AudioResampler | None:
        if self.sample_rate == self.wanted:
            return None
        import av

        return av.AudioResampler("flt", "mono", self.wanted)

    def feed(self, samples: Samples) -> Samples:
        """What the next `samples`, shape (n,), complete; shape (about n * wanted / sample_rate,)."""
        if self._resampler is None or not samples.size:
            return samples
        import av

        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[np.newaxis]), format="flt", layout="mono")
        frame.sample_rate = self.sample_rate
        return _joined(self._resampler.resample(frame))

    def flush(self) -> Samples:
        """The rest; what is fed afterwards is a new stream."""
        resampler, self._resampler = self._resampler, self._new()
        return _joined(resampler.resample(None) if resampler else [])


def _joined(frames: list[AudioFrame]) -> Samples:
    return np.concatenate([np.zeros(0, np.float32), *(frame.to_ndarray()[0] for frame in frames)])
