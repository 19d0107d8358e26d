"""The engines that a graph names. Constructors only store options, so nothing is loaded here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from models.protocols import Engine, speaks
from pipeline.graph.document import Value
from pipeline.graph.mistakes import Path, unknown
from pipeline.graph.options import signature
from pipeline.graph.registry import Registry, Unusable
from pipeline.graph.section import read_section
from pipeline.graph.spec import GraphSpec, Ranked
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank

Instead: TypeAlias = Callable[[str, str, Sequence[Engine]], Sequence[Engine]]
"""Takes a host's name, its step and the engines that the file names, and returns the engines to use instead. They get
the ranks, names and deadlines of the file, in order."""


@dataclass(frozen=True, slots=True)
class Made:
    """An engine, and where the file asks for it."""

    name: str
    step: str
    path: Path
    engine: Engine


class EngineMaker:
    """Makes engines, and notes those that cannot be made."""

    def __init__(self, spec: GraphSpec, registry: Registry, instead: Instead | None = None) -> None:
        self._spec, self._registry, self._instead = spec, registry, instead
        self.made: list[Made] = []

    def host(self, name: str, step: str, ranks: tuple[Ranked, ...], *, hears: bool) -> Host[Any]:
        """Return the host `name` of a node that runs on engines of `step`; `hears` is true where they get the user's
        sound."""
        made: list[Rank[Any]] = []
        for place, ranked in enumerate(ranks):
            twin = next((other for other in ranks[:place] if _same(other, ranked)), None)
            if twin is not None:
                message = f"{ranked.engine!r} with the same options ranks higher already; leave it out"
                self._spec.note((*ranked.path, "engine"), message)
            engine = self._engine(step, ranked)
            if engine is not None:
                self._check_fit(engine, step, ranked, hears=hears)
                self.made.append(Made(ranked.engine, step, ranked.path, engine))
                made.append(Rank(ranked.engine, engine, ranked.deadline))
        self._check_languages(step, ranks[0].path, made)
        if self._instead and made:
            engines = self._instead(name, step, [rank.engine for rank in made])
            made = [replace(rank, engine=engine) for rank, engine in zip(made, engines, strict=False)]
        return Host(name, [EngineThread(rank) for rank in made])

    def _engine(self, step: str, ranked: Ranked) -> Engine | None:
        entries = self._registry.engines(step)
        name, path = ranked.engine, (*ranked.path, "engine")
        if not name:
            there = f"choose from {', '.join(entries)}" if entries else f"none is installed for {step}"
            self._spec.note(path, f"is missing, and must be given; {there}")
            return None
        if name not in entries:
            others = [known for known in self._registry.steps_of(name) if known != step]
            where = f"; {name!r} is an engine for {' and '.join(others)}" if others else ""
            self._spec.note(path, f"{unknown(name, entries)}{where}")
            return None
        try:
            cls = entries[name].engine()
            options = self._options(cls, ranked)
        except Unusable as error:
            self._spec.note(path, str(error))
            return None
        return None if options is None else self._make(cls, name, options, ranked.path)

    def _options(self, cls: type[Any], ranked: Ranked) -> dict[str, Any] | None:
        """Return the arguments for the constructor; None if some are wrong."""
        path: Path = (*ranked.path, "with")
        value = self._spec.root.get(*path) or Value({}, self._spec.root.mark_of(ranked.path))
        wanted, before = signature(cls), len(self._spec.mistakes.found)
        options = read_section(wanted.adapter, value, path, self._spec.mistakes, wanted.names)
        return options if len(self._spec.mistakes.found) == before else None

    def _make(self, cls: type[Any], name: str, options: dict[str, Any], path: Path) -> Engine | None:
        try:
            engine: Engine = cls(**options)
        except ValueError as error:
            named = [option for option in options if re.search(rf"\b{re.escape(option)}\b", str(error))]
            where: Path = (*path, "with", named[0]) if len(named) == 1 else (*path, "with")
            self._spec.note(where if self._spec.root.get(*where) else (*path, "engine"), str(error))
            return None
        except Exception as error:  # noqa: BLE001  anyone's engine may raise anything, and the file should still be read on
            self._spec.note((*path, "engine"), f"{name!r} cannot be made: {type(error).__name__}: {error}")
            return None
        return engine

    def _check_fit(self, engine: Engine, step: str, ranked: Ranked, *, hears: bool) -> None:
        """Note a sample rate that is not the graph's, or that the engine works in none of the graph's languages."""
        name, path, wanted = ranked.engine, (*ranked.path, "engine"), self._spec.languages
        if not any(speaks(engine, language) for language in wanted):
            kind = "language is" if len(wanted) == 1 else "languages are"
            message = f"{name!r} works in {_spoken(engine)}, and the graph's {kind} {', '.join(wanted)}"
            self._spec.note(path, f"{message}; {self._fluent(step, wanted[0], name)}")
        rate = getattr(engine, "sample_rate", None)
        if hears and rate is not None and rate != self._spec.sample_rate:
            message = f"{name!r} takes sound at {rate} Hz, and the graph's sample_rate is {self._spec.sample_rate}"
            self._spec.note(path, f"{message}; set 'sample_rate: {rate}': sound is converted where it enters")

    def _check_languages(self, step: str, path: Path, ranks: Sequence[Rank[Any]]) -> None:
        """Note a language of the graph in which none of a node's engines works, where some work in another."""
        for language in self._spec.languages:
            mute = ranks and not any(speaks(rank.engine, language) for rank in ranks)
            if mute and any(speaks(rank.engine, other) for rank in ranks for other in self._spec.languages):
                found = ", ".join(f"{rank.name!r} works in {_spoken(rank.engine)}" for rank in ranks)
                remedy = self._fluent(step, language, *(rank.name for rank in ranks))
                told = f"the graph promises {language}, and no engine here works in it: {found}"
                self._spec.note(path, f"{told}; {remedy}")

    def _fluent(self, step: str, language: str, *known: str) -> str:
        """Return which other engines work in a language, as a remedy."""
        others = [other for other in self._registry.fluent(step, language) if other not in known]
        if not others:
            return f"no installed engine for {step} knows {language}"
        return f"engines for {language}, which may stand here or among 'fallbacks': {', '.join(others)}"


def _spoken(engine: Engine) -> str:
    return ", ".join(sorted(engine.languages))


def _same(one: Ranked, other: Ranked) -> bool:
    return (one.engine, one.options) == (other.engine, other.options)
