"""What a Wyoming client is answered in pieces: the words of an answer, and clauses to be spoken."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from wyoming.event import Eventable
from wyoming.handle import HandledChunk, HandledStart

from models.language.clauses import Clauses
from models.language.finding import find_language
from pipeline.packets import Reply, Speech
from pipeline.runners.serve.wyoming.event_reader import BadEvent
from pipeline.runtime.sink import Sink

SPOKEN = 20_000
"""Characters of a text that is spoken at most."""

Say = Callable[[Eventable], Awaitable[None]]
"""Sends an event to the client."""


class HandledSink(Sink):
    """Sends the words of an answer to the client; what was sent counts as heard."""

    def __init__(self, say: Say, kind: type[Speech] | type[Reply]) -> None:
        """`kind` is the type of the packets that hold the words."""
        self.said = ""
        self._say, self._kind = say, kind

    async def play(self, packets: AsyncIterator[Any]) -> None:
        async for packet in packets:
            if isinstance(packet, self._kind) and packet.text:
                if not self.said:
                    await self._say(HandledStart())
                self.said += packet.text
                await self._say(HandledChunk(packet.text))

    def heard(self) -> str:
        return self.said


async def replies(texts: AsyncGenerator[str, None], language: str) -> AsyncGenerator[Reply, None]:
    """Give text that comes in pieces of any length as clauses, each as soon as it is complete."""
    cutter, count = Clauses(find_language(language)), 0
    async with aclosing(texts):
        async for text in texts:
            count += len(text)
            if count > SPOKEN:
                raise BadEvent(f"text: at most {SPOKEN} characters are spoken at one go")
            for clause in cutter.add(text):
                yield Reply(clause, language)
    if rest := cutter.rest():
        yield Reply(rest, language)
