"""The recordings that come with Parley, and what is said in them.

Questions to an avatar, one or several in a file: clean, noisy, hesitant, quiet and in the formats that people have.
`make_samples` made them; ``manifest.yaml`` says how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
"""Where the recordings lie."""

SAMPLE_RATE = 16_000
"""Hz, of every recording that does not say otherwise, and of `Utterance.end_sample`."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is said between two silences."""

    words: str
    """In small letters, without punctuation, numbers in words."""
    start: float
    """Seconds from the beginning of the file to the first sound of speech above 1 % of full scale, or, where the level
    is not the usual one, above what would be 1 % of full scale at that level."""
    end: float
    """Likewise, to the last."""
    end_sample: int
    """`end` in samples at `SAMPLE_RATE`; exact in wav files, within a millisecond in compressed ones."""
    intent: str
    """The skill that the words ask for, or ``unknown``."""
    slots: Mapping[str, str | int]
    """The values that the words give it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One recording."""

    file: str
    about: str
    """What makes it worth having."""
    duration: float
    """Seconds."""
    sample_rate: int
    """Hz."""
    channels: int
    speed: float
    """Of the speech, 1 is the voice's own."""
    pitch: float
    """Likewise."""
    level: float
    """Of the speech, root mean square in decibels below full scale."""
    noise: str
    """``room``: only a faint hiss; ``pink`` noise; ``babble`` of other speakers."""
    snr: float
    """Decibels between speech and noise."""
    utterances: tuple[Utterance, ...]

    @property
    def path(self) -> Path:
        """Where it lies."""
        return FOLDER / self.file


def samples() -> tuple[Sample, ...]:
    """Every recording, as the manifest describes it."""
    manifest = yaml.safe_load((FOLDER / "manifest.yaml").read_text("utf-8"))
    return tuple(
        Sample(**{**entry, "utterances": tuple(Utterance(**utterance) for utterance in entry["utterances"])})
        for entry in manifest["samples"]
    )
