"""Sums and conversions of units, as words ask for them. A library computes them (`models.task.packs.sums`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sum:
    """An arithmetical problem."""

    expression: str
    """Numbers in digits, parentheses and the operators ``+ - * / **``."""
    said: str
    """The problem as it is said back, such as ``6 times 9``."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """An amount of one unit that is wanted in another."""

    amount: float
    unit: str
    """The unit in the notation of pint, such as ``mile`` or ``mile/hour``."""
    wanted: str
    """Likewise."""
    said: str
    """The amount as it is said back, such as ``5 miles``."""
    wanted_said: str
    """The wanted unit in the plural, as it is said back."""
