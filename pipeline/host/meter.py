"""What a stage cost in one turn, measured from outside it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Meter:
    """Times of one stage in one turn, in seconds; points in time count from the turn's start."""

    packets_in: int = 0
    packets_out: int = 0
    first_in: float | None = None
    """When its first packet arrived."""
    first_out: float | None = None
    """When it gave its first packet."""
    ended: float | None = None
    waiting: float = 0.0
    """Seconds in which the stage had nothing to do."""
    queued: float = 0.0
    """Seconds in which its work was queued after other sessions' work on the engine's thread."""
    blocked: float = 0.0
    """Seconds in which it held a packet for which its readers had no room."""
    computing: float = 0.0
    """All other seconds: those of the engine and of the stage's own code."""


METER: ContextVar[Meter | None] = ContextVar("meter", default=None)
"""The meter of the stage that the running task serves."""
