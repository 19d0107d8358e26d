"""Small stages and streams with which tests build graphs by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar, cast, get_args, get_type_hints

from models.protocols import VoiceDetector
from pipeline.graph.graph import Graph, Node
from pipeline.graph.turns import Turns
from pipeline.host.host import Host
from pipeline.stages.stage import Stage

T = TypeVar("T")


async def stream(*items: T) -> AsyncIterator[T]:
    for item in items:
        yield item


async def collect(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


def ports(stage: Stage[Any, Any]) -> tuple[tuple[type, ...], tuple[type, ...]]:
    """What `stage.run` accepts and emits, by its annotations."""
    hints = get_type_hints(stage.run)
    accepts, emits = (get_args(hints[name])[0] for name in ("inputs", "return"))
    return get_args(accepts) or (accepts,), get_args(emits) or (emits,)


def node(name: str, stage: Stage[Any, Any], *inputs: str, buffer: int = 16) -> Node:
    accepts, emits = ports(stage)
    return Node(name, name, stage, inputs, accepts, emits, buffer)


def graph(nodes: Sequence[Node], *outputs: str) -> Graph:
    """A graph without engines."""
    detector = cast(Host[VoiceDetector], None)
    return Graph("test", tuple(nodes), outputs, Turns(), detector, None, None, (), ("en",), 16_000)
