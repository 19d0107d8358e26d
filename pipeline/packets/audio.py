"""Sound from the user."""

from __future__ import annotations

from dataclasses import dataclass

from models.protocols import Samples


@dataclass(frozen=True, slots=True)
class Audio:
    """A piece of the user's sound; pieces follow each other without a gap."""

    samples: Samples
    """Mono, shape (n,), full scale is -1 to 1."""
    sample_rate: int
    """Hz."""
    start: float
    """Seconds since the session (or the recording) began."""
