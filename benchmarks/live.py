"""A conversation in a simulated room: a microphone and a loudspeaker on one axis of time, at real speed."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from sounds import Clip

from models.context import User
from pipeline.devices.card.echo import EchoCanceller
from pipeline.devices.card.player import Player
from pipeline.devices.files.decoding import SAMPLE_RATE
from pipeline.graph.graph import Graph
from pipeline.graph.turns import Policy
from pipeline.packets import Audio
from pipeline.runtime.record import Observer, Record
from pipeline.runtime.session import Session
from pipeline.runtime.turn_taking.conversation import Conversation
from pipeline.runtime.turn_taking.floor import Floor
from pipeline.testing.room import Card, Room

LOUDSPEAKER = 24_000
"""Hz."""
POLL = 0.005
"""Seconds between two looks at what was heard; the times themselves are counted in samples."""

_numbers = itertools.count(1)


class Noted(Player):
    """A player that notes when it fell silent on an order, and when it went on, in the event loop's time."""

    def __init__(self, sample_rate: int) -> None:
        super().__init__(sample_rate)
        self.told: list[tuple[str, float]] = []

    def pause(self) -> None:
        before = self._paused
        super().pause()
        self._note_down("pause", self._paused and not before)

    def resume(self) -> None:
        before = self._paused
        super().resume()
        self._note_down("resume", before and not self._paused)

    def hush(self) -> None:
        before = self._hushed
        super().hush()
        self._note_down("hush", self._hushed and not before)

    def _note_down(self, order: str, mattered: bool) -> None:
        if mattered:
            self.told.append((order, asyncio.get_running_loop().time()))


class Records(Observer):
    """Keeps what became of each turn."""

    def __init__(self) -> None:
        self.over: list[Record] = []
        self.origin = 0.0
        """When the session's time began, in the event loop's."""

    def ended(self, record: Record, at: float) -> None:
        self.over.append(record)
        self.origin = asyncio.get_running_loop().time() - at


@dataclass(slots=True)
class Talk:
    """One conversation. Times are the room's: seconds since it was entered."""

    room: Room
    player: Noted
    floor: Floor
    records: Records = field(default_factory=Records)
    delivered: list[tuple[float, Audio]] = field(default_factory=list)
    """What the microphone gave, and when."""

    def say(self, clip: Clip, at: float) -> float:
        """Somebody says `clip` from then on; when its speech ends."""
        self.room.say(clip.samples, at)
        return at + clip.end / SAMPLE_RATE

    async def wait_for(self, happened: Callable[[], bool], deadline: float) -> bool:
        """Whether it happened in time."""
        while not happened():
            if self.room.now > deadline:
                return False
            await asyncio.sleep(POLL)
        return True

    async def microphone(self) -> AsyncIterator[Audio]:
        """The room's, noted."""
        async with aclosing(self.room.microphone()) as pieces:
            async for piece in pieces:
                self.delivered.append((self.room.now, piece))
                yield piece

    @property
    def sounded(self) -> float | None:
        """When the latest answer was first audible."""
        sounded = self.player.sounded()
        return None if sounded is None else self._room_time(sounded)

    @property
    def orders(self) -> list[tuple[str, float]]:
        """What the player was told, where it mattered: pause, resume or hush; and when."""
        return [(order, self._room_time(at)) for order, at in self.player.told]

    @property
    def turns(self) -> list[Record]:
        """What became of each turn that is over."""
        return self.records.over

    def confirmed(self, turn: Record) -> float | None:
        """When the avatar took the user's turn for finished."""
        return None if turn.confirmed is None else self._room_time(self.records.origin + turn.confirmed)

    def _room_time(self, loop_time: float) -> float:
        return loop_time - asyncio.get_running_loop().time() + self.room.now


@asynccontextmanager
async def conversation(graph: Graph, policy: Policy, echo: float = 0.0) -> AsyncIterator[Talk]:
    """A new user's conversation. With `echo`, the microphone hears the loudspeaker by that factor, and an echo
    canceller works against it."""
    player, card = Noted(LOUDSPEAKER), Card()
    canceller = None
    if echo:
        canceller = EchoCanceller(SAMPLE_RATE)
        canceller.set_delay(card.output_latency + card.echo_delay + card.input_latency)
    async with Room(player, echo=echo, canceller=canceller, card=card) as room:
        name = f"bench{next(_numbers)}"
        talk = Talk(room, player, Floor(graph, policy))
        session = Session(graph, name, user=User(name), observers=[talk.records])
        talking = asyncio.create_task(Conversation(session, talk.floor, player).run(talk.microphone()))
        try:
            yield talk
        finally:
            talking.cancel()
            await asyncio.wait([talking])
            if not talking.cancelled():
                talking.result()
            if room.underruns or room.dropped:
                lost = f"{room.underruns} blocks of the loudspeaker and {room.dropped} of the microphone"
                print(f"the machine did not keep up: {lost} were lost", file=sys.stderr)
