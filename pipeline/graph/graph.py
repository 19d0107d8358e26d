"""A checked graph, ready to load and to serve turns. The runtime works from it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, get_args

from models.protocols import EndOfTurn, VoiceDetector, WakeWord
from pipeline.errors import EngineFailed
from pipeline.graph.turns import Turns
from pipeline.host.host import Host
from pipeline.packets import Sense
from pipeline.stages.stage import Prepares, Stage

AUDIO = "audio"
"""The name that a graph gives to the user's sound, and to what is typed and shown beside it."""
SENSES: tuple[type, ...] = get_args(Sense)
"""The types of the packets that `AUDIO` gives."""


@dataclass(frozen=True, slots=True)
class Node:
    """A stage in its place in the graph."""

    name: str
    step: str
    """The kind of stage, by its registered name; for the stages that come with Parley it is the name of the step."""
    stage: Stage[Any, Any]
    inputs: tuple[str, ...]
    """Names of the nodes that it reads, with `AUDIO` where it hears the user or sees what the user shows."""
    accepts: tuple[type, ...]
    """Packet types that it takes; packets of other types do not enter it."""
    emits: tuple[type, ...]
    buffer: int
    """Packets that its inbox holds before its writers wait."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole avatar. Its engines serve every session of the process, and each turn brings its own state."""

    name: str
    nodes: tuple[Node, ...]
    """The nodes in topological order."""
    outputs: tuple[str, ...]
    """Names of the nodes whose packets leave the graph."""
    turns: Turns
    detector: Host[VoiceDetector]
    """Finds the user's voice in continuous sound."""
    endpoint: Host[EndOfTurn] | None
    """Tells whether the user has finished; without one, `turns.pause` decides."""
    wake: Host[WakeWord] | None
    """Waits for the avatar's name; without one, the avatar always listens."""
    hosts: tuple[Host[Any], ...]
    """The engines of all nodes, and of turn-taking."""
    languages: tuple[str, ...]
    """ISO 639-1 codes of the languages that users may speak and are answered in, the usual one first."""
    sample_rate: int
    """The sample rate of the user's sound in Hz."""

    @property
    def language(self) -> str:
        """The language of users who do not ask for another."""
        return self.languages[0]

    @property
    def passed_over(self) -> tuple[str, ...]:
        """A sentence for each engine whose fallback took its place while the graph was loaded."""
        return tuple(line for host in self.hosts for line in host.passed_over)

    def weights(self) -> tuple[str, ...]:
        """Names in the model catalogue whose weights `load` opens, each once."""
        return tuple(dict.fromkeys(name for host in self.hosts for name in host.weights()))

    async def load(self) -> None:
        """Open the weights of all engines at the same time; then let each stage prepare, in topological order.

        Raises EngineFailed, which names every stage that has no engine left."""
        outcomes = await asyncio.gather(*(host.load() for host in self.hosts), return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failures:
            raise EngineFailed("\n".join(str(failure) for failure in failures)) from failures[0]
        peers = MappingProxyType({node.name: node.stage for node in self.nodes})
        for node in self.nodes:
            if isinstance(node.stage, Prepares):
                await node.stage.prepare(peers)

    async def close(self) -> None:
        """Free every engine."""
        for host in self.hosts:
            await host.close()
