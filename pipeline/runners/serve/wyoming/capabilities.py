"""The stages of a graph that serve on their own, and how they are announced to clients."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from wyoming.info import (
    AsrModel,
    AsrProgram,
    Attribution,
    HandleModel,
    HandleProgram,
    Info,
    IntentModel,
    IntentProgram,
    TtsProgram,
    TtsVoice,
)

from pipeline.graph.graph import Graph
from pipeline.packets import Intent, Reply, Speech, Transcript
from pipeline.runners.serve.wyoming.event_reader import BadEvent
from pipeline.stages.stage import Stage

PROGRAM = "parley"
"""The name of each service. Its one model has the graph's name."""

_WHAT = {
    Transcript: "recognises speech",
    Intent: "recognises intents",
    Reply: "answers what is said",
    Speech: "speaks text",
}


def gives(graph: Graph, kind: type) -> bool:
    """Whether a stage of the graph gives packets of that type."""
    return any(kind in node.emits for node in graph.nodes)


def stage_for(graph: Graph, kind: type) -> Stage[Any, Any]:
    """Return the last stage that gives packets of that type. Raises BadEvent where there is none."""
    stages = [node.stage for node in graph.nodes if kind in node.emits]
    if not stages:
        raise BadEvent(f"this server's graph, {graph.name}, has no stage that {_WHAT[kind]}")
    return stages[-1]


def introduction(graph: Graph) -> Info:
    """Return what the graph offers. Transcripts are not streamed, because words may change until the last one is
    known."""
    artifact: dict[str, Any] = {
        "name": PROGRAM,
        "attribution": Attribution("Parley", ""),
        "installed": True,
        "description": f"Parley's graph {graph.name}",
        "version": version("parley-avatar"),
    }
    model = artifact | {"name": graph.name, "languages": list(graph.languages)}
    found = {kind: gives(graph, kind) for kind in _WHAT}
    return Info(
        asr=[AsrProgram(**artifact, models=[AsrModel(**model)])] if found[Transcript] else [],
        tts=[TtsProgram(**artifact, voices=[TtsVoice(**model)], supports_synthesize_streaming=True)]
        if found[Speech]
        else [],
        handle=[HandleProgram(**artifact, models=[HandleModel(**model)], supports_handled_streaming=True)]
        if found[Reply]
        else [],
        intent=[IntentProgram(**artifact, models=[IntentModel(**model)])] if found[Intent] else [],
    )
