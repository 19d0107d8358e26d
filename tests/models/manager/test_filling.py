"""The last check of slot values before anything happens."""

from __future__ import annotations

import pytest

from models.language.finding import find_language
from models.manager.filling import Unfilled, fill
from models.protocols import Outcome, Slot, SlotValue, Thing

ITEM = Slot("item", "item", True, ("apple", "lantern", "map", "hat", "kite", "book", "guitar"))
PLACE = Slot("place", "place", True, ("plaza", "garden"))
QUANTITY = Slot("quantity", "integer", False)
WEIGHT = Slot("weight", "number", False)
FACT = Slot("fact", "text", True)
ASKS = {"item": "What would you like?", "quantity": "", "weight": "", "fact": "What should I remember?"}


def filled(slot: Slot, value: SlotValue) -> SlotValue:
    return fill([slot], ASKS, {slot.name: value})[slot.name]


def answer(slot: Slot, *things: Thing, **values: SlotValue) -> Outcome:
    with pytest.raises(Unfilled) as refusal:
        fill([slot], ASKS, values, things)
    return refusal.value.outcome


def test_what_has_a_default_may_be_missing_and_what_no_slot_asks_for_is_left_out() -> None:
    assert fill([ITEM, QUANTITY], ASKS, {"item": "apple", "colour": "red"}) == {"item": "apple"}


@pytest.mark.parametrize("value", ["lantern", "Lantern", "lanterns", "the lantern", "a  lantern", "some lanterns"])
def test_a_choice_is_known_in_any_case_number_and_article(value: str) -> None:
    assert filled(ITEM, value) == "lantern"


@pytest.mark.parametrize(("value", "number"), [(2, 2), ("3", 3), (4.0, 4), (10**30, 10**30), (-1, -1)])
def test_whole_numbers(value: SlotValue, number: int) -> None:
    assert filled(QUANTITY, value) == number


@pytest.mark.parametrize(("value", "number"), [(2, 2.0), ("0.5", 0.5)])
def test_numbers(value: SlotValue, number: float) -> None:
    assert filled(WEIGHT, value) == number


@pytest.mark.parametrize("value", ["many", 1.5, "1.5", float("nan"), float("inf"), "inf"])
def test_what_is_no_whole_number_is_asked_for_again(value: SlotValue) -> None:
    assert answer(QUANTITY, quantity=value) == Outcome(
        "", "unclear", "I did not understand the quantity.", asks="quantity"
    )


def test_text_stays_as_it_was_said_apart_from_spaces() -> None:
    assert filled(FACT, "  my sister\nlives in Oslo ") == "my sister lives in Oslo"


@pytest.mark.parametrize("values", [{}, {"item": ""}, {"item": "  "}, {"item": "?"}])
def test_a_missing_value_is_asked_for(values: dict[str, SlotValue]) -> None:
    assert answer(ITEM, **values) == Outcome("", "unclear", "What would you like?", asks="item")


def test_a_near_miss_is_asked_about() -> None:
    found = answer(ITEM, item="lantan")
    assert (found.status, found.say) == ("unclear", "I know of no lantan here. Did you mean lantern?")


def test_what_the_world_does_not_have_is_refused_with_some_of_what_it_has() -> None:
    found = answer(ITEM, item="sword")
    assert found.status == "refused"
    assert found.say == "I know of no sword here. You can choose apple, lantern, map, hat or kite."


def test_a_word_of_which_nobody_knows_what_it_means_is_missing() -> None:
    assert {answer(ITEM, item=word).say for word in find_language("en").referring} == {"What would you like?"}


@pytest.mark.parametrize(
    ("slot", "value", "status", "say"),
    [
        (PLACE, "statue", "done", "The statue is to your left, 2 metres away."),
        (PLACE, "The Statues", "done", "The statue is to your left, 2 metres away."),
        (PLACE, "anna", "refused", "I do not know where Anna is."),
        (ITEM, "statue", "refused", "The statue is not for sale."),
        (ITEM, "sword", "refused", "I know of no sword here. You can choose apple, lantern, map, hat or kite."),
    ],
)
def test_of_things_that_only_the_client_knows_something_is_said(slot: Slot, value: str, status: str, say: str) -> None:
    things = (Thing("statue"), Thing("Anna"), Thing("statue", (-2.0, 1.0, 0.0)), Thing("lantern", (0.0, 0.0, -9.0)))
    found = answer(slot, *things, **{slot.name: value})
    assert (found.status, found.say) == (status, say)
    assert all(fact in say for fact in found.facts.values())


def test_what_the_world_knows_is_the_worlds_wherever_it_is_seen() -> None:
    assert fill([ITEM], ASKS, {"item": "Lantern"}, [Thing("Lantern", (1.0, 1.0, 1.0))]) == {"item": "lantern"}
