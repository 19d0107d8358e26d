"""The plaza and its surroundings."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from models.errors import NotRegistered, WrongData
from models.task.world.setting import load_setting

PLAZA = load_setting()
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}


def test_every_way_leads_back() -> None:
    for place in PLAZA.sites:
        for way, near in PLAZA.neighbours(place).items():
            assert PLAZA.neighbours(near)[OPPOSITE[way]] == place


@pytest.mark.parametrize(("start", "end"), list(product(PLAZA.sites, PLAZA.sites)))
def test_a_route_leads_where_it_should(start: str, end: str) -> None:
    here = start
    for way, corner in PLAZA.route(start, end):
        while here != corner:
            here = PLAZA.neighbours(here)[way]
    assert here == end


def test_a_straight_walk_is_one_stretch_and_the_shortest_is_taken() -> None:
    assert PLAZA.route("lighthouse", "observatory") == [("north", "observatory")]
    assert PLAZA.route("plaza", "plaza") == []
    assert len(PLAZA.route("library", "bakery")) == 2


def test_names_are_said_in_a_language_and_stand_for_what_the_world_calls_a_thing() -> None:
    assert PLAZA.names("place", "zh")["灯塔"] == "lighthouse"
    assert PLAZA.names("item")["lantern"] == "lantern"
    assert PLAZA.names("quest") == {}
    for kind in ("place", "item"):
        for language in ("en", "zh"):
            assert sorted(PLAZA.names(kind, language).values()) == sorted(PLAZA.names(kind))


STATION = """
start: dock
coins: 5
holdings: {knife: 2}
sites:
  dock: {east: 0, north: 0}
  bridge: {east: 0, north: 1, names: {zh: 舰桥}}
wares:
  knife: {price: 3, plural: knives}
words:
  quest: [find the cat, fix the pump]
  crew: {the captain: ada}
"""


def written(folder: Path, text: str) -> str:
    (folder / "station.yaml").write_text(text, encoding="utf-8")
    return str(folder / "station.yaml")


def test_a_setting_is_a_file_of_anyones(tmp_path: Path) -> None:
    station = load_setting(written(tmp_path, STATION))
    assert (station.name, station.start, station.coins, station.holdings) == ("station", "dock", 5, {"knife": 2})
    assert station.route("dock", "bridge") == [("north", "bridge")]
    assert station.wares["knife"].plural == "knives"
    assert station.names("quest") == {"find the cat": "find the cat", "fix the pump": "fix the pump"}
    assert station.names("crew") == {"the captain": "ada"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("start: dock", "start: deck", "station.yaml: start: 'deck' is none of the sites: dock, bridge"),
        ("north: 1", "north: 0", "sites.bridge: stands where 'dock' stands; move one of them"),
        ("north: 1", "north: 2", "sites.bridge: no path leads there; put it beside another site"),
        ("knife: 2", "spoon: 2", "holdings.spoon: expected a ware and how many, at least 1; found 2"),
        ("price: 3", "price: dear", "station.yaml:9: wares.knife.price: Input should be a valid integer"),
        ("coins: 5", "coin: 5", "station.yaml:3: coin: unknown key; "),
        ("start: dock", "coins: 4", "station.yaml:3: 'coins' stands twice; leave one out"),
        ("dock: {", "dock: {{", "station.yaml:7: not YAML"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(WrongData) as refused:
        load_setting(written(tmp_path, STATION.replace(old, new, 1)))
    assert told in str(refused.value)


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(WrongData, match=r"(?s)station\.yaml:3: coins: .*station\.yaml:9: wares\.knife\.price: "):
        load_setting(written(tmp_path, STATION.replace("coins: 5", "coins: many").replace("price: 3", "price: dear")))


def test_a_setting_that_nobody_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotRegistered, match=r"no setting is called 'plasa'; did you mean 'plaza'\?"):
        load_setting("plasa")
    with pytest.raises(WrongData, match=r"gone\.yaml: cannot be read: No such file"):
        load_setting(str(tmp_path / "gone.yaml"))


@pytest.mark.parametrize(
    ("start", "end", "steps", "bearing"),
    [
        ("plaza", "market", 1, "east"),
        ("plaza", "lighthouse", 2, "south"),
        ("plaza", "gallery", 2, "northwest"),
        ("workshop", "arena", 4, "northeast"),
        ("gallery", "lighthouse", 4, "southeast"),
        ("plaza", "plaza", 0, ""),
    ],
)
def test_how_far_and_in_which_direction(start: str, end: str, steps: int, bearing: str) -> None:
    plaza = load_setting()
    assert (plaza.steps(start, end), plaza.bearing(start, end)) == (steps, bearing)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_told_of_a_place_names_it_and_is_short(language: str) -> None:
    for site in load_setting().sites.values():
        about = site.about[language]
        assert site.names.get(language, site.name) in about
        assert len(about) <= 150


def test_an_allowance_stands_in_the_setting(tmp_path: Path) -> None:
    file = tmp_path / "inn.yaml"
    file.write_text("start: inn\nallowance: 5\nsites: {inn: {east: 0, north: 0}}\n")
    assert (load_setting(str(file)).allowance, load_setting().allowance) == (5, 50)
