"""Skills: tasks as plain typed functions, acting in a small world that lasts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal

from models.errors import ModelError
from models.protocols import GUEST, UNKNOWN, Outcome, Request, SkillCard, TaskHandler
from models.task.packs import BUILT_IN, collect
from models.task.setting import SITES, WARES
from models.task.skill import Skill, SkillFailed, direct
from models.task.slots import Unfilled, fill
from models.task.weather import OpenMeteo, WeatherProvider, WorldWeather
from models.task.world import World, WorldStore, default_path

TALK = "Answer the user in one or two short sentences."
"""The direction where no skill was asked for."""

_PROVIDED = (World, WeatherProvider, Request)
"""What a skill may ask for besides its slots, by type."""


class Skills(TaskHandler):
    """Does what the skills of its packs can do."""

    acts = True

    def __init__(
        self,
        *,
        skills: list[str] | None = None,
        world: str | None = None,
        weather: Literal["world", "open-meteo"] = "world",
        city: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raises ValueError for an option that cannot be.

        `skills`: names of packs, built in or installed; None takes all that are built in.
        `world`: the file that keeps the world, or ``:memory:``; None takes a file in the user's data folder. Guests
        have a world in memory whatever it says.
        `weather`: the virtual world's own, or a real city's from Open-Meteo's service.
        `city`: the one meant where the user names none; for ``open-meteo``.
        `clock`: seconds since 1970."""
        if weather not in ("world", "open-meteo"):
            raise ValueError(f"weather: expected 'world' or 'open-meteo', but found {weather!r}")
        if city and weather == "world":
            raise ValueError(
                "city: the world's own weather has no cities; set weather to 'open-meteo', or leave city out"
            )
        if world is not None and not world.strip():
            raise ValueError("world: expected a path or ':memory:', but found nothing; leave it out for the usual file")
        self.world, self.clock = world, clock
        self.provider: WeatherProvider = OpenMeteo(city) if weather == "open-meteo" else WorldWeather(clock)
        """Where the weather comes from; code may set another one before `skills` is asked for."""
        self._skills = collect(BUILT_IN if skills is None else skills)
        _check_provided(self._skills.values())
        self._store: WorldStore | None = None
        self._guests: WorldStore | None = None

    def skills(self) -> tuple[SkillCard, ...]:
        """What it can do, and the names that the world knows."""
        return tuple(self._card(name) for name in self._skills)

    def load(self) -> None:
        """Open the world. Raises `models.task.world.WorldError`."""
        if self._store is None:
            self._store = WorldStore(default_path() if self.world is None else self.world, self.clock)
            self._guests = WorldStore(":memory:", self.clock)

    def close(self) -> None:
        """Close the world."""
        for store in (self._store, self._guests):
            if store is not None:
                store.close()
        self._store = self._guests = None

    def handle(self, request: Request) -> Outcome:
        """Do what the intent asks for; what no skill answers to is open talk.

        Raises SkillFailed where a skill has a bug, WorldError where the world's file fails."""
        name = request.intent.name
        if name not in self._skills:
            return replace(direct(TALK), task=UNKNOWN)
        store = self._guests if request.user.startswith(GUEST) else self._store
        if store is None:
            raise RuntimeError("Skills.handle was called before load")
        skill = self._skills[name]
        try:
            slots = fill(self._card(name).slots, skill.asks, request.intent.slots, request.things)
        except Unfilled as unfilled:
            return replace(unfilled.outcome, task=name)
        world = store.of(request.user)
        given: dict[type[Any], object] = {World: world, WeatherProvider: self.provider, Request: request}
        provided = {parameter: given[wanted] for parameter, wanted in skill.provided.items()}
        try:
            return skill(**slots, **provided)
        except ModelError:
            raise
        except Exception as error:
            raise SkillFailed(f"skill '{name}' failed: {type(error).__name__}: {error}") from error

    def _card(self, name: str) -> SkillCard:
        names = {"item": tuple(WARES), "place": tuple(SITES), "region": self.provider.regions}
        return self._skills[name].card(names)


def _check_provided(skills: Iterable[Skill[...]]) -> None:
    """Raises ValueError for a skill that wants what the engine does not have."""
    for skill in skills:
        for parameter, wanted in skill.provided.items():
            if wanted not in _PROVIDED:
                found, has = getattr(wanted, "__name__", wanted), ", ".join(kind.__name__ for kind in _PROVIDED)
                raise ValueError(
                    f"skills: '{skill.name}' wants '{parameter}' of type {found}, which is no slot and not one of {has}"
                )
