"""What the user said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Partial:
    """The words so far, while the user still speaks; each replaces the one before, and may be the same or empty."""

    text: str
    end: float
    """Where the sound that it was made of ends, in seconds since the session (or the recording) began."""
    confidence: float | None = None
    """0 to 1, where the recogniser gives one."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of a whole utterance; empty text means that nothing was heard."""

    text: str
    language: str
    """ISO 639-1."""
    start: float
    """Seconds since the session (or the recording) began."""
    end: float
    """Likewise."""
    confidence: float | None = None
    """0 to 1, where the recogniser gives one."""
