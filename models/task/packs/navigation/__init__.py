"""Finding one's way."""

from __future__ import annotations

from typing import Annotated

from models.task.sentences import Say
from models.task.skill import Action, Hint, Outcome, Place, done, skill
from models.task.world import World


@skill()
def navigate(world: World, say: Say, place: Annotated[Place, Hint("where the user wants to go")]) -> Outcome:
    """Walk the user to a place."""
    start, sites = world.place, world.setting.sites
    name = say.name(sites[place])
    if place == start:
        return done(say("there", place=name), place=name)
    world.go(place)
    *stretches, (last, _) = world.setting.route(start, place)
    legs = [say("leg", way=say(way), place=say.name(sites[corner])) for way, corner in stretches]
    way = say("then").join([*legs, say("last", way=say(last))])
    first = say(stretches[0][0] if stretches else last)
    return done(say("going", place=name, way=way), Action("navigate", {"place": place}), place=name, direction=first)


@skill(effects=False)
def where_am_i(world: World, say: Say) -> Outcome:
    """Tell the user where they are and what is next to it."""
    sites, place = world.setting.sites, world.place
    near = [
        say("near", place=say.name(sites[other]), way=say(way))
        for way, other in world.setting.neighbours(place).items()
    ]
    name = say.name(sites[place])
    return done(say("here", place=name, around=say.language.listed(near).capitalize()), place=name)
