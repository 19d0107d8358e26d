"""Finding one's way."""

from __future__ import annotations

from typing import Annotated

from models.language.en.sentences import listed
from models.task.skill import Action, Hint, Outcome, Place, done, skill
from models.task.world import World


@skill(
    examples=[
        "take me to the {place}",
        "how do i get to the {place}",
        "let's go to the {place}",
        "walk with me to the {place}",
        "i want to see the {place}",
        "um can you show me the way to the {place}",
        "where is the {place}",
        "bring me over to the {place} please",
        "i need to get to the {place}",
        "which way is the {place}",
        "could we head over to the {place} now",
        "i am looking for the {place}",
        "where is that",
        "let's go over there",
        "take me somewhere",
    ]
)
def navigate(
    world: World, place: Annotated[Place, Hint("where the user wants to go", ask="Where would you like to go?")]
) -> Outcome:
    """Walk the user to a place."""
    start = world.place
    if place == start:
        return done(f"You are already at the {place}.", place=place)
    world.go(place)
    *stretches, (last, _) = world.setting.route(start, place)
    way = ", then ".join([*(f"{direction} to the {corner}" for direction, corner in stretches), last])
    say = f"I am taking you to the {place}. We go {way}."
    return done(say, Action("navigate", {"place": place}), place=place, direction=way.partition(" ")[0])


@skill(
    examples=[
        "where am i",
        "where are we right now",
        "what is this place",
        "what place is this",
        "what is this place called",
        "i am lost",
        "tell me my location",
        "um where is this exactly",
        "do you know where we are",
        "what is around here",
        "i have no idea where i am",
        "which part of the world is this",
    ],
    effects=False,
)
def where_am_i(world: World) -> Outcome:
    """Tell the user where they are and what is next to it."""
    place = world.place
    around = [f"the {near} is to the {way}" for way, near in world.setting.neighbours(place).items()]
    return done(f"You are at the {place}. {listed(around).capitalize()}.", place=place)
