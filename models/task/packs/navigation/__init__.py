"""Finding one's way."""

from __future__ import annotations

from typing import Annotated

from models.task.sentences import Say
from models.task.skill import Action, Hint, Outcome, Place, Text, done, refused, skill, undone_by
from models.task.world import World


@skill()
def navigate(world: World, say: Say, place: Annotated[Place, Hint("where the user wants to go")]) -> Outcome:
    """Walk the user to a place."""
    start, name = world.place, say.name(world.setting.sites[place])
    if place == start:
        return done(say("there", place=name), place=name)
    stretches = world.setting.route(start, place)
    first = say(stretches[0][0])
    return _walk(world, place, say("going", place=name, way=_way(world, say, place)), place=name, direction=first)


@skill()
def go_back(world: World, say: Say) -> Outcome:
    """Walk the user back to where they came from."""
    place = world.before
    if not place or place == world.place:
        return refused(say("nowhere"))
    name = say.name(world.setting.sites[place])
    return _walk(world, place, say("going", place=name, way=_way(world, say, place)), place=name)


@skill(hidden=True)
def walk_back(
    world: World,
    say: Say,
    place: Annotated[Text, Hint("where the walk began")] = "",
    before: Annotated[Text, Hint("where the user came from when it began")] = "",
) -> Outcome:
    """Walk the user back as if they had not gone."""
    if place not in world.setting.sites:
        return refused(say("nowhere"))
    name = say.name(world.setting.sites[place])
    world.go(place, before)
    return done(say("back", place=name), Action("navigate", {"place": place}), place=name)


@skill(effects=False)
def distance(world: World, say: Say, place: Annotated[Place, Hint("the place that is asked about")]) -> Outcome:
    """Tell how far a place is and in which direction."""
    setting, start, name = world.setting, world.place, say.name(world.setting.sites[place])
    if place == start:
        return done(say("there", place=name), place=name)
    far, way = say.amount(setting.steps(start, place), "stop"), say(setting.bearing(start, place))
    return done(say("far", place=name, far=far, way=way), place=name, distance=far, direction=way)


@skill(effects=False)
def where_am_i(world: World, say: Say) -> Outcome:
    """Tell the user where they are and what is next to it."""
    sites, place = world.setting.sites, world.place
    neighbours = world.setting.neighbours(place)
    near = [say("near", place=say.name(sites[other]), way=say(way)) for way, other in neighbours.items()]
    name, around = say.name(sites[place]), say.language.listed(near)
    facts = {other: say.name(sites[other]) for other in neighbours.values()}
    return done(say("here", place=name, around=around[:1].upper() + around[1:]), **facts, place=name)


@skill(effects=False)
def describe_place(
    world: World, say: Say, place: Annotated[Place, Hint("the place; the one where the user is, if left out")] = ""
) -> Outcome:
    """Tell something about a place."""
    site = world.setting.sites[place or world.place]
    name, about = say.name(site), site.about.get(say.language.code, "")
    if not about:
        return refused(say("nothing", place=name), place=name)
    return done(say("about", about=about), **({"place": name} if name in about else {}))


@skill(effects=False)
def places(world: World, say: Say) -> Outcome:
    """Tell which places there are."""
    names = {key: say.name(site) for key, site in world.setting.sites.items()}
    all_of_them = say.language.listed([say.language.the(name) for name in names.values()])
    return done(say("places", count=say.amount(len(names), "place"), all=all_of_them), **names)


def _walk(world: World, place: str, told: str, /, **facts: str) -> Outcome:
    """Go to a place, and tell the client and the user. The skill ``walk_back`` takes it back."""
    start, before = world.place, world.before
    world.go(place)
    return undone_by(
        done(told, Action("navigate", {"place": place}), **facts), walk_back.name, place=start, before=before
    )


def _way(world: World, say: Say, place: str) -> str:
    """The way from where the user stands, one part for each straight stretch."""
    sites = world.setting.sites
    *stretches, (last, _) = world.setting.route(world.place, place)
    legs = [say("leg", way=say(way), place=say.name(sites[corner])) for way, corner in stretches]
    return say("then").join([*legs, say("last", way=say(last))])
