"""A live conversation: one user, with a microphone and a loudspeaker, or with typed lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.devices.card.echo import EchoCanceller
from pipeline.devices.card.player import Player
from pipeline.devices.card.soundcard import Loudspeaker, Microphone
from pipeline.packets import Audio, Speech, Text
from pipeline.runtime.record import Record
from pipeline.runtime.reminders import Reminders
from pipeline.runtime.session import Session
from pipeline.runtime.sink import Sink
from pipeline.runtime.turn_taking.conversation import Conversation

NAME = "talk"
"""The name of the only session of a talk."""
PLAYED = 48_000
"""The rate of answers in Hz, which sound cards play without resampling."""

Notify = Callable[[str, str | None], None]
"""Called with a part of the conversation (``microphone``, ``loudspeaker``) and its fault, or None once it works
again."""


@dataclass(frozen=True, slots=True)
class Devices:
    """The sound devices to use, each an index or a part of a name; None is the system's default."""

    input: str | None = None
    output: str | None = None
    suppress_noise: bool = False
    """Whether to remove noise from the microphone's sound."""


async def talk_at_card(conversation: Conversation, player: Player, devices: Devices, notify: Notify) -> None:
    """Hold a conversation, whose sink is `player`, at the sound card until its floor is closed.

    A device that is unplugged later is awaited. Raises MediaError where a device cannot be opened."""
    rate = conversation.session.graph.sample_rate
    canceller = EchoCanceller(rate, devices.suppress_noise)
    async with (
        Microphone(devices.input, rate, partial(notify, "microphone")) as microphone,
        Loudspeaker(devices.output, player, canceller.far, partial(notify, "loudspeaker")),
    ):
        await conversation.run(_cleaned(microphone, player, canceller, notify))


async def _cleaned(
    microphone: Microphone, player: Player, canceller: EchoCanceller, notify: Notify
) -> AsyncIterator[Audio]:
    """Give the microphone's sound without the avatar's voice."""
    dropped = 0
    async with aclosing(microphone.frames()) as pieces:
        async for piece in pieces:
            canceller.set_delay(player.latency + microphone.latency)
            yield Audio(canceller.near(piece.samples), piece.sample_rate, piece.start)
            if microphone.dropped > dropped:
                dropped = microphone.dropped
                notify("sound", f"this machine is too slow: {dropped} pieces of your sound were lost")


class Unheard(Sink):
    """A sink without sound: every word that arrives counts as heard."""

    def __init__(self) -> None:
        self._words = ""

    async def play(self, packets: AsyncIterator[Any]) -> None:
        self._words = ""
        async for packet in packets:
            if isinstance(packet, Speech):
                self._words += packet.text

    def heard(self) -> str:
        return self._words


async def answer_lines(session: Session, lines: AsyncIterator[str]) -> AsyncIterator[Record]:
    """Answer typed lines, each before the next is read; empty lines are ignored.

    Reminders that fall due are said between the answers, while the next line is awaited. Reminders that are not due
    when the lines end are never said."""
    sink, due = Unheard(), asyncio.Queue[str]()
    reminders = Reminders(due.put_nowait, free=lambda: True)
    session.observers.append(reminders)
    await reminders.expect([node.stage for node in session.graph.nodes], session.context)
    line: asyncio.Task[str | None] | None = None
    ring: asyncio.Task[str] | None = None
    try:
        while True:
            line = line or asyncio.create_task(anext(aiter(lines), None))
            ring = ring or asyncio.create_task(due.get())
            await asyncio.wait((line, ring), return_when=asyncio.FIRST_COMPLETED)
            if ring.done():
                yield await session.say(ring.result(), sink)
                ring = None
            elif (said := line.result()) is None:
                return
            else:
                line = None
                if text := said.strip():
                    yield await session.answer(_one(Text(text, session.now())), sink)
    finally:
        for task in (line, ring):
            if task:
                task.cancel()
        session.observers.remove(reminders)
        reminders.close()


async def _one(text: Text) -> AsyncIterator[Text]:
    yield text
