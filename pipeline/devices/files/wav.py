"""Writes sound files: 16-bit mono WAV."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from models.protocols import Samples
from pipeline.devices.files.atomic import Draft, OpenDraft, replacing
from pipeline.devices.files.paths import shown
from pipeline.devices.pcm import WIDTH, to_pcm16
from pipeline.errors import MediaError

HEADER = struct.Struct("<4sI4s 4sIHHIIHH 4sI")
"""RIFF chunk, format chunk and the head of the data chunk, as in "Multimedia Programming Interface and Data
Specifications 1.0" (IBM and Microsoft, 1991): 44 bytes."""

LONGEST = 0xFFFF_FFFF - HEADER.size
"""The most bytes of sound for which the header's 32-bit sizes have room: 24 hours at 24 kHz."""


class WavWriter:
    """Takes the sound of a file piece by piece."""

    def __init__(self, file: Draft, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.duration = 0.0
        """Seconds written so far."""
        self._file, self._size = file, 0

    def write(self, samples: Samples) -> None:
        """Append `samples`, shape (n,); samples beyond full scale are clipped, and NaN becomes silence."""
        sound = to_pcm16(np.nan_to_num(samples))
        self._size += len(sound)
        if self._size > LONGEST:
            raise MediaError(f"{shown(self._file.path)}: cannot be written: longer than a WAV file can be (4 GB)")
        self._file.write(sound)
        self.duration = self._size / WIDTH / self.sample_rate

    def write_header(self) -> None:
        """Write the header for the sound so far at the file's beginning."""
        rate = self.sample_rate
        self._file.seek(0)
        self._file.write(
            HEADER.pack(
                *(b"RIFF", HEADER.size - 8 + self._size, b"WAVE"),
                *(b"fmt ", 16, 1, 1, rate, WIDTH * rate, WIDTH, 8 * WIDTH),  # PCM, one channel, 2 bytes a sample
                *(b"data", self._size),
            )
        )


@contextmanager
def wav_writer(path: Path, sample_rate: int, draft: OpenDraft = replacing) -> Iterator[WavWriter]:
    """A writer whose file is whole when the block has ended well; else nothing is left. Raises MediaError.

    It appears at `path` then, or when `draft`, which opens it, lets it."""
    with draft(path) as file:
        writer = WavWriter(file, sample_rate)
        writer.write_header()
        yield writer
        writer.write_header()


def write_wav(path: Path, samples: Samples, sample_rate: int) -> None:
    """Write `samples`, shape (n,), as a WAV file, whole or not at all. Raises MediaError."""
    with wav_writer(path, sample_rate) as writer:
        writer.write(samples)


def resampled(samples: Samples, sample_rate: int, wanted: int) -> Samples:
    """`samples`, shape (n,), at another rate in Hz, shape (about n * wanted / sample_rate,)."""
    if sample_rate == wanted:
        return samples
    import av

    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = sample_rate
    resampler = av.AudioResampler("flt", "mono", wanted)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])
