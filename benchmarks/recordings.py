"""Reads the utterances that benchmarks speak, from a folder with a manifest.json or from the samples."""

from __future__ import annotations

import json
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from audio_samples import samples
from models.protocols import Samples
from pipeline.devices.files.decoding import SAMPLE_RATE, read
from pipeline.packets import Audio

FRAME = SAMPLE_RATE // 50
"""Samples in 20 ms, the frame of microphones and headsets."""

LEAD = round(0.3 * SAMPLE_RATE)
"""Samples before the first word, because users hold the key for a moment before they speak."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance up to its last sample of speech, shape (n,) at `SAMPLE_RATE`."""

    name: str
    words: str
    samples: Samples


def spoken(folder: Path | None) -> list[Spoken]:
    """All utterances. `folder` holds WAV files and manifest.json, a list of {file, ref, end_sample}. `end_sample` is
    counted at the file's own rate."""
    if folder is not None:
        listed = json.loads((folder / "manifest.json").read_text("utf-8"))
        return [Spoken(one["file"], one["ref"], _until(folder / one["file"], one["end_sample"])) for one in listed]
    found = []
    for sample in samples():
        sound = read(sample.path)
        for index, said in enumerate(sample.utterances, start=1):
            start = max(0, round(said.start * SAMPLE_RATE) - LEAD)
            found.append(Spoken(f"{sample.file}#{index}", said.words, sound[start : said.end_sample]))
    return found


def _until(path: Path, end_sample: int) -> Samples:
    with wave.open(str(path)) as file:
        rate = file.getframerate()
    return read(path)[: round(end_sample * SAMPLE_RATE / rate)]


async def frames(said: Spoken) -> AsyncIterator[Audio]:
    """Yield the utterance as fast as it is asked for."""
    for at in range(0, said.samples.size, FRAME):
        yield Audio(said.samples[at : at + FRAME], SAMPLE_RATE, at / SAMPLE_RATE)
