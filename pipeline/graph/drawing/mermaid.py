"""A graph as a picture: what is in it, and its form as Mermaid text. `pipeline.graph.drawing.svg` paints it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.graph.graph import AUDIO, SENSES
from pipeline.graph.ports import type_names
from pipeline.graph.spec import DEFAULT_ENGINES, GraphSpec
from pipeline.graph.wiring import Wired


@dataclass(frozen=True, slots=True)
class Shape:
    """A node as it is drawn."""

    name: str
    step: str
    """The kind of stage, which chooses the colour."""
    about: str
    """The names of its engines, best first."""
    leaves: tuple[str, ...]
    """Packet types that leave the graph here."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge as it is drawn."""

    source: str
    target: str
    label: str
    """Packet types that pass."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is drawn."""

    title: str
    about: str
    shapes: tuple[Shape, ...]
    """The shapes in topological order, the user's sound first."""
    edges: tuple[Edge, ...]


def picture(spec: GraphSpec, wiring: tuple[Wired, ...]) -> Picture:
    """Return the picture of a graph that is wired; its engines need not be usable."""
    emits: dict[str, tuple[type, ...]] = {AUDIO: SENSES} | {wired.spec.name: wired.ports.emits for wired in wiring}
    shapes = [Shape(AUDIO, AUDIO, f"{spec.turns.engine} · {spec.sample_rate / 1000:g} kHz", ())]
    edges = []
    for wired in wiring:
        node, ports = wired.spec, wired.ports
        first = node.spec.engine or DEFAULT_ENGINES.get(ports.engines or "", "")
        engines = [name for name in (first, *(ranked.engine for ranked in node.fallbacks)) if name]
        leaves = tuple(kind.__name__ for kind in ports.emits) if node.name in spec.outputs else ()
        shapes.append(Shape(node.name, node.step, " › ".join(engines), leaves))
        edges += [Edge(name, node.name, type_names(ports.takes(emits[name]))) for name in wired.inputs]
    return Picture(spec.name, spec.description, tuple(shapes), tuple(edges))


def mermaid(picture: Picture) -> str:
    """Return the picture as a Mermaid flowchart; edges that leave the graph are dashed."""
    ids = {shape.name: f"n{place}" for place, shape in enumerate(picture.shapes)}
    lines = ["flowchart LR"]
    for shape in picture.shapes:
        text = shape.name if not shape.about else f"{shape.name}<br>{shape.about}"
        left, right = ("([", "])") if shape.step == AUDIO else ("[", "]")
        lines.append(f"    {ids[shape.name]}{left}{_quoted(text)}{right}")
    lines += [f"    {ids[edge.source]} -->|{_quoted(edge.label)}| {ids[edge.target]}" for edge in picture.edges]
    leaving = [shape for shape in picture.shapes if shape.leaves]
    lines.append('    out(["outputs"])')
    lines += [f"    {ids[shape.name]} -.->|{_quoted(' | '.join(shape.leaves))}| out" for shape in leaving]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "#quot;") + '"'
