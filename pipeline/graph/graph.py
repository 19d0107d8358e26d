"""A checked graph, ready to load and to serve turns: what the runtime works from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, Field

from models.protocols import VoiceDetector
from pipeline.errors import EngineFailed
from pipeline.stages.lift import Host
from pipeline.stages.stage import Stage

AUDIO = "audio"
"""The name that a graph gives to the user's sound; its packets are `pipeline.packets.Audio`."""


class Turns(BaseModel, extra="forbid", frozen=True):
    """How continuous sound is cut into utterances."""

    threshold: float = Field(0.5, gt=0.0, lt=1.0)
    """The detector's probability from which a window counts as voice."""
    lead: float = Field(0.3, ge=0.0)
    """Seconds of sound kept from before the first voice."""
    tail: float = Field(0.3, ge=0.0)
    """Seconds of sound kept from behind the last voice."""
    pause: float = Field(0.8, gt=0.0)
    """Seconds of quiet that end an utterance."""
    shortest: float = Field(0.2, ge=0.0)
    """Seconds of voice below which a sound is not an utterance."""
    longest: float = Field(30.0, gt=0.0)
    """Seconds after which an utterance ends whether or not the user goes on."""


@dataclass(frozen=True, slots=True)
class Node:
    """One stage in its place."""

    name: str
    step: str
    """The kind of stage, by its registered name: a step word for those that come with Parley."""
    stage: Stage[Any, Any]
    inputs: tuple[str, ...]
    """Names of the nodes that it reads, `AUDIO` among them where it hears the user."""
    accepts: tuple[type, ...]
    """Packet types that it takes; others do not pass the edges into it."""
    emits: tuple[type, ...]
    buffer: int
    """Packets that its inbox holds before its writers wait."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole avatar. Its engines serve every session of the process; turns bring their own state."""

    name: str
    nodes: tuple[Node, ...]
    """In topological order."""
    outputs: tuple[str, ...]
    """Names of the nodes whose packets leave the graph."""
    turns: Turns
    detector: Host[VoiceDetector]
    """Finds the user's voice in continuous sound."""
    hosts: tuple[Host[Any], ...]
    """The engines of all nodes, and the detector's."""
    language: str
    """ISO 639-1."""
    sample_rate: int
    """Hz, of the user's sound."""

    def weights(self) -> tuple[str, ...]:
        """Names in the model catalogue that `load` opens, each once."""
        return tuple(dict.fromkeys(name for host in self.hosts for name in host.weights()))

    async def load(self) -> None:
        """Open every engine's weights, side by side; then let each stage prepare, in topological order.

        A stage that needs more than its own engine has `async def prepare(self, peers)`, where `peers` maps the names
        of nodes to their stages. Raises EngineFailed, naming every stage that has no engine left."""
        outcomes = await asyncio.gather(*(host.load() for host in self.hosts), return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failures:
            raise EngineFailed("\n".join(str(failure) for failure in failures)) from failures[0]
        peers = MappingProxyType({node.name: node.stage for node in self.nodes})
        for node in self.nodes:
            if prepare := getattr(node.stage, "prepare", None):
                await prepare(peers)

    async def close(self) -> None:
        """Free every engine."""
        for host in self.hosts:
            await host.close()
