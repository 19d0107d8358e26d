"""The header of a journal: what it says of its session as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import JournalError
from pipeline.runtime.journal.codec import decode, encode, no_sound

FORMAT = 1
"""The format of the journals that this code writes, and the latest that it reads."""

SESSION = "session.json"
GRAPH = "graph.yaml"
EVENTS = "events.jsonl"
MICROPHONE = "microphone"

LARGEST = 1_000_000
"""Bytes in a session.json at most; a large graph has some ten thousand."""


@dataclass(frozen=True, slots=True)
class EngineUsed:
    """An engine that the graph ran on."""

    place: str
    """Where the graph names it: ``stages.asr``, ``stages.asr.fallbacks[0]``, ``turns``."""
    step: str
    name: str
    options: Mapping[str, Any]
    """The engine's options. References stand in the place of what came from the environment."""
    packages: Mapping[str, str]
    """The versions of the packages that the engine is made of and works with."""
    weights: Mapping[str, Mapping[str, str]]
    """The SHA-256 of the files of its models, by model and path. A model that the catalogue does not know has no
    files."""


@dataclass(frozen=True, slots=True)
class Header:
    """The circumstances of a session."""

    started: str
    """The time at which it began: UTC, ISO 8601."""
    parley: str
    """The version of Parley."""
    python: str
    """The version of Python, and the platform."""
    graph: str
    """The graph's name."""
    user: str
    sample_rate: int
    """The sample rate of the user's sound in Hz."""
    engines: tuple[EngineUsed, ...]


def to_text(header: Header) -> str:
    """Return the content of a session.json."""
    return json.dumps({"format": FORMAT, **encode(header, no_sound)}, ensure_ascii=False, indent=2) + "\n"


def read_header(folder: Path) -> Header:
    """Read the header of the journal in `folder`. Raises JournalError where there is none, or one that this version
    cannot read."""
    path = folder / SESSION
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise JournalError(
            f"{folder}: holds no journal: there is no {SESSION}; expected a folder that parley talk --record wrote"
        ) from None
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        data = json.loads(raw[:LARGEST])
        found = data.pop("format")
        if isinstance(found, int) and found > FORMAT:
            raise JournalError(
                f"{path}: format {found}, written by Parley {str(data.get('parley'))[:20]}; this Parley reads formats "
                f"up to {FORMAT}; remedy: pip install --upgrade parley-avatar"
            )
        if found != FORMAT:
            raise ValueError(f"format: found {str(found)[:20]}, expected {FORMAT}")
        return decode(Header, data, no_sound)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise JournalError(f"{path}: is not the head of a journal: {error}") from error


def track_path(folder: Path, track: str) -> Path:
    """Return the file of a track. Raises JournalError for a name that could lead out of the folder."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", track):
        raise JournalError(f"{folder}: {track[:80]!r} is not the name of a track; expected letters, digits, - and _")
    return folder / f"{track}.flac"
