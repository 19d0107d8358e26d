"""Skills: tasks as plain typed functions, acting in a small world that lasts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any, Literal

from models.context import DEFAULT, Context
from models.errors import ModelError, NotRegistered
from models.kinds import ITEM, PLACE, REGION, find_kind, kind_of
from models.language.finding import known_language, language_of
from models.manager.elsewhere import arguments, gone, late, stated
from models.manager.filling import Unfilled, fill
from models.protocols import ANY_LANGUAGE, UNKNOWN, Outcome, Reminder, Request, SkillCard, SlotValue, TaskHandler
from models.task.packs import BUILT_IN, collect
from models.task.sentences import Say
from models.task.servers import ServerOptions, Servers
from models.task.services import GROUP as SERVICES
from models.task.services import Call, Reminders, broken, services
from models.task.skill import Skill, SkillFailed, direct
from models.task.weather import OpenMeteo, WeatherProvider, WorldWeather
from models.task.world.setting import PLAZA, load_setting
from models.task.world.world import MEMORY, WorldStore, default_path


class Skills(TaskHandler):
    """Does what the skills of its packs can do."""

    acts = True
    languages: frozenset[str] = ANY_LANGUAGE  # type: ignore[misc]  # its packs decide: those that any skill speaks

    def __init__(  # noqa: PLR0913 - each is an option of a graph's file
        self,
        *,
        skills: list[str] | None = None,
        setting: str = PLAZA,
        world: str | None = None,
        weather: Literal["world", "open-meteo"] = "world",
        city: str = "",
        allowance: int | None = None,
        mcp: dict[str, dict[str, Any]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raises ValueError for an option that cannot be.

        `skills`: names of packs, built in or installed; None takes all that are built in.
        `setting`: the places and wares of the world: the name of an installed setting, or the path of a YAML file.
        `world`: the file that keeps the world, or ``:memory:``; None takes the setting's file in the user's data
        folder. Guests have a world in memory whatever it says.
        `weather`: the virtual world's own, or a real city's from Open-Meteo's service.
        `city`: the one meant where the user names none; for ``open-meteo``.
        `allowance`: coins that a purchase may cost without a question; None takes the setting's.
        `mcp`: servers of tools by name, whose tools become skills (`models.task.servers.ServerOptions`).
        `clock`: seconds since 1970."""
        if allowance is not None and allowance < 0:
            raise ValueError(f"allowance: expected 0 coins or more, but found {allowance}")
        if weather not in ("world", "open-meteo"):
            raise ValueError(f"weather: expected 'world' or 'open-meteo', but found {weather!r}")
        if city and weather == "world":
            raise ValueError(
                "city: the world's own weather has no cities; set weather to 'open-meteo', or leave city out"
            )
        if world is not None and not world.strip():
            raise ValueError("world: expected a path or ':memory:', but found nothing; leave it out for the usual file")
        self.world, self.clock = world, clock
        self._servers = Servers({name: ServerOptions.of(name, given) for name, given in (mcp or {}).items()})
        self.setting = load_setting(setting)
        if allowance is not None:
            self.setting = replace(self.setting, allowance=allowance)
        self.provider: WeatherProvider = (
            OpenMeteo(city) if weather == "open-meteo" else WorldWeather(clock, self.setting)
        )
        """Where the weather comes from; code may set another one before `skills` is asked for."""
        self._skills = collect(BUILT_IN if skills is None else skills)
        for skill in self._skills.values():
            self._check(skill)
        self.languages = frozenset(code for skill in self._skills.values() for code in skill.texts)
        self._reminders = count(1)
        self._store: WorldStore | None = None
        self._guests: WorldStore | None = None

    def skills(self) -> tuple[SkillCard, ...]:
        """What it can do, and the names that the world knows."""
        return tuple(self._card(name, next(iter(skill.texts))) for name, skill in self._skills.items())

    def others(self) -> tuple[SkillCard, ...]:
        """What its servers can do."""
        return tuple(tool.card for name, tool in self._servers.tools.items() if name not in self._skills)

    def load(self) -> None:
        """Open the world, and connect to the servers. Raises `models.task.world.WorldError`, and ModelError where the
        SDK of the servers is not installed."""
        if self._store is None:
            path = default_path(self.setting.name) if self.world is None else self.world
            self._store = WorldStore(path, self.clock, self.setting)
            self._guests = WorldStore(MEMORY, self.clock, self.setting)
        self._servers.open()
        for code in self.languages:  # a language reads its files when it is asked first, which is no user's time
            _ = language_of("", code).phrases

    def close(self) -> None:
        """Close the world and the connections."""
        self._servers.close()
        for store in (self._store, self._guests):
            if store is not None:
                store.close()
        self._store = self._guests = None

    def handle(self, request: Request, context: Context = DEFAULT) -> Outcome:
        """Do what the intent asks for; what no skill answers to, in the language of the answer, is open talk.

        Raises SkillFailed where a skill has a bug, WorldError where the world's file fails."""
        name = request.intent.name
        if name not in self._skills or context.language not in self._skills[name].texts:
            return replace(direct(known_language(context.language).phrases["chat"]), task=UNKNOWN)
        store = self._guests if context.user.guest else self._store
        if store is None:
            raise RuntimeError("Skills.handle was called before load")
        skill = self._skills[name]
        texts, language = skill.texts[context.language], language_of("", context.language)
        try:
            slots = fill(
                self._card(name, language.code).slots, texts.asks, request.intent.slots, request.things, language
            )
        except Unfilled as unfilled:
            return replace(unfilled.outcome, task=name)
        slots = {slot: self._meant(skill, slot, value, language.code) for slot, value in slots.items()}
        say = Say(texts, language)
        reminders = Reminders(lambda: f"{name}-{next(self._reminders)}")
        call = Call(request, store.of(context.user.id), self.provider, reminders, say, context)
        try:
            provided = {parameter: services()[wanted](call) for parameter, wanted in skill.provided.items()}
            return replace(skill(**slots, **provided), reminders=reminders.asked(), dismissed=reminders.dismissed())
        except ModelError:
            raise
        except Exception as error:
            raise SkillFailed(f"skill '{name}' failed: {type(error).__name__}: {error}") from error

    def asks_others(self, skill: str) -> bool:
        """Whether a server carries out the skill with that name."""
        return skill in self._servers.tools and skill not in self._skills

    def ask(self, request: Request, context: Context = DEFAULT) -> Outcome:
        """Let a server carry out one of its tools, and state what it answers."""
        name, language = request.intent.name, known_language(context.language)
        try:
            slots = arguments(self._servers.tools[name].card, request, language)
        except Unfilled as unfilled:
            return unfilled.outcome
        try:
            status, say = self._servers.call(name, slots)
        except TimeoutError:
            return late(name, language)
        except ConnectionError:
            return gone(name, language)
        return stated(name, status, say, {}, language)

    def pending(self, context: Context = DEFAULT) -> tuple[Reminder, ...]:
        """The timers of a known user that run since an earlier session."""
        if context.user.guest or self._store is None:
            return ()
        world = self._store.of(context.user.id)
        return tuple(Reminder(f"timer-{each.id}", each.ends_at - world.now(), each.say) for each in world.timers())

    def price_of(self, name: str, context: Context = DEFAULT) -> float | None:
        """The price of a ware in coins; None for what is no ware."""
        ware = self.setting.wares.get(self.setting.names(ITEM.name, context.language).get(name, name))
        return None if ware is None else ware.price

    def _card(self, name: str, language: str) -> SkillCard:
        skill = self._skills[name]
        kinds = dict.fromkeys(slot.kind for slot in skill.slots)
        # A region that the provider lists nowhere may be any words; of other kinds no list means that there is none.
        return skill.card(
            {kind: names for kind in kinds if (names := self._names(kind, language)) or kind == REGION.name}, language
        )

    def _meant(self, skill: Skill[...], slot: str, value: SlotValue, language: str) -> SlotValue:
        """What a name that was said in a language stands for in the world."""
        kind = next(each.kind for each in skill.slots if each.name == slot)
        return self.setting.names(kind, language).get(str(value), value)

    def _names(self, kind: str, language: str) -> tuple[str, ...]:
        """The names that a slot of a kind may take; empty where it takes others than names, or any."""
        if kind == REGION.name:
            return self.provider.regions
        return tuple(self.setting.names(kind, language)) or kind_of(kind).names

    def _check(self, skill: Skill[...]) -> None:
        """Raises ValueError for a skill that wants a service, or has a kind of slot, that nobody registered."""
        for slot in skill.slots:
            try:
                find_kind(slot.kind)
            except NotRegistered as error:
                raise ValueError(f"skills: '{skill.name}' has a slot '{slot.name}': {error}") from error
            if slot.kind in (ITEM.name, PLACE.name) and not self.setting.names(slot.kind):
                raise ValueError(
                    f"skills: '{skill.name}' has a slot '{slot.name}' of the kind '{slot.kind}', and the setting "
                    f"'{self.setting.name}' has none; add some to it, or name the packs to serve without this one"
                )
        for parameter, wanted in skill.provided.items():
            if wanted not in services():
                found, has = getattr(wanted, "__name__", wanted), ", ".join(kind.__name__ for kind in services())
                reasons = "".join(f"; service '{name}': {why}" for name, why in broken().items())
                raise ValueError(
                    f"skills: '{skill.name}' wants '{parameter}' of type {found}, which is no slot and not one of "
                    f"{has}; a package adds a service with an entry point in '{SERVICES}'{reasons}"
                )
