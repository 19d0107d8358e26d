"""Packs of skills: modules whose skills an engine serves together.

A pack is any module that defines skills with `models.task.skill.skill`. Those here are built in; a package of anyone's
adds its own with an entry point in the group ``parley.skills``: the pack's name, and its module.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import entry_points

from models.errors import WrongData
from models.task.skill import Skill

GROUP = "parley.skills"

BUILT_IN = (
    "navigation",
    "surroundings",
    "shopping",
    "time",
    "weather",
    "sums",
    "memory",
    "stories",
    "teaching",
    "talk",
)
"""The packs of this package: each a folder of that name, with the code and a file for each language."""


def modules(packs: Iterable[str]) -> dict[str, str]:
    """The module of each pack; a built-in name cannot be taken. Raises ValueError for one that is not there."""
    own = {name: f"{__name__}.{name}" for name in BUILT_IN}
    wanted = dict.fromkeys(packs)
    if wanted.keys() <= own.keys():  # looking through every installed package takes milliseconds
        return {pack: own[pack] for pack in wanted}
    known = {entry.name: entry.value for entry in entry_points(group=GROUP)} | own
    for pack in wanted:
        if pack not in known:
            raise ValueError(_unknown(pack, list(known)))
    return {pack: known[pack] for pack in wanted}


def collect(packs: Iterable[str]) -> dict[str, Skill[...]]:
    """The skills of the packs, by the skill's name. Raises ValueError for packs that cannot be served together."""
    found: dict[str, Skill[...]] = {}
    origin: dict[str, str] = {}
    for pack, module in modules(packs).items():
        try:
            members = [member for member in vars(import_module(module)).values() if isinstance(member, Skill)]
        except (ImportError, TypeError, WrongData) as error:  # the last two are how what makes no skill is refused
            raise ValueError(f"skills: pack '{pack}' cannot be imported from {module}: {error}") from error
        if not members:
            raise ValueError(f"skills: pack '{pack}' defines no skill (its module is {module})")
        for member in members:
            if member.name in found and found[member.name] is not member:
                raise ValueError(
                    f"skills: both '{origin[member.name]}' and '{pack}' define '{member.name}'; leave one out"
                )
            found[member.name], origin[member.name] = member, pack
    return found


def _unknown(pack: str, known: list[str]) -> str:
    close = difflib.get_close_matches(pack, known, 1)
    hint = f"did you mean '{close[0]}'?" if close else f"there are: {', '.join(known)}"
    return f"skills: nothing called '{pack}'; {hint} (a package adds a pack with an entry point in '{GROUP}')"
