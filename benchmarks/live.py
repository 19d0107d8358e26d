"""Holds a conversation in a simulated room, with microphone and loudspeaker on one time axis, at real speed."""

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
"""The sample rate of the loudspeaker, Hz."""
POLL = 0.005
"""Seconds between two checks of what was heard. The measured times are counted in samples."""

_numbers = itertools.count(1)


class Noted(Player):
    """A player that notes, in the event loop's time, when it fell silent on an order and when it went on."""

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
    """Keeps the record of each turn."""

    def __init__(self) -> None:
        self.over: list[Record] = []
        self.origin = 0.0
        """When the session began, in the event loop's time."""

    def ended(self, record: Record, at: float) -> None:
        self.over.append(record)
        self.origin = asyncio.get_running_loop().time() - at


@dataclass(slots=True)
class Talk:
    """One conversation. Times are in seconds since the room was entered."""

    room: Room
    player: Noted
    floor: Floor
    records: Records = field(default_factory=Records)
    delivered: list[tuple[float, Audio]] = field(default_factory=list)
    """The sound that the microphone gave, with the time of each piece."""

    def say(self, clip: Clip, at: float) -> float:
        """Let a speaker say `clip` from `at` on, and return when its speech ends."""
        self.room.say(clip.samples, at)
        return at + clip.end / SAMPLE_RATE

    async def wait_for(self, happened: Callable[[], bool], deadline: float) -> bool:
        """Wait until something `happened`, and return whether it did before the deadline."""
        while not happened():
            if self.room.now > deadline:
                return False
            await asyncio.sleep(POLL)
        return True

    async def microphone(self) -> AsyncIterator[Audio]:
        """Yield the sound of the room's microphone, and note it."""
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
        """The orders that changed the player (pause, resume or hush), each with its time."""
        return [(order, self._room_time(at)) for order, at in self.player.told]

    @property
    def turns(self) -> list[Record]:
        """The record of each turn that is over."""
        return self.records.over

    def confirmed(self, turn: Record) -> float | None:
        """When the avatar took the user's turn for finished."""
        return None if turn.confirmed is None else self._room_time(self.records.origin + turn.confirmed)

    def _room_time(self, loop_time: float) -> float:
        return loop_time - asyncio.get_running_loop().time() + self.room.now


@asynccontextmanager
async def conversation(graph: Graph, policy: Policy, echo: float = 0.0) -> AsyncIterator[Talk]:
    """The conversation of a new user. With `echo`, the microphone hears the loudspeaker by that factor, and an echo
    canceller removes it."""
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
