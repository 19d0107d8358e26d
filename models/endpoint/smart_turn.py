"""Smart Turn v3 hears in the melody of the last words whether a speaker has finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelCorrupt
from models.onnx import open_network
from models.protocols import EndOfTurn, Samples
from models.store.store import locate

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL = "smart-turn-v3.2"
RATE = 16_000
SEEN = 8 * RATE
"""Samples that the network sees: the last 8 s."""
FFT = 400
"""Samples in one frame: 25 ms."""
HOP = 160
"""Samples from one frame to the next: 10 ms."""
MELS = 80
FRAMES = SEEN // HOP
HANN = np.hanning(FFT + 1)[:-1].astype(np.float32)
"""The Hann window in its periodic form, which spectra take, not the symmetric form for filters."""


class SmartTurn(EndOfTurn):
    """Runs the network on the last 8 s of an utterance; `model` is a catalogue name, a hub id or a path.

    Quiet alone raises the probability: of 36 pauses in mid-phrase, 8 got more than 0.9 after a tenth of a second, and
    15 after two tenths. So it is best asked early. Where it is in doubt, 30 ms more of quiet may move it by 0.4.

    It uses one thread. A second thread took a quarter off a call's time and added a quarter to its cost, on cores that
    the recogniser and the language model want at that moment."""

    requires: ClassVar[tuple[str, ...]] = ("onnxruntime",)
    sample_rate = RATE

    def __init__(self, model: str = MODEL) -> None:
        self.model = model
        self._network: InferenceSession | None = None

    def weights(self) -> tuple[str, ...]:
        """The name of the network."""
        return (self.model,)

    def load(self) -> None:
        """Open the network and run it once. Raises ModelUnavailable, ModelCorrupt."""
        path = locate(self.model)
        network = open_network(path, 1, "a Smart Turn v3 network")
        taken = network.get_inputs()[0]
        if list(taken.shape[1:]) != [MELS, FRAMES]:
            raise ModelCorrupt(f"{path}: takes {taken.name} of shape {taken.shape}; expected a Smart Turn v3 network")
        self._network, self._mels = network, mel_filters()
        self.ended(np.zeros(RATE, np.float32))  # the first run plans its memory, and takes longer

    def ended(self, samples: Samples) -> float:
        """How likely the speaker has finished, 0 to 1."""
        if self._network is None:
            raise RuntimeError("SmartTurn.ended was called before load")
        (probability,) = self._network.run(None, {"input_features": log_mels(samples, self._mels)[np.newaxis]})
        return float(probability[0, 0])

    def close(self) -> None:
        """Free the network."""
        self._network = None


def log_mels(samples: Samples, filters: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the network sees of `samples`: Whisper's spectrum of the last 8 s, shape (80, 800).

    Silence precedes shorter sound.

    The steps are those of `WhisperFeatureExtractor` in Hugging Face's transformers with `do_normalize`, with which the
    network was trained. Sound has mean 0 and variance 1, and no power in a mel band is taken as less than 80 dB
    below the loudest."""
    sound = samples[-SEEN:]
    sound = np.pad(sound, (SEEN - sound.size, 0))
    sound = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
    # The frames are centred on multiples of HOP; the one past the end is left out.
    framed = np.lib.stride_tricks.sliding_window_view(np.pad(sound, FFT // 2, mode="reflect"), FFT)[:-1:HOP]
    spectrum = np.fft.rfft(framed * HANN)  # (800, 201)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    levels = np.log10(np.maximum(filters @ power.T, 1e-10))  # (80, 800)
    floored = np.maximum(levels, levels.max() - 8.0)
    return np.asarray((floored + 4.0) / 4.0, np.float32)


def mel_filters() -> NDArray[np.float32]:
    """Triangles of equal area over the frequencies of a frame, shape (80, 201).

    The scale is that of M. Slaney, Auditory Toolbox, 1998, as in librosa. It has 3 mels in every 200 Hz up to 1 kHz,
    and above that 27 mels in every factor of 6.4."""
    step = 27 / np.log(6.4)
    mels = np.linspace(0.0, 15 + step * np.log(RATE / 2 / 1000), MELS + 2)
    hertz = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((np.maximum(mels, 15) - 15) / step))
    bins = np.fft.rfftfreq(FFT, 1 / RATE)
    low, middle, high = hertz[:-2, np.newaxis], hertz[1:-1, np.newaxis], hertz[2:, np.newaxis]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * 2 / (high - low), np.float32)
