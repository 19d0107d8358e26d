"""The package ``wyoming``'s own client, and a server for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import numpy as np
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event, Eventable

from models.protocols import Samples
from pipeline.devices.pcm import from_pcm16, to_pcm16
from pipeline.graph.graph import Graph
from pipeline.runners.serve import wyoming
from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.http_server import listen
from pipeline.runners.serve.sessions import Sessions
from pipeline.runners.serve.settings import Address

E = TypeVar("E", bound=Eventable)


PATIENCE = 60.0


class Client(AsyncTcpClient):
    """The package's client, with a word for what tests do all the time."""

    async def say(self, *events: Eventable) -> None:
        for event in events:
            await self.write_event(event.event())

    async def hear(self, kind: type[E]) -> E:
        """The next event, which must be of that type."""
        event = await self.read_event()
        assert event is not None, f"the server closed, expected {kind.__name__}"
        assert kind.is_type(event.type), f"{event.type} {event.data}, expected {kind.__name__}"
        return kind.from_event(event)  # type: ignore[return-value]

    async def until(self, kind: type[E]) -> tuple[list[Event], E]:
        """The next event of that type, and those before it."""
        before: list[Event] = []
        while (event := await self.read_event()) and not kind.is_type(event.type):
            before.append(event)
        assert event is not None, f"the server closed, expected {kind.__name__}"
        return before, kind.from_event(event)  # type: ignore[return-value]

    async def closed(self) -> bool:
        """Whether the server closes now."""
        try:
            return await self.read_event() is None
        except ConnectionError:
            return True

    async def recite(self, samples: Samples, rate: int, channels: int = 1, size: int = 1024) -> None:
        """A recording, as Home Assistant sends it."""
        sound = to_pcm16(np.repeat(samples, channels))
        await self.say(AudioStart(rate, 2, channels))
        step = 2 * channels * size
        await self.say(
            *(AudioChunk(rate, 2, channels, sound[at : at + step]) for at in range(0, len(sound), step)), AudioStop()
        )

    async def listen(self) -> tuple[Samples, int]:
        """Speech from its first event to its last."""
        start = await self.hear(AudioStart)
        assert (start.width, start.channels) == (2, 1)
        return await self.rest(), start.rate

    async def rest(self) -> Samples:
        """Speech from behind its first event to its last."""
        events, _ = await self.until(AudioStop)
        chunks = [AudioChunk.from_event(event) for event in events]
        return from_pcm16(b"".join(chunk.audio for chunk in chunks))


@asynccontextmanager
async def client(port: int) -> AsyncIterator[Client]:
    async with Client("127.0.0.1", port, read_timeout=PATIENCE) as line:
        yield line


@asynccontextmanager
async def serving(sessions: Sessions) -> AsyncIterator[int]:
    """Wyoming clients are served at this port."""
    with listen(Address(port=0)) as listener:
        async with wyoming.serving(sessions, listener):
            yield listener.getsockname()[1]


@asynccontextmanager
async def visiting(graph: Graph, limits: Limits | None = None) -> AsyncIterator[Client]:
    """A client of a server with that graph."""
    async with Sessions(graph, limits) as sessions, serving(sessions) as port, client(port) as line:
        yield line
