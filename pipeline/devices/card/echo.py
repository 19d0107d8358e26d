"""Echo cancellation by WebRTC, so that the avatar does not hear itself."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from models.protocols import Samples
from pipeline.devices.pcm import from_pcm16, to_pcm16
from pipeline.devices.resample import Resampler

FRAME = 0.01
"""Seconds of sound that WebRTC takes at a time."""
LONGEST = 0.5
"""The longest delay, in seconds, that WebRTC accepts; a radio headset or a busy machine may have more."""


class EchoCanceller:
    """Removes from a microphone's sound what a loudspeaker plays, and on request other noise.

    `far` and `near` may be called on different threads. Sound must be given to `far` before its
    echo is given to `near`."""

    def __init__(self, sample_rate: int, suppress_noise: bool = False) -> None:
        """`sample_rate` is the microphone's, in Hz."""
        from livekit import rtc

        self.sample_rate = sample_rate
        self._module = rtc.AudioProcessingModule(
            echo_cancellation=True, noise_suppression=suppress_noise, high_pass_filter=True
        )
        self._far, self._near = _Frames(sample_rate), _Frames(sample_rate)
        self._resampler = Resampler(sample_rate, sample_rate)
        self._lock = Lock()

    def set_delay(self, seconds: float) -> None:
        """Set about how long an echo takes from `far` to `near`: the latency of both devices. It saves a second of
        search."""
        self._module.set_stream_delay_ms(round(min(max(0.0, seconds), LONGEST) * 1000))

    def far(self, samples: Samples, sample_rate: int) -> None:
        """Take the sound that is about to be played, shape (n,), at any rate in Hz."""
        with self._lock:
            if sample_rate != self._resampler.sample_rate:
                self._resampler = Resampler(sample_rate, self.sample_rate)
            for frame in self._far.split(self._resampler.feed(samples)):
                self._module.process_reverse_stream(frame)

    def near(self, samples: Samples) -> Samples:
        """Return the microphone's `samples`, shape (n,), without the echo, in whole frames of 10 ms."""
        cleaned = [np.zeros(0, np.float32)]
        for frame in self._near.split(samples):
            self._module.process_stream(frame)
            cleaned.append(from_pcm16(frame.data))
        return np.concatenate(cleaned)


class _Frames:
    """Cuts a stream of sound into frames of 10 ms."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate, self._size = sample_rate, round(sample_rate * FRAME)
        self._rest = np.zeros(0, np.float32)

    def split(self, samples: Samples) -> list[Any]:
        """The frames that `samples` complete."""
        from livekit import rtc

        sound = np.concatenate([self._rest, samples])
        whole = sound.size // self._size * self._size
        self._rest = sound[whole:]
        pieces = (to_pcm16(sound[first : first + self._size]) for first in range(0, whole, self._size))
        return [rtc.AudioFrame(bytearray(piece), self._sample_rate, 1, self._size) for piece in pieces]
