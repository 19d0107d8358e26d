"""What the user types."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A line that the user typed in place of speaking."""

    text: str
    start: float
    """Seconds since the session began."""
