"""A user's conversation with a graph: one turn after another, and the history between them.

`pipeline.runtime.turn_taking.conversation.Conversation` makes a live one of it."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from models.protocols import GUEST, Hypothesis
from pipeline.errors import StageFailed, traced
from pipeline.graph.graph import Graph
from pipeline.host.meter import METER
from pipeline.packets import Partial, Sense, Speech
from pipeline.runtime.record import Fate, Observer, Record, State
from pipeline.runtime.sink import Sink
from pipeline.runtime.turn import run_turn, unasked
from pipeline.stages.stage import Exchange, Turn

log = logging.getLogger(__name__)

REMEMBERED = 48
"""Exchanges kept at least; the response stage takes as many of the latest as its model has room for."""
FORGOTTEN = 8
"""Exchanges that go together, so that what is left begins alike for several turns and a model's cache stays warm."""
HELD = 16
"""Packets of an answer that wait for its first sound at most."""


class Answer:
    """A turn on its way from the user's sound to the sink."""

    def __init__(self, turn: Turn, began: float) -> None:
        self.record = Record(turn.id, began=began)
        self.turn = replace(turn, confirmed=self._wait, notice=self.record.notices.append)
        self.task: asyncio.Task[None] | None = None
        """Runs it, where somebody may want to stop it."""
        self.ready = asyncio.Event()
        """Its first sound is there."""
        self.playing = False
        """The sink has it."""
        self._confirmed = asyncio.Event()

    @property
    def confirmed(self) -> bool:
        """The user is known to have finished."""
        return self._confirmed.is_set()

    @property
    def over(self) -> bool:
        """Nothing of it is left."""
        return self.task is not None and self.task.done()

    @property
    def counts(self) -> bool:
        """It belongs to the history."""
        return self.confirmed and self.record.fate is not Fate.SUPERSEDED

    def confirm(self, at: float) -> None:
        """The user has finished: it may act, and be heard. `at` is session time."""
        self.record.confirmed = at
        self._confirmed.set()

    async def _wait(self) -> None:
        time = asyncio.get_running_loop().time
        asked = time()
        await self._confirmed.wait()
        if meter := METER.get():  # of the stage that wants to act
            meter.waiting += time() - asked


class Session:
    """One user's conversation with a graph, which any number of sessions share."""

    def __init__(self, graph: Graph, name: str, user: str = GUEST, observers: Sequence[Observer] = ()) -> None:
        self.graph, self.name, self.user = graph, name, user
        self.history: list[Exchange] = []
        self.state = State.IDLE
        self.observers = list(observers)
        self._turns = itertools.count(1)
        self._origin: float | None = None
        self.may_speak = asyncio.Event()
        """Cleared while the user speaks: an answer that has not begun to sound waits."""
        self.may_speak.set()
        self._mouth = asyncio.Lock()

    def now(self) -> float:
        """Session time: seconds since it was first asked for."""
        return self.since(asyncio.get_running_loop().time())

    def since(self, time: float) -> float:
        """Session time of a moment in the event loop's time."""
        if self._origin is None:
            self._origin = time
        return time - self._origin

    def be(self, state: State) -> None:
        """Tell what the avatar does now."""
        if state is not self.state:
            self.state = state
            at = self.now()
            for observer in self.observers:
                observer.state(state, at)

    async def answer(self, sound: AsyncIterator[Sense], sink: Sink) -> Record:
        """Run one turn whose sound ends where the user has finished. A stage's failure is noted in the record;
        cancelling hushes the sink at once.

        History keeps what was heard of the answer, also when it was interrupted."""
        answer = self.open()
        answer.confirm(self.now())
        await self.run(answer, sound, sink)
        return answer.record

    def open(self, before: Sequence[Exchange] = (), earlier: Hypothesis | None = None, prompt: str = "") -> Answer:
        """A new turn; `before` are exchanges that are not in the history yet."""
        history = (*self.history, *before)
        turn = Turn(f"{self.name}/{next(self._turns)}", self.user, history, earlier=earlier, prompt=prompt)
        return Answer(turn, self.now())

    async def run(self, answer: Answer, sound: AsyncIterator[Sense], sink: Sink) -> None:
        """Run a turn to its end, whatever that is; what is given before it is confirmed waits."""
        turn, record = answer.turn, answer.record
        graph = unasked(self.graph, turn.prompt) if turn.prompt else self.graph

        def observe(node: str, packet: Any) -> None:
            record.observe(node, packet)
            at = self.now()
            for observer in self.observers:
                observer.crossed(turn.id, node, packet, at)

        async def play(packets: AsyncIterator[Any]) -> None:
            await self._play(answer, packets, sink)

        for observer in self.observers:
            observer.began(turn, record.began)
        try:
            await run_turn(graph, turn, sound, play, observe, record.report)
        except StageFailed as error:
            log.warning("turn failed: %s", traced(error), extra={"turn": turn.id, "stage": error.stage})
            record.error, record.fate = error, Fate.FAILED
        except asyncio.CancelledError:
            if record.fate is Fate.ANSWERED:
                record.fate = Fate.INTERRUPTED
            if answer.playing:
                sink.hush()
            raise
        finally:
            self._conclude(answer)

    async def _play(self, answer: Answer, packets: AsyncIterator[Any], sink: Sink) -> None:
        """Hold an answer until it is confirmed and nothing else sounds; then let it be heard.

        Captions are not held: they are for the observers, and each replaces the one before."""
        held: list[Any] = []
        async for packet in packets:
            if isinstance(packet, Partial) and not answer.confirmed:
                continue
            held.append(packet)
            if isinstance(packet, Speech) or len(held) == HELD:
                break
        answer.ready.set()
        await answer.turn.confirmed()
        async with self._mouth:
            await self.may_speak.wait()
            answer.playing = True
            at = self.now()
            for observer in self.observers:
                observer.plays(answer.turn.id, at)
            try:
                await sink.play(self._aloud(held, packets))
            finally:  # at once: the sink is the next answer's from here on
                answer.record.heard = sink.heard()
                sounded = sink.sounded()
                answer.record.sounded = None if sounded is None else self.since(sounded)

    async def _aloud(self, held: Sequence[Any], packets: AsyncIterator[Any]) -> AsyncIterator[Any]:
        for packet in held:
            if isinstance(packet, Speech):
                self.be(State.SPEAKING)
            yield packet
        async for packet in packets:
            if isinstance(packet, Speech):
                self.be(State.SPEAKING)
            yield packet

    def _conclude(self, answer: Answer) -> None:
        """Remember what was heard, and tell everybody."""
        record = answer.record
        if answer.counts and record.transcript and record.transcript.text:
            cut = record.fate is Fate.INTERRUPTED
            self.history.append(Exchange(record.transcript.text, record.heard, cut))
            if len(self.history) >= REMEMBERED + FORGOTTEN:
                del self.history[:FORGOTTEN]
        at = self.now()
        for observer in self.observers:
            observer.ended(record, at)
