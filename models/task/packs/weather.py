"""Weather."""

from __future__ import annotations

from typing import Annotated

from models.language.en.sentences import counted
from models.task.skill import Hint, Outcome, Region, done, refused, skill, unclear
from models.task.weather import RegionUnknown, WeatherProvider, WeatherUnavailable
from models.task.world import World


@skill(
    examples=[
        "what is the weather like",
        "how is the weather at the {place}",
        "is it raining",
        "is it raining at the {place}",
        "what's the weather in {place}",
        "is it cold outside",
        "do i need an umbrella today",
        "um how warm is it at the {place}",
        "what is the temperature",
        "is the sun shining at the {place}",
        "will i get wet if i go to the {place}",
        "should i take a jacket",
        "give me the weather report",
    ],
    effects=False,
)
def weather(
    world: World, provider: WeatherProvider, place: Annotated[Region, Hint("where; here if left out")] = ""
) -> Outcome:
    """Tell what the weather is like."""
    region = place or provider.home(world.place)
    if not region:
        return unclear("For which city?")
    try:
        found = provider.now(region)
    except RegionUnknown:
        return refused(f"I know no place called {region}.", place=region)
    except WeatherUnavailable:
        return refused("I cannot reach the weather service right now.")
    degrees = counted(abs(found.celsius), "degree")
    temperature = f"minus {degrees}" if found.celsius < 0 else degrees
    say = f"It is {temperature} and {found.sky} {found.where}."
    return done(say, place=found.place, sky=found.sky, temperature=temperature)
