"""Made sound, and files that are broken in the ways that files are."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.protocols import Samples
from pipeline.devices.pcm import to_pcm16

RATE = 16_000
"""Hz."""


def silence(seconds: float, sample_rate: int = RATE) -> Samples:
    return np.zeros(round(seconds * sample_rate), np.float32)


def tone(seconds: float, hertz: float = 440.0, level: float = 0.5, sample_rate: int = RATE) -> Samples:
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    return (level * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def noise(seconds: float, level: float = 0.05, seed: int = 0, sample_rate: int = RATE) -> Samples:
    """White noise with a root mean square of `level`."""
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * sample_rate))).astype(np.float32)


def hum(seconds: float, level: float = 0.05, sample_rate: int = RATE) -> Samples:
    """What a badly shielded cable picks up: 50 Hz and its odd harmonics."""
    parts = [tone(seconds, 50.0 * harmonic, level / harmonic, sample_rate) for harmonic in (1, 3, 5, 7)]
    return np.asarray(np.sum(parts, axis=0, dtype=np.float32))


def clicks(seconds: float, every: float = 0.25, level: float = 0.8, sample_rate: int = RATE) -> Samples:
    """Single samples, as from a switch or a loose plug."""
    sound = silence(seconds, sample_rate)
    sound[:: round(every * sample_rate)] = level
    return sound


def loudness(samples: Samples) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def dominant(samples: Samples, sample_rate: int = RATE) -> float:
    """The frequency with the most power, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(np.argmax(spectrum) * sample_rate / samples.size)


def pcm16(samples: Samples) -> NDArray[np.int16]:
    """16-bit integers, shape (n,)."""
    return np.frombuffer(to_pcm16(samples), "<i2")


def wav_bytes(
    sound: NDArray[np.generic] | bytes,
    *,
    sample_rate: int = RATE,
    channels: int = 1,
    bits: int = 16,
    form: int = 1,
    claim: int | None = None,
) -> bytes:
    """A WAV file with any header; `form` 1 is PCM, 3 floating point; `claim` is the size it gives the sound."""
    data = sound if isinstance(sound, bytes) else sound.tobytes()
    size, frame = len(data) if claim is None else claim, channels * bits // 8
    form_chunk = struct.pack("<IHHIIHH", 16, form, channels, sample_rate, sample_rate * frame % 2**32, frame, bits)
    chunks = b"WAVEfmt " + form_chunk + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", min(36 + size, 2**32 - 1)) + chunks


def cut(path: Path, share: float) -> Path:
    """Keep the first `share` of a file."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


def damage(path: Path, at: float, size: int = 400, seed: int = 0) -> Path:
    """Overwrite `size` bytes from the share `at` of a file on with others."""
    content = bytearray(path.read_bytes())
    start = int(len(content) * at)
    content[start : start + size] = np.random.default_rng(seed).bytes(len(content[start : start + size]))
    path.write_bytes(content)
    return path
