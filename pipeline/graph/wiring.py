"""The edges of a graph: which stage reads which, whether the types fit, and in what order the stages stand."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pipeline.graph.graph import AUDIO, SENSES
from pipeline.graph.mistakes import Path, unknown
from pipeline.graph.ports import Ports, read_ports, type_names
from pipeline.graph.registry import Registry, Unusable
from pipeline.graph.spec import GraphSpec, NodeSpec


@dataclass(frozen=True, slots=True)
class Wired:
    """A node whose kind is known."""

    spec: NodeSpec
    ports: Ports
    inputs: tuple[str, ...]


def wire(spec: GraphSpec, registry: Registry) -> tuple[Wired, ...]:
    """Return the nodes of `spec` in topological order, as far as they can be wired; mistakes are noted in `spec`."""
    ports = {node.name: found for node in spec.nodes if (found := _ports(node, registry, spec))}
    inputs = {node.name: _inputs(node, spec) for node in spec.nodes}
    order = _order(inputs, spec)
    emits = {AUDIO: SENSES, **{name: found.emits for name, found in ports.items()}}
    for node in spec.nodes:
        for upstream in inputs[node.name]:
            if node.name in ports and upstream in emits and not ports[node.name].takes(emits[upstream]):
                message = (
                    f"{upstream!r} emits {type_names(emits[upstream])}, "
                    f"but {node.name!r} accepts {type_names(ports[node.name].accepts)}"
                )
                takers = [name for name, found in emits.items() if ports[node.name].takes(found) and name != node.name]
                remedy = f"it could read {', '.join(sorted(takers))}" if takers else "no stage of this graph emits that"
                path: Path = (*node.path, "from")
                spec.note(path, f"{message}; {remedy}")
    _check_ends(inputs, spec)
    nodes = {node.name: node for node in spec.nodes}
    return tuple(Wired(nodes[name], ports[name], inputs[name]) for name in order if name in ports)


def _ports(node: NodeSpec, registry: Registry, spec: GraphSpec) -> Ports | None:
    kinds = registry.stages()
    path: Path = (*node.path, "use") if node.spec.use else node.path
    if node.step not in kinds:
        hint = "" if node.spec.use else "; a stage with a name of its own says what it is with 'use:'"
        spec.note(path, f"{unknown(node.step, kinds, 'no kind of stage is called')}{hint}")
        return None
    try:
        return read_ports(node.step, kinds[node.step].load())
    except Unusable as error:
        spec.note(path, str(error))
        return None


def _inputs(node: NodeSpec, spec: GraphSpec) -> tuple[str, ...]:
    """Return the names that a node reads, each once, and only those that exist."""
    path: Path = (*node.path, "from")
    known = {AUDIO, *spec.named}
    for name in dict.fromkeys(node.spec.inputs):
        if name not in known:
            message = unknown(name, known - {node.name}, "nothing in this graph is called")
            spec.note(path, message)
        elif node.spec.inputs.count(name) > 1:
            spec.note(path, f"reads {name!r} twice; once is enough")
    return tuple(name for name in dict.fromkeys(node.spec.inputs) if name in known)


def _order(inputs: dict[str, tuple[str, ...]], spec: GraphSpec) -> list[str]:
    """Return names in topological order. Every loop is noted, and opened to look for the next."""
    edges = {name: [upstream for upstream in read if upstream != AUDIO] for name, read in inputs.items()}
    while True:
        try:
            return [name for name in TopologicalSorter(edges).static_order() if name in inputs]
        except CycleError as error:
            loop: list[str] = error.args[1][:-1]  # each feeds the next, and the last the first
            start = min(range(len(loop)), key=lambda place: list(inputs).index(loop[place]))
            loop = loop[start:] + loop[:start]
            path: Path = ("stages", loop[0], "from")
            drawn = " -> ".join([*loop, loop[0]])
            spec.note(path, f"stages feed each other in a loop: {drawn}; take one edge out")
            edges[loop[0]].remove(loop[-1])


def _check_ends(inputs: dict[str, tuple[str, ...]], spec: GraphSpec) -> None:
    """Note outputs that do not exist, and stages that are not read."""
    path: Path = ("outputs",)
    for name in dict.fromkeys(spec.outputs):
        if name == AUDIO:
            stages = ", ".join(sorted(spec.named))
            spec.note(path, f"{AUDIO!r} is what the user says; outputs are stages: {stages}")
        elif name not in spec.named:
            spec.note(path, unknown(name, spec.named, "no stage is called"))
        elif spec.outputs.count(name) > 1:
            spec.note(path, f"names {name!r} twice; once is enough")
    if not spec.outputs:
        return  # it was noted where the section was read
    read = {upstream for upstreams in inputs.values() for upstream in upstreams}
    for node in spec.nodes:
        if node.name not in read and node.name not in spec.outputs:
            message = "no stage reads it, and it is not an output; name it in a 'from' or in 'outputs', or leave it out"
            spec.note(node.path, message)
