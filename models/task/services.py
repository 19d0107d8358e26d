"""What a skill may ask for by type, besides its slots.

A service is a function that makes it for one call, and whose return annotation is the type:

    def jukebox(call: Call) -> Jukebox:
        '''The jukebox of the place where the user stands.'''
        return Jukebox(call.world.place)

An entry point in the group ``parley.services`` registers it. What is made for a call ends with it; a service that keeps
something between calls keeps it itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias, get_type_hints

from models.context import DEFAULT, Context
from models.installed import registered
from models.protocols import Reminder, Request
from models.task.sentences import Say
from models.task.weather import WeatherProvider
from models.task.world import Setting, World

GROUP = "parley.services"


class Reminders:
    """Lets the avatar say something later: a service that a skill asks for by type."""

    def __init__(self, name: Callable[[], str]) -> None:
        """`name` gives every reminder an id of its own."""
        self._name = name
        self._asked: list[Reminder] = []
        self._dismissed: list[str] = []

    def after(self, seconds: float, say: str, id: str = "") -> str:
        """Say a whole sentence after so many seconds, if the session lasts. Gives the id of the reminder, which is `id`
        if one is given; a reminder with the same id is replaced."""
        reminder = Reminder(id or self._name(), seconds, say)
        self._asked.append(reminder)
        return reminder.id

    def dismiss(self, id: str) -> None:
        """Do not say the reminder with that id."""
        self._dismissed.append(id)

    def asked(self) -> tuple[Reminder, ...]:
        """What was asked for in this call."""
        return tuple(self._asked)

    def dismissed(self) -> tuple[str, ...]:
        """The ids of what is not said any more."""
        return tuple(self._dismissed)


@dataclass(frozen=True, slots=True)
class Call:
    """What is known when a skill is called."""

    request: Request
    world: World
    """The user's part of the world."""
    provider: WeatherProvider
    reminders: Reminders
    say: Say
    """The skill's messages, in the language of the answer."""
    context: Context = DEFAULT
    """Who asks, and what was said before."""


Service: TypeAlias = Callable[[Call], Any]


def world(call: Call) -> World:
    """The user's part of the world."""
    return call.world


def setting(call: Call) -> Setting:
    """The places and wares of the world."""
    return call.world.setting


def weather(call: Call) -> WeatherProvider:
    """Where the weather comes from."""
    return call.provider


def say(call: Call) -> Say:
    """The skill's messages, in the language of the answer."""
    return call.say


def reminders(call: Call) -> Reminders:
    """What the avatar says later."""
    return call.reminders


def request(call: Call) -> Request:
    """The intent, the user's words and what is around the user."""
    return call.request


def context(call: Call) -> Context:
    """Who asks, and what was said before."""
    return call.context


def services() -> Mapping[type[Any], Service]:
    """The registered services, by the type that each makes. A broken package's are left out; see `broken`."""
    return _found()[0]


def broken() -> Mapping[str, str]:
    """Services that cannot be used, by name, and why."""
    return _found()[1]


@cache
def _found() -> tuple[Mapping[type[Any], Service], Mapping[str, str]]:
    usable: dict[type[Any], Service] = {}
    problems: dict[str, str] = {}
    for name, point in registered(GROUP).items():
        try:
            service = point.load()
            usable.setdefault(get_type_hints(service)["return"], service)
        except KeyError:
            problems[name] = f"{point.value} does not say what it returns; annotate it"
        except (Exception, SystemExit) as error:  # noqa: BLE001 - anyone's module, and the others work without it
            problems[name] = f"{point.value} cannot be used: {type(error).__name__}: {error}"
    return usable, problems
