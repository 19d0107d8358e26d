"""How one packet differs from another, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from models.protocols import Samples
from pipeline.runtime.journal.codec import fingerprint

LONGEST = 240
"""The most characters of a value that are shown."""
RESOLUTION = 2.0**-23
"""The smallest difference that a journal's tracks hold, as a share of full scale."""


@dataclass(frozen=True, slots=True)
class Change:
    """A place at which two packets are not the same."""

    place: str
    """The path of the field, such as ``Transcript.text``."""
    recorded: str
    replayed: str


def changes(recorded: Any, replayed: Any) -> list[Change]:
    """The places where two unequal packets differ; a missing packet is None."""
    if recorded is None or replayed is None or type(recorded) is not type(replayed):
        return [Change("packet", _packet(recorded), _packet(replayed))]
    found = list(_changes(type(recorded).__name__, recorded, replayed))
    # A difference that is too small for a journal's tracks still shows in the digests of the sound.
    return found or [Change("packet", _packet(recorded), _packet(replayed))]


def _changes(place: str, recorded: Any, replayed: Any) -> Iterator[Change]:
    if isinstance(recorded, np.ndarray):
        yield from _in_sound(place, recorded, replayed)
    elif is_dataclass(recorded) and type(recorded) is type(replayed):
        for field in fields(recorded):
            yield from _changes(f"{place}.{field.name}", getattr(recorded, field.name), getattr(replayed, field.name))
    elif isinstance(recorded, Mapping) and isinstance(replayed, Mapping):
        for key in recorded.keys() | replayed.keys():
            yield from _changes(f"{place}.{key}", recorded.get(key), replayed.get(key))
    elif isinstance(recorded, tuple | list) and isinstance(replayed, tuple | list):
        yield from _in_sequence(place, recorded, replayed)
    elif recorded != replayed:
        yield Change(place, _value(recorded), _value(replayed))


def _in_sequence(place: str, recorded: Any, replayed: Any) -> Iterator[Change]:
    if len(recorded) != len(replayed):
        yield Change(f"number of {place}", str(len(recorded)), str(len(replayed)))
    for index, (one, other) in enumerate(zip(recorded, replayed, strict=False)):
        found = list(_changes(f"{place}[{index}]", one, other))
        if found:
            yield from found
            return  # what follows a first difference in a sequence has moved


def _in_sound(place: str, recorded: Samples, replayed: Samples) -> Iterator[Change]:
    """Give the lengths, the first sample that differs, and the level of the difference relative to the sound."""
    if recorded.size != replayed.size:
        yield Change(f"length of {place}", f"{recorded.size} samples", f"{replayed.size} samples")
    size = min(recorded.size, replayed.size)
    one, other = recorded[:size].astype(np.float64), replayed[:size].astype(np.float64)
    apart = np.flatnonzero(np.abs(one - other) > RESOLUTION)
    if apart.size:
        first = int(apart[0])
        level = 10 * np.log10(np.square(one - other).mean() / max(float(np.square(one).mean()), 1e-12))
        where = f"{place}[{first}], the first of {apart.size} that differ (the difference is {level:+.1f} dB)"
        yield Change(where, f"{one[first]:.7f}", f"{other[first]:.7f}")


def _packet(packet: Any) -> str:
    return "nothing" if packet is None else _short(fingerprint(packet))


def _value(value: Any) -> str:
    return f"“{_short(value)}”" if isinstance(value, str) else _short(repr(value))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
