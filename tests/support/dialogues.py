"""What was said in a dialogue, for tests to compare."""

from __future__ import annotations

from dataclasses import replace

from models.dialogue import Dialogue, Exchange


def exchanges(dialogue: Dialogue) -> list[Exchange]:
    """The exchanges of a dialogue, without the ids of their turns."""
    return [replace(exchange, turn="") for exchange in dialogue.exchanges]
