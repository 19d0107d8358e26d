"""Kinds of slot: how their values are read and checked."""

from __future__ import annotations

import pytest

from models.errors import NotRegistered
from models.installed import registered
from models.kinds import GROUP, Kind, find_kind, kind_of
from models.language.finding import find_language
from models.protocols import SlotValue

EN = find_language("en")


def test_every_registered_kind_can_be_found_by_its_name() -> None:
    assert {"text", "integer", "number", "duration", "item", "place", "region", "sight"} <= registered(GROUP).keys()
    assert all(find_kind(name).name == name for name in registered(GROUP))


def test_a_kind_that_nobody_registered_is_refused_or_takes_any_words() -> None:
    with pytest.raises(NotRegistered, match=r"no kind of slot is called 'integr'; did you mean 'integer'\?"):
        find_kind("integr")
    assert not kind_of("shade").form


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        ("integer", "two maps and 3.5 hats", [2]),
        ("number", "two maps and 3.5 hats", [2, 3.5]),
        ("duration", "half an hour or ten minutes", [1800, 600]),
    ],
)
def test_values_are_read_by_their_form(kind: str, text: str, values: list[SlotValue]) -> None:
    assert find_kind(kind).form
    assert [found.value for found in find_kind(kind).read(EN.split_words(text), EN)] == values


@pytest.mark.parametrize(
    ("kind", "value", "taken"),
    [
        ("integer", "3", 3),
        ("integer", 2.5, None),
        ("number", "2.5", 2.5),
        ("number", "nan", None),
        ("duration", 89.6, 90),
        ("duration", "soon", None),
        ("integer", 10**400, None),
    ],
)
def test_a_value_is_checked_before_a_skill_gets_it(kind: str, value: SlotValue, taken: SlotValue | None) -> None:
    assert find_kind(kind).check(value) == taken


def test_names_are_no_form() -> None:
    colour = Kind("colour", names=("red", "blue"))
    assert (colour.form, colour.names, colour.read(EN.split_words("red"), EN)) == (False, ("red", "blue"), ())
