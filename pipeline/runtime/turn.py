"""One turn through a graph: a task for each stage and an inbox before each. Nothing of it is left when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, cast

from pipeline.errors import PipelineError, StageFailed
from pipeline.graph.graph import AUDIO, Graph
from pipeline.host.meter import METER, Meter
from pipeline.packets import Reply
from pipeline.runtime.inbox import Inbox
from pipeline.stages.stage import FindsNearest, HasRole, OffersSkills, Stage, Turn

Play: TypeAlias = Callable[[AsyncIterator[Any]], Awaitable[None]]
"""Takes the packets of the graph's outputs until they end."""

Observe: TypeAlias = Callable[[str, Any], None]
"""Is called with every packet that a stage, or ``audio``, gives, before its readers get it."""

OUTPUTS = "outputs"
"""The name of the turn's last reader, which plays the answer."""


@dataclass(slots=True)
class Report:
    """What a turn cost, stage by stage. It is filled in while the turn runs."""

    meters: Mapping[str, Meter] = field(default_factory=dict)
    seconds: float = 0.0
    """Seconds from the first packet asked for to the end of the last stage."""


async def run_turn(
    graph: Graph,
    turn: Turn,
    source: AsyncIterator[Any],
    play: Play,
    observe: Observe | None = None,
    report: Report | None = None,
) -> None:
    """Run one turn; cancelling the task that awaits this silences every stage. Raises StageFailed."""
    report = report if report is not None else Report()
    running = _Turn(graph, turn, observe, report)
    try:
        await running.run(source, play)
    except BaseExceptionGroup as failures:
        failure = first(failures)
        raise failure from failure.__cause__
    finally:
        report.seconds = running.now()


class StandIn:
    """Takes a stage's place in a turn, and gives packets that are known before.

    It gives them when its inputs have ended. So its readers get the packets of earlier stages first, as they do after
    the stage itself."""

    def __init__(self, stage: Stage[Any, Any], packets: Sequence[Any]) -> None:
        # Other stages ask a stage for its skills, its role or what is near, and need the answers of the real stage.
        if isinstance(stage, OffersSkills):
            self.skills = stage.skills
        if isinstance(stage, HasRole):
            self.role = stage.role
        if isinstance(stage, FindsNearest):
            self.nearest = stage.nearest
        self._packets = packets

    async def run(self, inputs: AsyncIterator[Any], turn: Turn) -> AsyncIterator[Any]:
        async for _ in inputs:
            pass
        for packet in self._packets:
            yield packet


def given(graph: Graph, packets: Mapping[str, Sequence[Any]]) -> Graph:
    """Return the graph with these `packets` of the named nodes instead of their stages."""
    return replace(
        graph,
        nodes=tuple(
            replace(node, stage=StandIn(node.stage, packets[node.name])) if node.name in packets else node
            for node in graph.nodes
        ),
    )


def unasked(graph: Graph, text: str, language: str) -> Graph:
    """Return a graph whose avatar says `text`, in `language`, of its own accord, whatever it hears.

    Raises PipelineError for a graph that does not speak."""
    names = [node.name for node in graph.nodes]
    speakers = [node.name for node in graph.nodes if Reply in node.emits]
    if not speakers:
        raise PipelineError(f"graph {graph.name}: no stage gives a Reply, so the avatar cannot say anything")
    before = names[: names.index(speakers[-1])]
    return given(graph, dict.fromkeys(before, ()) | {speakers[-1]: (Reply(text, language),)})


class _Turn:
    """The inboxes and meters of one turn."""

    def __init__(self, graph: Graph, turn: Turn, observe: Observe | None, report: Report) -> None:
        self._graph, self._turn, self._observe = graph, turn, observe
        self._time = asyncio.get_running_loop().time
        self._origin = self._time()
        self._meters = {name: Meter() for name in (AUDIO, *(node.name for node in graph.nodes), OUTPUTS)}
        report.meters = self._meters
        self._inboxes: dict[str, Inbox[Any]] = {
            node.name: Inbox(node.accepts, len(node.inputs), node.buffer, self._meters[node.name], self.now)
            for node in graph.nodes
        }
        self._outputs: Inbox[Any] = Inbox((object,), len(graph.outputs), 16, self._meters[OUTPUTS], self.now)
        self._readers: dict[str, list[Inbox[Any]]] = {name: [] for name in self._meters}
        for node in graph.nodes:
            for upstream in node.inputs:
                self._readers[upstream].append(self._inboxes[node.name])
        for name in graph.outputs:
            self._readers[name].append(self._outputs)

    def now(self) -> float:
        """Return the seconds since the turn began."""
        return self._time() - self._origin

    async def run(self, source: AsyncIterator[Any], play: Play) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pump(AUDIO, source))
            for node in self._graph.nodes:
                inbox = self._inboxes[node.name]
                group.create_task(self._pump(node.name, node.stage.run(inbox, self._turn), inbox))
            await play(self._outputs)
            self._outputs.close()

    async def _pump(self, name: str, stream: AsyncIterator[Any], inbox: Inbox[Any] | None = None) -> None:
        """Carry what a stage gives to its readers, and measure the stage from outside."""
        meter, readers, observe, now = self._meters[name], self._readers[name], self._observe, self._time
        METER.set(meter)
        resumed, busy = now(), 0.0
        try:
            async with aclosing(cast(AsyncGenerator[Any, None], stream)) as packets:
                async for packet in packets:
                    given = now()
                    busy += given - resumed
                    if not meter.packets_out:
                        meter.first_out = given - self._origin
                    meter.packets_out += 1
                    if observe:
                        observe(name, packet)
                    for reader in readers:
                        if not reader.offer(packet):
                            await reader.put(packet)
                    resumed = now()
                    meter.blocked += resumed - given
        except Exception as error:
            raise StageFailed(name, self._turn.id, error) from error
        finally:
            ended = now()
            meter.ended = ended - self._origin
            meter.computing = max(0.0, busy + ended - resumed - meter.waiting - meter.queued)
        for reader in readers:
            reader.leave()
        if inbox:
            inbox.close()


def first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the failure that came first; the others are its consequences."""
    failure = failures.exceptions[0]
    return first(failure) if isinstance(failure, BaseExceptionGroup) else failure
