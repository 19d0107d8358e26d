"""Skills are plain typed functions, and their cards are derived from them."""

from __future__ import annotations

from typing import Annotated

import pytest

from models.protocols import Request, Slot
from models.task.skill import Duration, Hint, Item, Outcome, Region, Text, done, skill
from models.task.world import World

Ask = Annotated[Item, Hint("what to feed", ask="Feed what?")]


@skill(examples=["feed the {animal}", "feed my {animal} {portions} times"])
def feed(
    world: World,
    animal: Ask,
    request: Request,
    *,
    portions: Annotated[int, Hint("how often")] = 1,
    wait: Duration = 0,
    note: Text | None = None,
    weight: float = 1.0,
) -> Outcome:
    """Feed an animal.

    More than the card needs to know.
    """
    return done(f"Fed {portions}.")


def test_a_card_is_the_functions_name_docstring_and_parameters() -> None:
    card = feed.card({"item": ("dog", "cat"), "place": ("plaza",)})
    assert (card.name, card.about) == ("feed", "Feed an animal.")
    assert card.examples == ("feed the {animal}", "feed my {animal} {portions} times")
    assert card.slots == (
        Slot("animal", "item", True, ("dog", "cat"), "what to feed"),
        Slot("portions", "integer", False, (), "how often"),
        Slot("wait", "duration", False),
        Slot("note", "text", False),
        Slot("weight", "number", False),
    )


def test_a_skill_acts_unless_it_says_that_it_only_looks() -> None:
    @skill(examples=["look"], effects=False)
    def look() -> Outcome:
        """Look."""
        return done("Nice.")

    assert feed.card({}).effects
    assert not look.card({}).effects


def test_what_is_no_slot_is_provided_by_type() -> None:
    assert feed.provided == {"world": World, "request": Request}


def test_a_kind_without_names_takes_any_text() -> None:
    @skill(examples=["rain in {where}"])
    def rain(where: Annotated[Region, Hint("where", ask="Where?")]) -> Outcome:
        """Make it rain."""
        return done(where)

    assert rain.card({"region": ()}).slots == (Slot("where", "text", True, (), "where"),)
    assert rain.card({"region": ("plaza",)}).slots == (Slot("where", "region", True, ("plaza",), "where"),)


def test_a_skill_is_called_like_its_function_and_signs_the_outcome() -> None:
    @skill(examples=["wave"])
    def wave(times: Annotated[int, Hint("how often")] = 2) -> Outcome:
        """Wave."""
        return done(f"Waved {times} times.", times=str(times))

    assert wave(times=3) == Outcome("wave", "done", "Waved 3 times.", {"times": "3"})


def undocumented() -> Outcome:
    return done("")


def untyped(thing) -> Outcome:  # type: ignore[no-untyped-def]
    """Do it."""
    return done("")


def unasked(thing: Item) -> Outcome:
    """Do it."""
    return done("")


def fine() -> Outcome:
    """Do it."""
    return done("")


@pytest.mark.parametrize(
    ("function", "examples", "complaint"),
    [
        (undocumented, ["do it"], "'undocumented' needs a docstring"),
        (untyped, ["do it"], "'untyped': parameter 'thing' has no type"),
        (unasked, ["do it"], "'unasked': required slot 'thing' needs a question"),
        (fine, [], "'fine' needs examples"),
        (fine, ["do the {thing}"], "names no slot of it: thing"),
    ],
)
def test_a_function_that_says_too_little_is_refused(function, examples, complaint) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError, match=complaint):
        skill(examples=examples)(function)
