"""What can stand in a graph, by name. Parley's own stages and engines register as anyone's do: through entry points.

Group ``parley.stages`` maps kinds of stage to classes; ``parley.asr``, ``parley.tts`` and so on map names to engines. A
module is imported when a graph names something in it, never before.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points, version
from importlib.util import find_spec
from typing import Any, get_type_hints

from models import protocols
from pipeline.errors import GraphError

STAGES = "parley.stages"
NO_ENGINES = frozenset({STAGES, "parley.skills", "parley.kinds", "parley.services", "parley.settings", "parley.roles"})
"""Groups that hold no engines of a step: the stages, and what engines look up by themselves."""
OWN = "parley-avatar"
"""The distribution that this file belongs to."""

STEPS: dict[str, type[Any]] = {
    "vad": protocols.VoiceDetector,
    "endpoint": protocols.EndOfTurn,
    "wake": protocols.WakeWord,
    "asr": protocols.Recogniser,
    "intent": protocols.IntentRecogniser,
    "task": protocols.TaskHandler,
    "response": protocols.LanguageModel,
    "tts": protocols.Synthesiser,
    "lipsync": protocols.MouthShaper,
    "expression": protocols.ExpressionReader,
}
"""The steps in the order in which data passes them, and what their engines can do."""


class Unusable(GraphError):
    """Something that is registered cannot work here. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered name."""

    group: str
    name: str
    points: tuple[EntryPoint, ...]
    """The entry points of the name. There are several where packages claim it for different things."""

    @property
    def origins(self) -> tuple[str, ...]:
        """The distributions that registered it, with their versions."""
        return tuple(dict.fromkeys(f"{p.dist.name} {p.dist.version}" if p.dist else "unknown" for p in self.points))

    def load(self) -> type[Any]:
        """Return the class. Raises Unusable."""
        if len(self.points) > 1:
            raise Unusable(f"{self.name!r} is claimed by {' and by '.join(self.origins)}; uninstall all but one")
        try:
            found = self.points[0].load()
        except (Exception, SystemExit) as error:
            raise Unusable(f"{self.name!r} cannot be imported: {_cause(error)}; {self._repair()}") from error
        if not isinstance(found, type):
            value = self.points[0].value
            raise Unusable(f"{self.name!r} is registered as {value}, which is not a class; {self._repair()}")
        return found

    def engine(self) -> type[Any]:
        """Return the engine class. Raises Unusable where what it `requires` is not installed, or a method is
        missing."""
        cls = self.load()
        absent = [module for module in getattr(cls, "requires", ()) if not importable(module)]
        if absent:
            extra = getattr(cls, "extra", "")
            remedy = f"pip install '{OWN}[{extra}]'" if extra else self._repair()
            packages = f"the package{'s' * (len(absent) > 1)} {', '.join(map(repr, absent))}"
            verb = "are" if len(absent) > 1 else "is"
            raise Unusable(f"{self.name!r} needs {packages}, which {verb} not installed; {remedy}")
        step = self.group.removeprefix("parley.")
        if step not in STEPS:
            return cls
        if gaps := missing_methods(cls, STEPS[step]):
            raise Unusable(f"{self.name!r} is not an engine for {step}: {cls.__name__} has no {', '.join(gaps)}")
        if old := untold_methods(cls, STEPS[step]):
            raise Unusable(f"{self.name!r} is written for an earlier Parley: {old}; {self._update()}")
        return completed(cls, STEPS[step])

    def _update(self) -> str:
        dist = self.points[0].dist
        name = dist.name if dist else "its package"
        return (
            f"install a {name} made for {OWN} {version(OWN)}, or add the parameter there as "
            "'context: Context = DEFAULT' of models.context; an engine that has no use for it ignores it"
        )

    def _repair(self) -> str:
        dist = self.points[0].dist
        return f"pip install --upgrade --force-reinstall {dist.name if dist else 'the package that it comes from'}"


class Registry:
    """The entry points of this Python, or those that are given."""

    def __init__(self, points: Iterable[EntryPoint] | None = None) -> None:
        found: dict[tuple[str, str], dict[str, EntryPoint]] = {}
        for point in _installed() if points is None else points:
            if point.group.startswith("parley."):
                # a distribution may be found twice, as a checkout and as an installation; equal values are one entry
                found.setdefault((point.group, point.name), {}).setdefault(point.value, point)
        self._entries = {key: Entry(*key, tuple(points.values())) for key, points in sorted(found.items())}

    def require_stages(self) -> None:
        """Raise GraphError if nothing is registered at all, as in a checkout that was never installed."""
        if not self.stages():
            raise GraphError(
                f"no stages are registered in {sys.executable}, because {OWN} is not installed in it; "
                "run 'pip install -e .' in the checkout, or use the Python of the virtual environment that has it"
            )

    def group(self, group: str) -> dict[str, Entry]:
        """Return the entries of a group by name."""
        return {name: entry for (held, name), entry in self._entries.items() if held == group}

    def stages(self) -> dict[str, Entry]:
        """Return the kinds of stage, in the order in which data passes them; kinds that Parley does not know come
        last."""
        order = list(STEPS)
        stages = self.group(STAGES)
        return dict(sorted(stages.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))

    def engines(self, step: str) -> dict[str, Entry]:
        """Return the engines of a step."""
        return self.group(f"parley.{step}")

    def engine_steps(self) -> tuple[str, ...]:
        """Return the steps that have engines."""
        groups = dict.fromkeys(group for group, _ in self._entries if group not in NO_ENGINES)
        return tuple(group.removeprefix("parley.") for group in groups)

    def steps_of(self, engine: str) -> tuple[str, ...]:
        """Return the steps that have an engine of that name."""
        return tuple(step for step in self.engine_steps() if engine in self.engines(step))

    def fluent(self, step: str, language: str) -> list[str]:
        """Return those engines of a step that work in a language and can be used here."""
        names = []
        for name, entry in self.engines(step).items():
            try:
                languages = getattr(entry.engine(), "languages", protocols.ANY_LANGUAGE)
            except Unusable:
                continue
            if isinstance(languages, frozenset) and not languages.isdisjoint({language, "*"}):
                names.append(name)
        return names


def _installed() -> Iterator[EntryPoint]:
    found = entry_points()
    for group in found.groups:  # iterating over `found` gives groups on Python 3.11, and entry points on later versions
        yield from found.select(group=group) if group.startswith("parley.") else ()


def importable(module: str) -> bool:
    """Return whether `module` exists. Only the package that holds it is looked for, and nothing is imported."""
    try:
        return find_spec(module.partition(".")[0]) is not None
    except ValueError:  # a module in sys.modules may have no spec, such as one that a test put there
        return module in sys.modules


def missing_methods(cls: type[Any], protocol: type[Any]) -> list[str]:
    """Return the methods of `protocol` that `cls` lacks or inherits with empty bodies. Those of `Engine` need no other
    body."""
    methods = {name: body for name, body in vars(protocol).items() if callable(body) and not name.startswith("_")}
    return [f"{name}()" for name, body in methods.items() if getattr(cls, name, body) is body]


def untold_methods(cls: type[Any], protocol: type[Any]) -> str:
    """Return what is wrong with a method of `cls` that does not take the context, as `protocol` demands; empty if all
    do."""
    for name, body in vars(protocol).items():
        if not callable(body) or "context" not in (wanted := inspect.signature(body).parameters):
            continue
        found = inspect.signature(getattr(cls, name)).parameters
        place = list(wanted).index("context")
        takes = list(found)[place : place + 1] == ["context"]
        if not takes and not any(each.kind is each.VAR_POSITIONAL for each in found.values()):
            expected, there = (", ".join(list(each)[1:]) for each in (wanted, found))
            return f"{cls.__name__}.{name}({there}) is not told who asks; expected {name}({expected})"
    return ""


def completed(cls: type[Any], protocol: type[Any]) -> type[Any]:
    """Return `cls` with the defaults of `protocol`, for an engine that has its shape but does not subclass it."""
    return cls if protocol in cls.__mro__ else type(cls.__name__, (cls, protocol), {"__doc__": cls.__doc__})


def resolved_hints(function: Any) -> dict[str, Any]:
    """Return annotations as types. Raises Unusable where a name in them is imported for type checkers only."""
    try:
        return get_type_hints(function)
    except NameError as error:
        where = f"{function.__module__}.{function.__qualname__}"
        raise Unusable(f"{where} names {error.name!r}, which its module does not import at run time") from error


def _cause(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
