"""The sound of a journal while it is written: one track for the microphone, and one for each node and sample rate."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from models.protocols import Samples
from pipeline.packets import Audio
from pipeline.runtime.journal.codec import Keep, Sound, digest
from pipeline.runtime.journal.events import SoundEvent
from pipeline.runtime.journal.flac import FlacWriter
from pipeline.runtime.journal.header import MICROPHONE, track_path

REMEMBERED = 64
"""Seconds of the microphone's sound in memory, in which the sound of a turn is found again. The longest utterance has
30 s unless the graph changes that. Sound that is not found is stored once more."""


class Tracks:
    """Writes sound, and returns its place. Its methods raise OSError."""

    def __init__(self, folder: Path, sample_rate: int) -> None:
        """`sample_rate` is the one that the microphone is expected to have, in Hz."""
        self._folder, self._sample_rate = folder, sample_rate
        self._open: dict[str, FlacWriter] = {}
        self._microphone: _Microphone | None = None

    def hear(self, audio: Audio) -> SoundEvent | None:
        """Write what the microphone gave. Return an event where it does not follow what it gave before."""
        rate = audio.sample_rate
        name = MICROPHONE if rate == self._sample_rate else f"{MICROPHONE}-{rate}"
        if self._microphone is None or self._microphone.name != name:
            self._microphone = _Microphone(name, self._track(name, rate))
        return self._microphone.hear(audio)

    def keep(self, node: str, packet: Any) -> Keep:
        """Return the function that writes the samples of a packet, unless they lie in the microphone's track."""

        def keep(samples: Samples, sample_rate: int) -> Sound:
            if isinstance(packet, Audio) and self._microphone and samples.size:
                offset = self._microphone.find(packet)
                if offset is not None:
                    return Sound(self._microphone.name, offset, samples.size, digest(samples))
            name = f"{node}-{sample_rate}"
            return Sound(name, self._track(name, sample_rate).append(samples), samples.size, digest(samples))

        return keep

    def settle(self) -> None:
        """Call `FlacWriter.settle` on every track."""
        for track in self._open.values():
            track.settle()

    def flush(self) -> None:
        """Hand whole blocks to the operating system."""
        for track in self._open.values():
            track.flush()

    def finish(self) -> None:
        """Write all that is left."""
        for track in self._open.values():
            track.finish()

    def close(self) -> None:
        """Close the files; what was not written is dropped."""
        for track in self._open.values():
            track.close()

    def _track(self, name: str, sample_rate: int) -> FlacWriter:
        if name not in self._open:
            self._open[name] = FlacWriter(track_path(self._folder, name), sample_rate)
        return self._open[name]


class _Microphone:
    """The microphone's track, and the session times of its sound."""

    def __init__(self, name: str, track: FlacWriter) -> None:
        self.name, self._track = name, track
        self._latest = np.zeros(REMEMBERED * track.sample_rate, np.float32)
        """The latest samples. The sample at the offset i is at i modulo the size."""
        self._runs: deque[tuple[float, int]] = deque(maxlen=100)
        """The session times and offsets at which sound without a break began."""

    def hear(self, audio: Audio) -> SoundEvent | None:
        rate = self._track.sample_rate
        expected = self._time(self._track.length)
        offset = self._track.append(audio.samples)
        recent = audio.samples[-self._latest.size :]
        self._latest[np.arange(self._track.length - recent.size, self._track.length) % self._latest.size] = recent
        if expected is not None and abs(audio.start - expected) * rate < 0.5:
            return None
        self._runs.append((audio.start, offset))
        return SoundEvent(audio.start, self.name, offset)

    def find(self, audio: Audio) -> int | None:
        """Return the offset of exactly this sound, or None."""
        rate, count = self._track.sample_rate, audio.samples.size
        if audio.sample_rate != rate:
            return None
        for start, begun in reversed(self._runs):
            offset = begun + round((audio.start - start) * rate)
            if offset >= begun:
                kept = self._track.length - self._latest.size <= offset <= self._track.length - count
                places = np.arange(offset, offset + count) % self._latest.size
                return offset if kept and np.array_equal(self._latest[places], audio.samples) else None
        return None

    def _time(self, offset: int) -> float | None:
        if not self._runs:
            return None
        start, begun = self._runs[-1]
        return start + (offset - begun) / self._track.sample_rate
