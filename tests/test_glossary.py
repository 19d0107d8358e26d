"""docs/glossary.md explains the name of every room of the tree, and each place that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = ROOT.joinpath("docs", "glossary.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| .+ \| ([^|]+) \|$", GLOSSARY, re.MULTILINE)
WORDS = {word for names, _ in ROWS for word in re.split(r"[ ,/]+", names)}
BY_DATA = "packs", "language", "roles", "world"
"""Rooms whose folders are named after what is in the world: a language, a role, a pack."""


def rooms() -> list[Path]:
    found = []
    for package in (ROOT / "models", ROOT / "pipeline"):
        found += [page.with_suffix("") for page in package.glob("*.py") if page.stem != "__init__"]
        found += [folder.parent for folder in package.rglob("*/__init__.py")]
    return [room for room in found if room.parent.name not in BY_DATA and "node_modules" not in room.parts]


@pytest.mark.parametrize("room", rooms(), ids=lambda room: str(room.relative_to(ROOT)))
def test_every_room_has_a_word_that_is_explained(room: Path) -> None:
    assert {room.name, room.name.removesuffix("s"), room.name.replace("_", " ")} & WORDS


def test_every_place_is_there() -> None:
    places = {place for _, where in ROWS for place in re.findall(r"`([^`]+)`", where) if "<" not in place}
    missing = sorted(place for place in places if not ROOT.joinpath(place).exists())
    assert not missing
