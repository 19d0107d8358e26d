"""Weather."""

from __future__ import annotations

from typing import Annotated

from models.task.sentences import Say
from models.task.skill import Hint, Outcome, Region, done, refused, skill, unclear
from models.task.weather import RegionUnknown, WeatherProvider, WeatherUnavailable
from models.task.world import World


@skill(effects=False)
def weather(
    world: World, provider: WeatherProvider, say: Say, place: Annotated[Region, Hint("where; here if left out")] = ""
) -> Outcome:
    """Tell what the weather is like."""
    region = place or provider.home(world.place)
    if not region:
        return unclear(say("city"), "place")
    try:
        found = provider.now(region)
    except RegionUnknown:
        return refused(say("unknown", place=region), place=region)
    except WeatherUnavailable:
        return refused(say("away"))
    degrees = say.amount(abs(found.celsius), "degree")
    temperature = say("below", degrees=degrees) if found.celsius < 0 else degrees
    told = say("now", temperature=temperature, sky=found.sky, where=found.where)
    return done(told, place=found.place, sky=found.sky, temperature=temperature)
