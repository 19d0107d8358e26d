from __future__ import annotations

import re
from graphlib import CycleError
from xml.etree import ElementTree

import pytest
from architecture import drawn, imports, reduced

SVG = "{http://www.w3.org/2000/svg}"


def test_what_longer_ways_imply_is_left_out() -> None:
    uses = {"a.cli": {"a.graph", "b.store"}, "a.graph": {"b.store"}, "b.store": set[str]()}
    assert reduced(uses) == {"a.cli": {"a.graph"}, "a.graph": {"b.store"}, "b.store": set()}


def test_a_circle_is_refused() -> None:
    with pytest.raises(CycleError):
        reduced({"a.one": {"a.two"}, "a.two": {"a.one"}})


def test_every_arrow_of_the_tree_goes_down_and_every_room_is_there() -> None:
    uses = reduced(imports())
    picture = ElementTree.fromstring(drawn(uses))
    ways = [way.attrib["d"] for way in picture.iter(f"{SVG}path") if way.attrib["class"] == "edge"]
    for way in ways:
        (_, start), *_, (_, end) = re.findall(r"(-?[\d.]+) (-?[\d.]+)", way)
        assert float(start) < float(end), way
    assert len(ways) >= sum(map(len, uses.values()))
    assert len(list(picture.iter(f"{SVG}rect"))) == len(uses) + 1, "a box for each room, and the page"
