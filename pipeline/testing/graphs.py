"""A graph file with scripted engines in place of those that it names."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from models.protocols import Engine
from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.testing.engines import (
    ScriptedDetector,
    ScriptedEndpoint,
    ScriptedIntents,
    ScriptedLooks,
    ScriptedModel,
    ScriptedMouth,
    ScriptedRecogniser,
    ScriptedTasks,
    ScriptedVoice,
    ScriptedWake,
)

STAND_INS: dict[str, Callable[[Any], Engine]] = {
    "vad": lambda engine: ScriptedDetector(engine.sample_rate, engine.window),
    "endpoint": lambda engine: ScriptedEndpoint(engine.sample_rate),
    "wake": lambda engine: ScriptedWake(sample_rate=engine.sample_rate),
    "asr": lambda engine: ScriptedRecogniser(sample_rate=engine.sample_rate),
    "intent": lambda _: ScriptedIntents(),
    "task": lambda _: ScriptedTasks(),
    "response": lambda _: ScriptedModel(),
    "tts": lambda engine: ScriptedVoice(engine.sample_rate),
    "lipsync": lambda _: ScriptedMouth(),
    "expression": lambda _: ScriptedLooks(),
}
"""By step: what takes the place of an engine unless a test gives something better."""


def scripted_graph(
    name: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    engines: Mapping[str, Engine | Sequence[Engine]] | None = None,
    keep: Collection[str] = (),
) -> Graph:
    """The graph that `open_graph` gives, with every check of the file, but with scripted engines.

    `engines` are those that a test wants at a place: a stage's name, ``turns`` (the voice detector), ``turns.endpoint``
    or ``turns.wake``. Several are ranked, and take over the deadlines of the file's own ranks. The file's engines stay
    at the places that `keep` names; `STAND_INS` are at all others. Raises WrongGraph, and ValueError for a place that
    the graph does not have, or that has no stand-in."""
    given = {place: item if isinstance(item, Sequence) else (item,) for place, item in (engines or {}).items()}
    places: list[str] = []

    def instead(place: str, step: str, real: Sequence[Engine]) -> Sequence[Engine]:
        places.append(place)
        if place in given:
            if not 1 <= len(given[place]) <= len(real):
                raise ValueError(
                    f"{place}: {len(given[place])} engines for {len(real)} ranks, expected 1 to {len(real)}"
                )
            return given[place]
        if place in keep:
            return real
        if step not in STAND_INS:
            raise ValueError(
                f"{place}: no scripted engine is known for {step}; give one in 'engines', or 'keep' its own"
            )
        return [STAND_INS[step](real[0])]

    graph = open_graph(name, overrides, instead=instead)
    if strange := [place for place in (*given, *keep) if place not in places]:
        raise ValueError(f"the graph has no engine at {', '.join(strange)}; it has them at {', '.join(places)}")
    return graph
