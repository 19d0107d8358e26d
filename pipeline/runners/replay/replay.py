"""Runs a recorded session again, and compares the packets on its edges with the recorded ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from models.context import Context
from pipeline.errors import PipelineError, StageFailed
from pipeline.graph.graph import AUDIO, Graph
from pipeline.graph.mistakes import unknown
from pipeline.packets import Speech
from pipeline.runners.replay.diff import Change, changes
from pipeline.runners.replay.history import ReplayedExchange, exchanges_of
from pipeline.runtime.journal.codec import fingerprint
from pipeline.runtime.journal.reader import Crossing, Recorded, RecordedTurn
from pipeline.runtime.record import Fate, Record
from pipeline.runtime.turn import given, run_turn, unasked
from pipeline.stages.stage import Turn

DRAFTS = frozenset((Fate.SUPERSEDED, Fate.DROPPED))
"""The fates of turns of which nothing was heard, done or remembered. They are run again like the others, because an
engine may keep what it has read for the next turn, and a language model then computes a little differently."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first packet of an edge that differs from the recorded one."""

    node: str
    """The name of the node that gave it."""
    index: int
    """The index of the packet among those of its node, from 0."""
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class ReplayedTurn:
    """A turn that was run again."""

    recorded: RecordedTurn
    record: Record
    """Its record in the replay."""
    compared: int
    """The number of recorded packets that were compared."""
    differences: Sequence[Difference]
    """The first difference of each edge that differs, in the order of the graph."""


@dataclass(slots=True)
class Replayed:
    """A session that was run again."""

    recorded: Recorded
    turns: list[ReplayedTurn] = field(default_factory=list)
    seconds: float = 0.0
    """Seconds that the replay took."""

    @property
    def differing(self) -> list[ReplayedTurn]:
        """The turns that differ from the recorded ones."""
        return [turn for turn in self.turns if turn.differences]


class Replay:
    """A graph that is made ready to run a recorded session again.

    Stages that act are never run, nor are those that do not come after the stages that the replay starts from: their
    recorded packets stand in for them. The replay does not wait, since all times of the session, such as those of
    captions, come from the journal: a turn takes as long as its stages compute."""

    def __init__(self, graph: Graph, recorded: Recorded, origins: Collection[str] = ()) -> None:
        """`origins` are the stages to start from; without any, it starts from the user's sound. Raises PipelineError
        for a stage that is not there, or that acts."""
        self.recorded = recorded
        self.standing_in = standing_in(graph, origins)
        """Names of the nodes that are not run."""
        self._whole = graph
        names = {node.name for node in graph.nodes} - self.standing_in
        hosts = tuple(host for host in graph.hosts if host.name in names)
        self.graph = replace(given(graph, dict.fromkeys(self.standing_in, ())), hosts=hosts)
        """The graph to load before `run` and to close after it; it has only the engines that are needed."""
        self._exchanges: list[ReplayedExchange] = []

    async def run(self, tell: Callable[[ReplayedTurn], None]) -> Replayed:
        """Run the session again, and call `tell` after each turn."""
        began = time.perf_counter()
        replayed = Replayed(self.recorded)
        for recorded in self.recorded.turns:
            if any(crossing.node not in {AUDIO, *self.standing_in} for crossing in recorded.crossings):
                turn = await self._run(recorded)
                replayed.turns.append(turn)
                tell(turn)
        replayed.seconds = time.perf_counter() - began
        return replayed

    async def _run(self, recorded: RecordedTurn) -> ReplayedTurn:
        graph = given(self._whole, {name: recorded.packets(name) for name in self.standing_in})
        turn = replace(recorded.turn, context=self._context(recorded.turn.context))
        names = [node.name for node in graph.nodes if node.name not in self.standing_in]
        await self._settle()
        record, packets = await _run_turn(graph, turn, recorded.packets(AUDIO), _limit(recorded, graph, names))
        differences = [found for name in names if (found := _difference(recorded, name, packets[name], record))]
        spoken = [packet for each in packets.values() for packet in each if isinstance(packet, Speech)]
        exchange = ReplayedExchange(recorded, record, spoken, alike=not differences)
        record.heard = exchange.said(recorded.record.heard if recorded.record else "")
        if recorded.record is None or recorded.record.fate not in DRAFTS:
            self._exchanges.append(exchange)
        return ReplayedTurn(recorded, record, sum(len(recorded.packets(name)) for name in names), differences)

    def _context(self, recorded: Context) -> Context:
        """What the turn is told this time: the words of the turns before it as they were said in the replay."""
        exchanges = exchanges_of(recorded.dialogue.exchanges, self._exchanges)
        context = replace(recorded, dialogue=replace(recorded.dialogue, exchanges=exchanges))
        return context if context.languages else replace(context, language=self._whole.language)

    async def _settle(self) -> None:
        """Wait for work that the turn before has begun; in the session there was time enough for it."""
        for host in self.graph.hosts:
            await host.each(lambda engine: engine.settle())


