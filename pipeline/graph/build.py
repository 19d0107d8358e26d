"""From a graph file to a graph: stages and engines are made and put in their places. Nothing is loaded here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pipeline.graph.document import Value
from pipeline.graph.engines import EngineMaker, Instead, Made
from pipeline.graph.graph import Graph, Node
from pipeline.graph.load import load
from pipeline.graph.mistakes import Mistakes, Path
from pipeline.graph.ports import Ports
from pipeline.graph.registry import Registry
from pipeline.graph.section import read_section
from pipeline.graph.spec import (
    DEFAULT_ENGINES,
    EngineSpec,
    GraphSpec,
    NodeSpec,
    Ranked,
    StageSpec,
    read_spec,
)
from pipeline.graph.turns import Turns
from pipeline.graph.wiring import Wired, wire
from pipeline.host.host import Host
from pipeline.packets import Audio
from pipeline.stages.stage import Checks


@dataclass(frozen=True, slots=True)
class Built:
    """A graph, and what it was made from."""

    graph: Graph
    engines: tuple[Made, ...]
    spec: GraphSpec
    wiring: tuple[Wired, ...]


def open_graph(
    name: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    *,
    registry: Registry | None = None,
    environ: Mapping[str, str] | None = None,
    instead: Instead | None = None,
) -> Graph:
    """Return the graph with the name of a shipped one, or from the path of a file, checked; `Graph.load` then opens its
    weights.

    Overrides are ``path=value``: ``stages.asr.engine=faster-whisper``. `instead` may replace the engines that the file
    names. Raises WrongGraph, a GraphError, with every mistake that there is."""
    return build(open_spec(name, overrides, environ), registry or Registry(), instead).graph


def open_spec(
    name: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> GraphSpec:
    """Return what the file says, with the mistakes in it. Raises WrongGraph where there is nothing to go on with."""
    mistakes = Mistakes()
    document = load(name, mistakes, overrides=overrides, environ=environ)
    if document is None:
        mistakes.raise_any()
    assert document is not None, "a document that cannot be read has a mistake"  # noqa: S101  for mypy
    return read_spec(document, mistakes)


def build(spec: GraphSpec, registry: Registry, instead: Instead | None = None) -> Built:
    """Return the graph that `spec` describes. Raises WrongGraph with all mistakes, including those of the file.

    A ValueError from a stage's constructor, or from its `pipeline.stages.stage.Checks.check`, is a mistake of the stage
    in the file."""
    registry.require_stages()
    maker = EngineMaker(spec, registry, instead)
    engine = Ranked(spec.turns.engine, spec.turns.options, None, ("turns",))
    detector = maker.host("turns", "vad", (engine,), hears=True)
    endpoint = _judge("endpoint", spec.turns.endpoint, maker)
    wake = _judge("wake", spec.turns.wake, maker)
    wiring = wire(spec, registry)
    parts = {wired.spec.name: _arguments(wired, spec, maker) for wired in wiring}
    spec.mistakes.raise_any()
    nodes = tuple(node for wired in wiring if (node := _place(wired, parts[wired.spec.name], spec)))
    spec.mistakes.raise_any()
    _check_peers(nodes, spec)
    hosts = tuple(part["host"] for part in parts.values() if "host" in part)
    graph = Graph(
        name=spec.name,
        nodes=nodes,
        outputs=spec.outputs,
        turns=Turns.model_validate(spec.turns.model_dump(include=set(Turns.model_fields))),
        detector=detector,
        endpoint=endpoint,
        wake=wake,
        hosts=tuple(host for host in (detector, endpoint, wake, *hosts) if host),
        languages=spec.languages,
        sample_rate=spec.sample_rate,
    )
    return Built(graph, tuple(maker.made), spec, wiring)


def _judge(step: str, spec: EngineSpec | None, maker: EngineMaker) -> Host[Any] | None:
    """Return the host of an engine of turn-taking, where the file names one."""
    if spec is None:
        return None
    path: Path = ("turns", step)
    return maker.host(f"turns.{step}", step, (Ranked(spec.engine, spec.options, spec.deadline, path),), hears=True)


def _place(wired: Wired, arguments: dict[str, Any], spec: GraphSpec) -> Node | None:
    node, ports = wired.spec, wired.ports
    try:
        stage = ports.cls(**arguments)
    except ValueError as error:
        spec.note(node.path, str(error))
        return None
    return Node(node.name, node.step, stage, wired.inputs, ports.accepts, ports.emits, node.spec.buffer)


def _check_peers(nodes: tuple[Node, ...], spec: GraphSpec) -> None:
    peers = {node.name: node.stage for node in nodes}
    for node in nodes:
        try:
            if isinstance(node.stage, Checks):
                node.stage.check(peers)
        except ValueError as error:
            spec.note(("stages", node.name), str(error))
    spec.mistakes.raise_any()


def _arguments(wired: Wired, spec: GraphSpec, maker: EngineMaker) -> dict[str, Any]:
    """Return the arguments of the stage's constructor, as far as they are right."""
    node, ports = wired.spec, wired.ports
    arguments: dict[str, Any] = {}
    if ports.engines is not None:
        engine = node.spec.engine or DEFAULT_ENGINES.get(ports.engines, "")
        first = Ranked(engine, node.spec.options, node.spec.deadline, node.path)
        hears = any(issubclass(Audio, kind) for kind in ports.accepts)
        arguments["host"] = maker.host(node.name, ports.engines, (first, *node.fallbacks), hears=hears)
    else:
        for key in ("engine", "with", "deadline", "fallbacks"):
            path: Path = (*node.path, key)
            if spec.root.get(*path) is not None:
                message = f"a stage of the kind {node.step!r} has no engine; leave it out"
                spec.note(path, message)
    options = _options(node, ports, spec)
    return arguments if options is None else arguments | {"options": options}


def _options(node: NodeSpec, ports: Ports, spec: GraphSpec) -> BaseModel | None:
    """Return the stage's own options; None if it has none, or if they are wrong."""
    own = {key: value for key in node.options if (value := spec.root.get(*node.path, key))}
    value = Value(own, spec.root.mark_of(node.path))
    model = ports.options or _NoOptions
    fields = [field.alias or name for name, field in model.model_fields.items()]
    found = read_section(model, value, node.path, spec.mistakes, [*StageSpec.keys(), *fields])
    return found if ports.options else None


class _NoOptions(BaseModel, extra="forbid"):
    """The options of a stage that has none."""
