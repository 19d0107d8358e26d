"""Where the avatar lives: a plaza with places around it, and what its market sells."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from models.language.en.sentences import one


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the world, on a grid whose neighbouring squares are joined by paths."""

    name: str
    east: int
    """Squares east of the plaza."""
    north: int
    """Squares north of the plaza."""


@dataclass(frozen=True, slots=True)
class Ware:
    """A kind of thing on sale."""

    name: str
    price: int
    """Coins."""

    def count(self, quantity: int) -> str:
        """So many of it, as spoken: ``1 apple``, ``2 apples``."""
        return f"{quantity} {self.name}" if quantity == 1 else f"{quantity} {self.name}s"

    @property
    def one(self) -> str:
        """One of it, as spoken: ``an apple``."""
        return one(self.name)


# Names are those that recognisers spell in one way only: no harbour (harbor), no café (cafe), no plural but with an s.
SITES = {
    site.name: site
    for site in (
        Site("plaza", 0, 0),
        Site("market", 1, 0),
        Site("arena", 2, 0),
        Site("library", -1, 0),
        Site("garden", 0, 1),
        Site("gallery", -1, 1),
        Site("observatory", 0, 2),
        Site("bakery", 0, -1),
        Site("workshop", -1, -1),
        Site("lighthouse", 0, -2),
    )
}

WARES = {
    ware.name: ware
    for ware in (
        Ware("apple", 2),
        Ware("cookie", 3),
        Ware("flower", 3),
        Ware("coffee", 4),
        Ware("map", 5),
        Ware("burger", 6),
        Ware("kite", 10),
        Ware("book", 12),
        Ware("hat", 14),
        Ware("umbrella", 15),
        Ware("lantern", 18),
        Ware("ticket", 20),
        Ware("camera", 60),
        Ware("guitar", 75),
        Ware("telescope", 120),
    )
}

START = "plaza"
"""Where a new user stands."""
COINS = 100
"""What a new user's purse holds."""
HOLDINGS = {"map": 1}
"""What a new user carries."""

_STEPS = {"north": (0, 1), "east": (1, 0), "south": (0, -1), "west": (-1, 0)}
_BY_SQUARE = {(site.east, site.north): site.name for site in SITES.values()}


def neighbours(place: str) -> dict[str, str]:
    """The places next to `place`, by compass direction."""
    site = SITES[place]
    squares = {way: (site.east + east, site.north + north) for way, (east, north) in _STEPS.items()}
    return {way: _BY_SQUARE[square] for way, square in squares.items() if square in _BY_SQUARE}


def route(start: str, end: str) -> list[tuple[str, str]]:
    """The shortest walk as (direction, place reached), one for each straight stretch; empty from a place to itself."""
    came: dict[str, tuple[str, str]] = {}
    queue = deque([start])
    while queue and end not in came:
        here = queue.popleft()
        for way, place in neighbours(here).items():
            if place != start and place not in came:
                came[place] = (way, here)
                queue.append(place)
    stretches: list[tuple[str, str]] = []
    while end != start:
        way, before = came[end]
        if not stretches or stretches[-1][0] != way:
            stretches.append((way, end))
        end = before
    return stretches[::-1]
