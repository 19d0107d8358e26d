"""A live conversation in a simulated room, ready for a test to say something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pipeline.devices.card.player import Player
from pipeline.graph.graph import Graph
from pipeline.graph.turns import Policy
from pipeline.runtime.record import Observer, Record, State
from pipeline.runtime.session import Session
from pipeline.runtime.turn_taking.conversation import Conversation
from pipeline.runtime.turn_taking.floor import Floor
from pipeline.testing.clock import Deadlock
from pipeline.testing.room import Room

LOUDSPEAKER = 24_000
"""Hz."""
ENDING = 120.0
"""Seconds that the last answer may take; a room has no silence in which a deadlock would be noticed."""


class Talk(Observer):
    """Everything that takes part in a conversation, and what came of it."""

    def __init__(self, session: Session, floor: Floor, room: Room) -> None:
        self.session, self.floor, self.room = session, floor, room
        self.turns: list[Record] = []
        """Those that are over."""
        self.states: list[State] = []
        """What the avatar did, one after another."""

    def state(self, state: State, at: float) -> None:
        self.states.append(state)

    def ended(self, record: Record, at: float) -> None:
        self.turns.append(record)


@asynccontextmanager
async def talking(
    graph: Graph, policy: Policy | None = None, room: Callable[[Player], Room] = Room
) -> AsyncIterator[Talk]:
    """Converse by the graph's policy, or another; `room` makes the room around a player. Leaving closes the floor, and
    waits until the last answer was heard. Raises Deadlock where that never happens."""
    player = Player(LOUDSPEAKER)
    session, floor = Session(graph, "test"), Floor(graph, policy)
    async with room(player) as entered:
        talk = Talk(session, floor, entered)
        session.observers.append(talk)
        conversing = asyncio.create_task(Conversation(session, floor, player).run(entered.microphone()))
        try:
            yield talk
        finally:
            floor.close()
            await _ended(conversing)


async def _ended(conversing: asyncio.Task[None]) -> None:
    limit = asyncio.timeout(ENDING)
    try:
        async with limit:
            await conversing
    except TimeoutError:
        if limit.expired():
            raise Deadlock(f"the conversation had not ended {ENDING:g} s after the floor was closed") from None
        raise