async def _run_turn(
    graph: Graph, turn: Turn, source: Sequence[Any], over: _Limit
) -> tuple[Record, Mapping[str, list[Any]]]:
    """Run one turn until it ends or is `over`; returns its record and the packets of each node."""
    record = Record(turn.id)
    packets: dict[str, list[Any]] = {name: [] for name in (AUDIO, *(node.name for node in graph.nodes))}

    def observe(node: str, packet: Any) -> None:
        record.observe(node, packet)
        packets[node].append(packet)
        if over(packets):
            running.cancel()

    graph = unasked(graph, turn.prompt, turn.context.language) if turn.prompt else graph
    running = asyncio.create_task(run_turn(graph, turn, _stream(source), _pass, observe, record.report))
    try:
        await asyncio.wait([running])
    finally:
        running.cancel()
        await asyncio.wait([running])
    try:
        if not running.cancelled():
            running.result()
    except StageFailed as error:
        record.error, record.fate = error, Fate.FAILED
    return record, packets


_Limit: TypeAlias = Callable[[Mapping[str, Sequence[Any]]], bool]
"""Whether a turn has gone as far as it did in the session, by the packets of each node."""


def _limit(recorded: RecordedTurn, graph: Graph, names: Sequence[str]) -> _Limit:
    """How far a turn is to run: one that was stopped runs to the first packet that it did not give.

    So work that was under way is under way again. The exception is a turn that waits for a stand-in which was stopped
    before it gave anything."""
    if _whole(recorded):
        return lambda _: False
    wanted = {name: len(recorded.packets(name)) for name in names}
    gave = {crossing.node for crossing in recorded.crossings}
    waits = any(node.name not in {*names, *gave} and gave.intersection(node.inputs) for node in graph.nodes)

    def over(packets: Mapping[str, Sequence[Any]]) -> bool:
        further = [len(packets[name]) - count for name, count in wanted.items()]
        return min(further) >= 0 and (waits or max(further) > 0)

    return over


# --- what stands in ------------------------------------------------------------------------------------------------


def standing_in(graph: Graph, origins: Collection[str]) -> frozenset[str]:
    """The nodes whose recorded packets stand in: those that act and, given `origins`, those that do not come after
    them.

    Raises PipelineError for an origin that is not there, or that acts."""
    names = [node.name for node in graph.nodes]
    acting = {host.name for host in graph.hosts if host.acts}.intersection(names)
    for origin in origins:
        if origin not in names:
            raise PipelineError(unknown(origin, names, "no stage is called"))
        if origin in acting:
            later = [node.name for node in graph.nodes if origin in node.inputs]
            raise PipelineError(
                f"'{origin}' acts on the world outside, so a replay takes what was recorded of it and never runs it; "
                f"start after it, from {' or '.join(later) or 'another stage'}"
            )
    running = set(origins) or set(names)
    for node in graph.nodes:
        if running.intersection(node.inputs):
            running.add(node.name)
    return frozenset(name for name in names if name in acting or name not in running)


# --- comparing -----------------------------------------------------------------------------------------------------


def _difference(recorded: RecordedTurn, node: str, packets: Sequence[Any], record: Record) -> Difference | None:
    """The first packet of a node that differs. Where the recorded turn was stopped, the replay may give more
    packets."""
    before = [crossing for crossing in recorded.crossings if crossing.node == node]
    for index, crossing in enumerate(before):
        if index >= len(packets):
            return Difference(node, index, [*_failure(record, node), *changes(crossing.packet, None)])
        packet = _as_far_as_recorded(packets[index], crossing)
        if fingerprint(packet) != crossing.fingerprint:
            return Difference(node, index, changes(crossing.packet, packet))
    if _whole(recorded):
        if failure := _failure(record, node):
            return Difference(node, len(before), failure)
        if len(packets) > len(before):
            return Difference(node, len(before), changes(None, packets[len(before)]))
    return None


def _as_far_as_recorded(packet: Any, crossing: Crossing) -> Any:
    """The packet without what the journal's Parley did not record of its kind."""
    if type(packet) is not type(crossing.packet) or not crossing.lacking:
        return packet
    return replace(packet, **{name: getattr(crossing.packet, name) for name in crossing.lacking})


def _whole(recorded: RecordedTurn) -> bool:
    """Whether the turn came to its end, so that a replay with more packets differs."""
    return recorded.record is not None and recorded.record.fate is Fate.ANSWERED


def _failure(record: Record, node: str) -> list[Change]:
    failed = record.error is not None and record.error.stage == node
    return [Change("stage", "worked", f"failed: {record.error}")] if failed else []


async def _stream(packets: Sequence[Any]) -> AsyncIterator[Any]:
    for packet in packets:
        yield packet


async def _pass(packets: AsyncIterator[Any]) -> None:
    """Read all packets and play none: a replay is silent."""
    async for _ in packets:
        pass
