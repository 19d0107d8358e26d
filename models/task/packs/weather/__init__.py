"""Weather."""

from __future__ import annotations

import time
from typing import Annotated

from models.language.days import days_ahead
from models.task.sentences import Say
from models.task.skill import Day, Hint, Outcome, Region, done, refused, skill, unclear
from models.task.weather import FARTHEST, RegionUnknown, WeatherProvider, WeatherUnavailable
from models.task.world import World


@skill(effects=False)
def weather(
    world: World,
    provider: WeatherProvider,
    say: Say,
    place: Annotated[Region, Hint("where; here if left out")] = "",
    day: Annotated[Day, Hint("which day; today if left out")] = "",
) -> Outcome:
    """Tell what the weather is or will be like."""
    region = place or provider.home(world.place)
    if not region:
        return unclear(say("city"), "place")
    ahead = days_ahead(day, time.localtime(world.now()).tm_wday) if day else 0
    if not 0 <= ahead <= FARTHEST:
        return refused(say("past"))
    try:
        found = provider.on(region, ahead)
    except RegionUnknown:
        return refused(say("unknown", place=region), place=region)
    except WeatherUnavailable:
        return refused(say("away"))
    degrees = say.amount(abs(found.celsius), "degree")
    temperature = say("below", degrees=degrees) if found.celsius < 0 else degrees
    facts = {"place": found.place, "sky": found.sky, "temperature": temperature}
    if not ahead:
        return done(say("now", temperature=temperature, sky=found.sky, where=found.where), **facts)
    when = say(f"on_{ahead}") if ahead <= 2 else say("on", weekday=say(f"weekday_{(_today(world) + ahead) % 7}"))
    return done(say("then", when=when, temperature=temperature, sky=found.sky, where=found.where), **facts)


def _today(world: World) -> int:
    return time.localtime(world.now()).tm_wday
