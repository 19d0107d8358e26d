"""Describes the recordings that come with Parley, and what is said in them.

A file holds one or several questions to an avatar. They are clean, noisy, hesitant or quiet, in the formats that people
have. `make_samples` made them, and ``manifest.yaml`` says how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
"""The folder of the recordings."""

SAMPLE_RATE = 16_000
"""The sample rate in Hz of every recording that names no other, and of `Utterance.end_sample`."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """An utterance in a recording, between two silences."""

    words: str
    """The words in small letters, without punctuation, with numbers in words."""
    start: float
    """Seconds from the beginning of the file to the first sound of speech above 1 % of full scale. Where the level is
    not the usual one, the threshold moves with it."""
    end: float
    """Seconds from the beginning of the file to the last sound of speech above the same threshold."""
    end_sample: int
    """`end` in samples at `SAMPLE_RATE`. It is exact in WAV files, and within a millisecond in compressed files."""
    intent: str
    """The skill that the words ask for, or ``unknown``."""
    slots: Mapping[str, str | int]
    """The values that the words give to the slots of the skill."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One recording."""

    file: str
    about: str
    """What is special about the recording."""
    duration: float
    """The length in seconds."""
    sample_rate: int
    """The sample rate in Hz."""
    channels: int
    speed: float
    """The speed of the speech, as a factor of the voice's own."""
    pitch: float
    """The pitch of the speech, as a factor of the voice's own."""
    level: float
    """The level of the speech: root mean square in decibels relative to full scale."""
    noise: str
    """The noise: ``room`` is only a faint hiss, ``pink`` is pink noise, ``babble`` is other speakers."""
    snr: float
    """The signal-to-noise ratio: decibels between speech and noise."""
    utterances: tuple[Utterance, ...]

    @property
    def path(self) -> Path:
        """The path of the recording."""
        return FOLDER / self.file


def samples() -> tuple[Sample, ...]:
    """Every recording, as the manifest describes it."""
    manifest = yaml.safe_load((FOLDER / "manifest.yaml").read_text("utf-8"))
    return tuple(
        Sample(**{**entry, "utterances": tuple(Utterance(**utterance) for utterance in entry["utterances"])})
        for entry in manifest["samples"]
    )
