"""What the avatar says, as sound."""

from __future__ import annotations

from dataclasses import dataclass

from models.protocols import Voiced


@dataclass(frozen=True, slots=True)
class Speech:
    """A piece of the spoken answer; pieces follow each other without a gap."""

    voiced: Voiced
    start: float
    """Seconds since the answer began to sound."""
    text: str
    """The words that begin in this piece, empty for the later pieces of a clause."""
