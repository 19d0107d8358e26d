"""Clients of the Realtime API, official ones, and a server for them."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import numpy as np
from openai import AsyncOpenAI, BaseModel
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.realtime import RealtimeServerEvent
from starlette.applications import Starlette
from support.dialogues import exchanges

from models.dialogue import Exchange
from models.protocols import Samples
from pipeline.devices.pcm import from_pcm16, to_pcm16
from pipeline.graph.graph import Graph
from pipeline.runners.serve import realtime
from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.http_server import serving as listening
from pipeline.runners.serve.security import AccessControl
from pipeline.runners.serve.sessions import Sessions
from pipeline.runners.serve.tokens import Secret
from pipeline.testing.clock import run
from pipeline.testing.engines import ScriptedModel
from pipeline.testing.graphs import scripted_graph

RATE = 24_000
"""Hz, both ways."""
PATIENCE = 60.0
KINDS: dict[str, type[BaseModel]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(get_args(RealtimeServerEvent)[0])
}
"""The official package's class for each event of a server."""
DONE = "response.done"
LONG = "the quick brown fox jumps over the lazy dog near the old bridge"
"""Almost 4 s, in tones."""


@asynccontextmanager
async def serving(
    graph: Graph, access: AccessControl | None = None, limits: Limits | None = None
) -> AsyncIterator[tuple[int, Sessions]]:
    """A server with that graph, and its port."""
    access = access or AccessControl(Secret(Path("none")), required=False)
    listener = socket.create_server(("127.0.0.1", 0))
    async with Sessions(graph, limits) as sessions:
        app = Starlette(routes=realtime.routes(sessions, access))
        async with listening(app, listener, None, 64):
            yield listener.getsockname()[1], sessions


class Caller:
    """The official client, which checks each event that comes against the official package's classes."""

    def __init__(self, line: AsyncRealtimeConnection) -> None:
        self.line = line
        self.events: list[dict[str, Any]] = []
        """All that came."""

    async def next(self) -> dict[str, Any]:
        """The next event."""
        async with asyncio.timeout(PATIENCE):
            event: dict[str, Any] = json.loads(await self.line.recv_bytes())
        kind = KINDS[event["type"]]
        strange = set(_strange(kind.model_validate(event)))
        if event["type"].startswith("session."):
            strange -= {"id", "object"}  # the API's own servers send them, too
        assert not strange, f"{event['type']} has no {strange}"
        self.events.append(event)
        return event

    async def until(self, kind: str) -> dict[str, Any]:
        """The next event of that type."""
        while (event := await self.next())["type"] != kind:
            pass
        return event

    async def append(self, samples: Samples, *, pace: float | None = None) -> None:
        """Send sound in pieces of 20 ms; `pace` is how much faster than it is spoken, or else at once."""
        for first in range(0, samples.size, 480):
            piece = to_pcm16(samples[first : first + 480])
            await self.line.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
            if pace:
                await asyncio.sleep(0.02 / pace)

    async def by_hand(self) -> None:
        """End the user's turns from here."""
        await self.line.session.update(session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
        await self.until("session.updated")

    async def type(self, text: str, **response: Any) -> None:
        """Type a line, and ask for an answer."""
        content: Any = [{"type": "input_text", "text": text}]
        await self.line.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        await (self.line.response.create(response=response) if response else self.line.response.create())  # type: ignore[arg-type]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of that type so far."""
        return [event for event in self.events if event["type"] == kind]

    def sound(self) -> Samples:
        """What was spoken so far."""
        data = b"".join(base64.b64decode(event["delta"]) for event in self.of("response.output_audio.delta"))
        return from_pcm16(data)


@asynccontextmanager
async def calling(port: int, key: str = "sk-any") -> AsyncIterator[Caller]:
    """Connect as the official package does, with one URL changed."""
    client = AsyncOpenAI(api_key=key, base_url=f"http://127.0.0.1:{port}/v1", max_retries=0)
    async with client, client.realtime.connect(model="gpt-realtime") as line:
        yield Caller(line)


def _strange(value: Any) -> list[str]:
    """Fields that the official classes do not know, inside an event as well."""
    if isinstance(value, list):
        return [name for item in value for name in _strange(item)]
    if not isinstance(value, BaseModel):
        return []
    return [*(value.model_extra or {}), *(name for field in value.__dict__.values() for name in _strange(field))]


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def hold(
    graph: Graph,
    exchange: Callable[[Caller, Sessions], Awaitable[None]],
    run: Callable[[Coroutine[Any, Any, None]], None] = run,
    **options: Any,
) -> None:
    """Let the official client talk with that graph, in virtual time unless `run` is another."""

    async def main() -> None:
        async with serving(graph, **options) as (port, sessions), calling(port) as caller:
            assert (await caller.next())["type"] == "session.created"
            await exchange(caller, sessions)

    run(main())


def history(sessions: Sessions) -> list[Exchange]:
    (served,) = sessions.clients.values()
    return exchanges(served.session.dialogue)


async def ended(sessions: Sessions, turns: int) -> list[Exchange]:
    """The history, once it has so many turns."""
    async with asyncio.timeout(PATIENCE):
        while len(history(sessions)) < turns:  # noqa: ASYNC110  the session has no event for it
            await asyncio.sleep(0.02)
    return history(sessions)


def talker(said: str = LONG, **engines: Any) -> Graph:
    """Says the same to everything."""
    return scripted_graph(
        "assistant",
        ["stages.response.unknown=chat", "turns.filler=off", "turns.idle=off"],
        {"response": ScriptedModel(otherwise=f"{said}."), **engines},
    )
