"""The entry points that installed packages register with Parley: kinds, services, settings, roles and more.

Parley registers its own in the same way. Any package can add one with a line in its pyproject.toml, such as

    [project.entry-points."parley.kinds"]
    colour = "paint:COLOUR"
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable

from models.errors import NotRegistered


def registered(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group, by name. Where two packages claim a name, the first that Python finds has it."""
    return _groups().get(group, {})


@cache
def _groups() -> Mapping[str, Mapping[str, EntryPoint]]:
    """All of Parley's groups, read once together, because looking through every installed package takes
    milliseconds."""
    found = entry_points()
    groups: dict[str, dict[str, EntryPoint]] = {}
    for group in found.groups:  # iterating over `found` itself gives groups on Python 3.11, and points later
        for point in found.select(group=group) if group.startswith("parley.") else ():
            groups.setdefault(group, {}).setdefault(point.name, point)
    return groups


def find_registered(group: str, name: str, what: str) -> EntryPoint:
    """The entry point `name` of a group. Raises NotRegistered, whose message calls the thing `what`."""
    points = registered(group)
    if name not in points:
        near = get_close_matches(name, points, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(sorted(points)) or 'none'};"
        raise NotRegistered(
            f"no {what} is called '{name}'; {hint} a package adds one with an entry point in '{group}' "
            "(after an update of a checkout, run 'pip install -e .' again)"
        )
    return points[name]


def folder_of(point: EntryPoint) -> Traversable:
    """The folder of the package that an entry point names, where that holds data and no code. Raises NotRegistered."""
    try:
        return files(point.value)
    except (ImportError, TypeError) as error:
        raise NotRegistered(
            f"'{point.name}' of '{point.group}' is registered as {point.value}, which is not a package: {error}"
        ) from error
