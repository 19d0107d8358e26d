"""What a batch reports while it runs; the command line shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pipeline.runners.batch.results import FileSummary, TurnResult


class BatchProgress(Protocol):
    """Takes reports of how far a batch is."""

    def began(self, path: Path, expected: float | None) -> None:
        """A recording was opened, which is `expected` seconds long if its header says so."""
        ...

    def listened(self, path: Path, seconds: float) -> None:
        """So many seconds of the recording were heard so far."""
        ...

    def answered(self, path: Path, turn: TurnResult) -> None:
        """One utterance was answered."""
        ...

    def ended(self, path: Path, summary: FileSummary) -> None:
        """The recording has been answered, or has failed."""
        ...
