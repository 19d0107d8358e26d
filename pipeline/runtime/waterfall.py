"""Where the time went between the user's last word and the avatar's first sound."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.graph.graph import AUDIO, Graph, Node
from pipeline.host.meter import Meter
from pipeline.packets import Partial, Speech
from pipeline.runtime.record import Record

LISTENING = "listening"
"""The wait until the turn's sound was over: the user had finished, and that had to be noticed."""
HELD = "held"
"""The wait of an answer that was ready before the user was known to have finished."""
PLAYBACK = "playback"
"""The wait from the first sound given to the first audible sample: silence at its beginning, and the device's delay."""


@dataclass(frozen=True, slots=True)
class Span:
    """One thing that the user waited for."""

    name: str
    """A node of the graph, `LISTENING`, `HELD` or `PLAYBACK`."""
    start: float
    """Seconds since the user finished, at its beginning."""
    end: float
    """Seconds since the user finished, at its end."""

    @property
    def seconds(self) -> float:
        """How long it took, in seconds."""
        return self.end - self.start


def waterfall(record: Record, graph: Graph) -> list[Span]:
    """Return what the user waited for, one thing after another. The spans have no gaps. They reach from the end of the
    user's sound to the first audible sample of the answer, or as far as the turn came.

    At each moment the user waits for the node that gives next, among those that the voice depends on. A task that acts
    waits until the user is known to have finished, and that is a part of its span."""
    origin = record.began if record.finished is None else record.finished
    meters = record.report.meters
    sound_over = meters[AUDIO].ended if AUDIO in meters else None
    if sound_over is None:
        return []
    marks = [(LISTENING, record.began + sound_over)]
    given = [(node.name, _given(node, meters[node.name])) for node in voice_path(graph) if node.name in meters]
    reached = [(name, record.began + at) for name, at in given if at is not None]
    marks += sorted(reached, key=lambda mark: mark[1])
    if record.sounded is not None:
        if record.confirmed is not None and record.confirmed > marks[-1][1]:
            marks.append((HELD, record.confirmed))
        marks.append((PLAYBACK, record.sounded))
    spans: list[Span] = []
    start = 0.0
    for name, at in marks:
        end = max(start, at - origin)  # work that was done while the user still spoke costs no time
        spans.append(Span(name, start, end))
        start = end
    return spans


def voice_path(graph: Graph) -> list[Node]:
    """Return the nodes that the voice depends on, in topological order; all nodes of a graph that does not speak."""
    path = {node.name for node in graph.nodes if Speech in node.emits}
    if not path:
        return list(graph.nodes)
    for node in reversed(graph.nodes):
        if node.name in path:
            path.update(node.inputs)
    return [node for node in graph.nodes if node.name in path]


def _given(node: Node, meter: Meter) -> float | None:
    """Return the time at which a node gave what its readers waited for: its first packet, or its last where captions
    come before."""
    return meter.ended if Partial in node.emits else meter.first_out
