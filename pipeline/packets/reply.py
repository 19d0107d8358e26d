"""What the avatar says, as text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """A clause or sentence of the answer; the texts of a turn's replies, put together as they are, make the answer."""

    text: str
