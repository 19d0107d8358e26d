"""The graphs, stages and engines that there are, and which of them work here. One broken package never hides the
rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.protocols import ANY_LANGUAGE
from pipeline.graph.load import load, shipped
from pipeline.graph.mistakes import Mistakes, dotted
from pipeline.graph.ports import Ports, read_ports
from pipeline.graph.registry import STEPS, Registry, Unusable

if TYPE_CHECKING:
    from pipeline.graph.engines import Made


@dataclass(frozen=True, slots=True)
class Offer:
    """A registered stage or engine."""

    step: str
    """The kind of stage; for an engine, the step that it serves."""
    name: str
    origin: str
    """The package that registered it, with its version."""
    problem: str
    """Why it cannot be used here, and what to do; empty where it can be used."""
    ports: Ports | None = None
    """The ports of a stage that can be used."""
    languages: tuple[str, ...] = ()
    """The languages of an engine that can be used."""


def graphs() -> dict[str, str]:
    """Return the graphs that come with Parley, and their descriptions."""
    found = {}
    for name in shipped():
        document = load(name, Mistakes(), environ={})
        description = document.root.get("description") if document else None
        found[name] = str(description.data) if description else ""
    return found


def stages(registry: Registry) -> list[Offer]:
    """Return every kind of stage."""
    offers = []
    for name, entry in registry.stages().items():
        ports, problem = None, ""
        try:
            ports = read_ports(name, entry.load())
        except Unusable as error:
            problem = str(error)
        offers.append(Offer(name, name, " and ".join(entry.origins), problem, ports))
    return offers


def engines(registry: Registry) -> list[Offer]:
    """Return every engine, in the order in which data passes the steps."""
    offers = []
    for step in (*STEPS, *(other for other in registry.engine_steps() if other not in STEPS)):
        for name, entry in registry.engines(step).items():
            languages: tuple[str, ...] = ()
            problem = ""
            try:
                spoken = getattr(entry.engine(), "languages", ANY_LANGUAGE)
                languages = tuple(sorted(spoken)) if isinstance(spoken, frozenset) else ("*",)
            except Unusable as error:
                problem = str(error)
            offers.append(Offer(step, name, " and ".join(entry.origins), problem, None, languages))
    return offers


def missing_weights(made: tuple[Made, ...]) -> list[str]:
    """Return a note, with the remedy, for each model that engines would have to fetch or cannot find."""
    from models.store.store import Store  # only this function needs the store

    store, notes = Store(), []
    for each in made:
        place = dotted(each.path)
        for name in each.engine.weights():
            if name in store.catalog.entries:
                if store.state(name).where not in ("cache", "package"):
                    size = store.entry(name).size / 1e6
                    notes.append(f"{place}: {name} ({size:,.0f} MB) is not here yet; parley models pull {name}")
            elif name.startswith("hub:"):
                notes.append(f"{place}: {name} comes from a model hub; to have it before: parley models pull {name}")
    return list(dict.fromkeys(notes))
