"""Where the avatar lives: places on a grid and things on sale, read from a YAML file.

``plaza`` comes with Parley. A package of anyone's adds a setting with an entry point in the group ``parley.settings``:
its name, and the package that holds ``NAME.yaml``. An option may also give the path of a file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from models.data import Entry, read_data
from models.errors import WrongData
from models.installed import find_registered, folder_of
from models.kinds import ITEM, PLACE

GROUP = "parley.settings"
PLAZA = "plaza"
"""The setting that comes with Parley."""

ALLOWANCE = 50
"""Coins that a purchase may cost without a question, where the setting says nothing else."""

_STEPS = {"north": (0, 1), "east": (1, 0), "south": (0, -1), "west": (-1, 0)}


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the world, on a grid whose neighbouring squares are joined by paths."""

    name: str
    east: int
    """Squares east of the middle."""
    north: int
    """Squares north of the middle."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What it is called in other languages than English, by ISO 639-1 code."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What is told of it, a sentence or two that name it, by ISO 639-1 code."""


@dataclass(frozen=True, slots=True)
class Ware:
    """A kind of thing on sale."""

    name: str
    price: int
    """Coins."""
    plural: str = ""
    """Several of it, where that is not the name with an s."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What it is called in other languages than English, by ISO 639-1 code."""
    measures: Mapping[str, str] = field(default_factory=dict)
    """The measure word that it is counted with, by the code of a language that has them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A world before anyone has done anything in it."""

    name: str
    sites: Mapping[str, Site]
    wares: Mapping[str, Ware]
    start: str
    """Where a new user stands."""
    coins: int
    """What a new user's purse holds."""
    holdings: Mapping[str, int]
    """How many of each ware a new user carries."""
    allowance: int = ALLOWANCE
    """Coins that a purchase may cost without a question."""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Names for further kinds of slot, by the kind: what is said, and what it stands for."""

    def names(self, kind: str, language: str = "en") -> Mapping[str, str]:
        """The names that a slot of a kind may take, as they are said, and the key of what each stands for."""
        if kind == PLACE.name:
            return {site.names.get(language, key): key for key, site in self.sites.items()}
        if kind == ITEM.name:
            return {ware.names.get(language, key): key for key, ware in self.wares.items()}
        return self.words.get(kind, {})

    def neighbours(self, place: str) -> dict[str, str]:
        """The places next to `place`, by compass direction."""
        site = self.sites[place]
        squares = {(other.east, other.north): other.name for other in self.sites.values()}
        steps = {way: (site.east + east, site.north + north) for way, (east, north) in _STEPS.items()}
        return {way: squares[square] for way, square in steps.items() if square in squares}

    def route(self, start: str, end: str) -> list[tuple[str, str]]:
        """The shortest walk as (direction, place reached), one for each straight stretch; empty from a place to
        itself."""
        came = self._search(start)
        stretches: list[tuple[str, str]] = []
        while end != start:
            way, before = came[end]
            if not stretches or stretches[-1][0] != way:
                stretches.append((way, end))
            end = before
        return stretches[::-1]

    def steps(self, start: str, end: str) -> int:
        """How many squares the shortest walk has."""
        came, count = self._search(start), 0
        while end != start:
            end, count = came[end][1], count + 1
        return count

    def bearing(self, start: str, end: str) -> str:
        """The compass direction from one place to another one: ``north``, or ``northwest`` for any way between two."""
        one, other = self.sites[start], self.sites[end]
        east, north = other.east - one.east, other.north - one.north
        vertical = "north" if north > 0 else "south" if north < 0 else ""
        return vertical + ("east" if east > 0 else "west" if east < 0 else "")

    def unreachable(self) -> list[str]:
        """Places to which no path leads from the start."""
        came = self._search(self.start)
        return [place for place in self.sites if place not in came and place != self.start]

    def _search(self, start: str) -> dict[str, tuple[str, str]]:
        """For each place that can be reached: the last step to it, and where that began."""
        came: dict[str, tuple[str, str]] = {}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            for way, place in self.neighbours(here).items():
                if place != start and place not in came:
                    came[place] = (way, here)
                    queue.append(place)
        return came


def load_setting(wanted: str = PLAZA) -> Setting:
    """The setting of that name, or in the file of that path. Raises WrongData, or NotRegistered for an unknown name."""
    if wanted.endswith((".yaml", ".yml")):
        path = Path(wanted).expanduser()
        return _checked(path.stem, str(path), read_data(path, _File))
    point = find_registered(GROUP, wanted, "setting")
    file = folder_of(point).joinpath(f"{wanted}.yaml")
    return _checked(wanted, str(file), read_data(file, _File))


class _Site(Entry):
    east: int
    north: int
    names: dict[str, str] = Field({})
    about: dict[str, str] = Field({})


class _Ware(Entry):
    price: int = Field(ge=0)
    plural: str = ""
    names: dict[str, str] = Field({})
    measures: dict[str, str] = Field({})


class _File(Entry):
    """A setting as it is written."""

    start: str
    coins: int = Field(0, ge=0)
    allowance: int = Field(ALLOWANCE, ge=0)
    holdings: dict[str, int] = Field({})
    sites: dict[str, _Site] = Field(min_length=1)
    wares: dict[str, _Ware] = Field({})
    words: dict[str, list[str] | dict[str, str]] = Field({})


def _checked(name: str, file: str, written: _File) -> Setting:
    """The setting that a file describes. Raises WrongData where its parts do not fit each other."""
    setting = Setting(
        name,
        {key: Site(key, site.east, site.north, site.names, site.about) for key, site in written.sites.items()},
        {key: Ware(key, ware.price, ware.plural, ware.names, ware.measures) for key, ware in written.wares.items()},
        written.start,
        written.coins,
        written.holdings,
        written.allowance,
        {
            kind: names if isinstance(names, dict) else {name: name for name in names}
            for kind, names in written.words.items()
        },
    )
    if setting.start not in setting.sites:
        raise WrongData(f"{file}: start: '{setting.start}' is none of the sites: {', '.join(setting.sites)}")
    squares: dict[tuple[int, int], str] = {}
    for site in setting.sites.values():
        other = squares.setdefault((site.east, site.north), site.name)
        if other != site.name:
            raise WrongData(f"{file}: sites.{site.name}: stands where '{other}' stands; move one of them")
    if lost := setting.unreachable():
        raise WrongData(f"{file}: sites.{lost[0]}: no path leads there; put it beside another site")
    for item, quantity in setting.holdings.items():
        if item not in setting.wares or quantity < 1:
            raise WrongData(f"{file}: holdings.{item}: expected a ware and how many, at least 1; found {quantity}")
    return setting
