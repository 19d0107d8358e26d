"""Names from the world in a recogniser's spelling."""

from __future__ import annotations

import pytest

from models.intent.choices import LIKELY, find_choices
from models.language.finding import find_language
from models.task.world.setting import load_setting

EN = find_language("en")
PLAZA = load_setting()
NAMES = (*PLAZA.sites, *PLAZA.wares)


def names(text: str, least: float | None = None) -> list[str]:
    words = EN.split_words(text)
    found = find_choices(words, NAMES, EN) if least is None else find_choices(words, NAMES, EN, least)
    return [mention.value for mention in found]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the market", "market"),
        ("the markit", "market"),
        ("the libary", "library"),
        ("the light house", "lighthouse"),
        ("the observatry", "observatory"),
        ("three umbrelas", "umbrella"),
        ("some cookies", "cookie"),
        ("two Hats", "hat"),
        ("the gallery's door", "gallery"),
    ],
)
def test_slips_pieces_and_plurals_are_read(text: str, name: str) -> None:
    assert names(text) == [name]


@pytest.mark.parametrize("text", ["that cat on a mat", "a planet", "harden it", "the castle", "bicycles", "guards", ""])
def test_other_words_are_no_names(text: str) -> None:
    assert names(text) == []


def test_where_a_name_is_expected_less_is_enough() -> None:
    assert names("lantan") == []
    assert names("lantan", LIKELY) == ["lantern"]


def test_every_name_is_found_among_the_others_in_order() -> None:
    text = " and ".join(NAMES)
    assert names(text) == list(NAMES)


def test_a_name_of_several_words_wins_over_a_part_of_it() -> None:
    found = find_choices(EN.split_words("the old town hall"), ("town", "town hall"), EN)
    assert [(mention.value, mention.first, mention.end) for mention in found] == [("town hall", 2, 4)]
