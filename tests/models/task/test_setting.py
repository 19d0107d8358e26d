"""The plaza and its surroundings."""

from __future__ import annotations

from itertools import product

import pytest

from models.task.setting import HOLDINGS, SITES, START, WARES, neighbours, route

OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}


def test_every_way_leads_back() -> None:
    for place in SITES:
        for way, near in neighbours(place).items():
            assert neighbours(near)[OPPOSITE[way]] == place


@pytest.mark.parametrize(("start", "end"), list(product(SITES, SITES)))
def test_a_route_leads_where_it_should(start: str, end: str) -> None:
    here = start
    for way, corner in route(start, end):
        while here != corner:
            here = neighbours(here)[way]
    assert here == end


def test_a_straight_walk_is_one_stretch_and_the_shortest_is_taken() -> None:
    assert route("lighthouse", "observatory") == [("north", "observatory")]
    assert route("plaza", "plaza") == []
    assert len(route("library", "bakery")) == 2


def test_what_a_new_user_has_exists() -> None:
    assert START in SITES
    assert set(HOLDINGS) <= set(WARES)


def test_wares_are_counted_in_english() -> None:
    assert [WARES[name].one for name in ("apple", "umbrella", "kite")] == ["an apple", "an umbrella", "a kite"]
    assert [WARES["apple"].count(quantity) for quantity in (1, 2)] == ["1 apple", "2 apples"]
