"""A conversation: turns one after another, the history between them, and barge-in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from models.protocols import GUEST
from pipeline.errors import StageFailed
from pipeline.graph.graph import Graph
from pipeline.packets import Audio, Intent, Outcome, Reply, Transcript, Viseme
from pipeline.runtime.turn import Observe, Report, run_turn
from pipeline.stages.stage import Exchange, Turn

log = logging.getLogger(__name__)

REMEMBERED = 48
"""Exchanges kept at least; the response stage takes as many of the latest as its model has room for."""
FORGOTTEN = 8
"""Exchanges that go together, so that what is left begins alike for several turns and a model's cache stays warm."""


class Sink(Protocol):
    """Where answers are heard and seen."""

    async def play(self, packets: AsyncIterator[Any]) -> None:
        """Play the packets of the graph's outputs; returns when the last was heard."""
        ...

    def hush(self) -> None:
        """Be silent at once; what was not heard yet never is."""
        ...

    def heard(self) -> str:
        """The words of the latest answer that were heard."""
        ...


@dataclass(slots=True)
class Record:
    """What one turn came to; filled as it runs, so that a turn that fails leaves what it had."""

    turn: str
    transcript: Transcript | None = None
    intent: Intent | None = None
    outcome: Outcome | None = None
    reply: str = ""
    visemes: list[Viseme] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    interrupted: bool = False
    error: StageFailed | None = None

    def observe(self, _node: str, packet: Any) -> None:
        """Note a packet that crossed an edge."""
        match packet:
            case Transcript():
                self.transcript = packet
            case Intent():
                self.intent = packet
            case Outcome():
                self.outcome = packet
            case Reply(text=text):
                self.reply += text
            case Viseme():
                self.visemes.append(packet)
            case _:
                pass


class Session:
    """One user's conversation with a graph, which any number of sessions share."""

    def __init__(
        self,
        graph: Graph,
        name: str,
        user: str = GUEST,
        ended: Callable[[Record], None] | None = None,
        observe: Observe | None = None,
    ) -> None:
        """`ended` is told of every turn that ends, interrupted ones too; `observe` of every packet on an edge."""
        self.graph, self.name, self.user = graph, name, user
        self.history: list[Exchange] = []
        self._ended, self._observe = ended, observe
        self._turns = 0

    async def answer(self, audio: AsyncIterator[Audio], sink: Sink) -> Record:
        """Run one turn. A stage's failure is noted in the record; cancelling hushes the sink at once.

        History keeps what was heard of the answer, also when it was interrupted."""
        self._turns += 1
        turn = Turn(f"{self.name}/{self._turns}", self.user, tuple(self.history))
        record = Record(turn.id)
        try:
            await run_turn(self.graph, turn, audio, sink.play, self._observer(record), record.report)
        except StageFailed as error:
            log.warning("turn failed", extra={"turn": turn.id, "stage": error.stage})
            record.error = error
        except asyncio.CancelledError:
            record.interrupted = True
            sink.hush()
            raise
        finally:
            if record.transcript and record.transcript.text:
                self.history.append(Exchange(record.transcript.text, sink.heard()))
                if len(self.history) >= REMEMBERED + FORGOTTEN:
                    del self.history[:FORGOTTEN]
            if self._ended:
                self._ended(record)
        return record

    async def converse(self, utterances: AsyncIterator[AsyncIterator[Audio]], sink: Sink) -> None:
        """Answer utterances as they come; a new one interrupts the answer that still sounds."""
        speaking: asyncio.Task[Record] | None = None
        try:
            async for audio in utterances:
                await _stop(speaking)
                speaking = asyncio.create_task(self.answer(audio, sink))
            if speaking:
                await speaking
        finally:
            await _stop(speaking)

    def _observer(self, record: Record) -> Observe:
        outside = self._observe
        if outside is None:
            return record.observe

        def both(node: str, packet: Any) -> None:
            record.observe(node, packet)
            outside(node, packet)

        return both


async def _stop(task: asyncio.Task[Record] | None) -> None:
    """Interrupt a turn, and wait until nothing of it is left. Raises what it raised before."""
    if task is None:
        return
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
