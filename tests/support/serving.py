"""A server in this process, and a client of the Parley protocol that plays what it gets as a headset would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from models.protocols import Intent, Outcome, Samples
from pipeline.devices.opus import OpusDecoder, OpusEncoder
from pipeline.devices.pcm import from_pcm16, to_pcm16
from pipeline.graph.graph import Graph
from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.hosting import Hosting, hosting
from pipeline.runners.serve.observers import Journals
from pipeline.runners.serve.settings import Address, Settings
from pipeline.runners.serve.tokens import SHORTEST, Secret
from pipeline.testing import ScriptedIntents, ScriptedTasks, run, scripted_graph, tones
from pipeline.wire.frames import SOUND, WRAP, pack, unpack

FRAME = 0.02
"""Seconds."""
RATE = 16_000
"""Hz of what a client says."""
PATIENCE = 60.0
"""Seconds in which anything that a test waits for must come."""
PRICE = "A lantern costs five coins."
STORY = "Once upon a time a lantern stood in the market and nobody knew who had lit it, so it burned on."


def guide() -> Graph:
    """Answers at once, in tones: ``lantern`` with `PRICE`, ``story`` with `STORY`."""
    intents = ScriptedIntents({"lantern": Intent("price"), "story": Intent("story")})
    tasks = ScriptedTasks([Outcome("price", "done", PRICE), Outcome("story", "done", STORY)], looks=["price", "story"])
    return scripted_graph("assistant", ["turns.idle=off"], {"intent": intents, "task": tasks})


@asynccontextmanager
async def served(
    graph: Graph, limits: Limits | None = None, journals: Journals | None = None
) -> AsyncIterator[Hosting]:
    """A server of a graph that is loaded, on a port of its own."""
    secret = Secret(Path("nowhere"), b"s" * SHORTEST)
    async with hosting(graph, Settings(Address(port=0)), limits, journals=journals, secret=secret) as host, host.open():
        yield host


def serving(
    work: Callable[[Hosting], Awaitable[None]],
    limits: Limits | None = None,
    run: Callable[[Coroutine[Any, Any, None]], None] = run,
) -> None:
    """Do `work` with a server of the `guide`, in virtual time unless `run` is another; nobody may be left in it
    afterwards."""

    async def main() -> None:
        graph = guide()
        await graph.load()
        async with served(graph, limits) as host:
            async with asyncio.timeout(2 * PATIENCE):
                await work(host)
        assert not host.sessions.clients
        assert not host.sessions.count
        await graph.close()

    run(main())


async def until(true: Callable[[], object]) -> None:
    """Wait until something is true. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.01)


class Client:
    """One line. It plays what comes, in real time, and reports it as the protocol says."""

    def __init__(self, socket: ClientConnection, *, reports: bool = True, opus: int | None = None) -> None:
        """`opus` is the sample rate of the sound that it gets, if that is Opus."""
        self.socket = socket
        self.messages: list[dict[str, Any]] = []
        """All that it was told."""
        self.frames: list[tuple[int, int, Samples]] = []
        """Of sound: sequence number, timestamp, samples; what was flushed is gone."""
        self.lost: ConnectionClosed | None = None
        """How the line ended."""
        self._reports, self._decoder = reports, OpusDecoder(opus) if opus else None
        self._heard_from: float | None = None  # when the first frame behind a sync was played
        self._base = 0
        self._sequence = self._timestamp = 0
        self._arrived = asyncio.Event()
        self.tasks = [asyncio.create_task(self._read())] + [asyncio.create_task(self._play())] * reports

    # --- what it says ------------------------------------------------------------------------------------------------

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def say(self, samples: Samples | str, *, opus: bool = False, pace: float = 0.0) -> None:
        """Send sound at `RATE`, or a text in tones; a frame every `pace` seconds."""
        sound = tones(samples, RATE) if isinstance(samples, str) else samples
        size = round(FRAME * RATE)
        sound = np.pad(sound, (0, -sound.size % size))
        encoder = OpusEncoder(RATE, size) if opus else None
        for start in range(0, sound.size, size):
            frame = sound[start : start + size]
            payload = encoder.encode(frame) if encoder else to_pcm16(frame)
            await self.socket.send(pack(SOUND, self._sequence, self._timestamp, payload))
            self._sequence, self._timestamp = self._sequence + 1, self._timestamp + size
            await asyncio.sleep(pace)

    async def ask(self, words: str) -> dict[str, Any]:
        """Ask with the key, and wait for the answer's end."""
        await self.send("press")
        await self.say(words)
        await self.send("release")
        return await self.told("answered")

    # --- what it was told --------------------------------------------------------------------------------------------

    async def told(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next message like that; those before it stay in `messages`. Raises TimeoutError, ConnectionClosed."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for message in self.messages:
                    if message["type"] == kind and fields.items() <= message.items() and "seen" not in message:
                        message["seen"] = True
                        return message
                if self.lost:
                    raise self.lost
                self._arrived.clear()
                await self._arrived.wait()

    async def ended(self) -> int | None:
        """Wait until the server closes the line; with which code."""
        async with asyncio.timeout(PATIENCE):
            while self.lost is None:
                self._arrived.clear()
                await self._arrived.wait()
        return self.lost.rcvd.code if self.lost.rcvd else None

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    @property
    def sound(self) -> Samples:
        """All that came, and was not flushed."""
        return np.concatenate([np.zeros(0, np.float32), *(samples for _, _, samples in self.frames)])

    @property
    def place(self) -> int:
        """The timestamp of what is heard just now."""
        end = self.frames[-1][1] + self.frames[-1][2].size if self.frames else self._base
        if self._heard_from is None or not self.frames:
            return self._base
        return min(end, self._base + round((asyncio.get_running_loop().time() - self._heard_from) * self.rate))

    @property
    def rate(self) -> int:
        """Hz of what it gets."""
        return int(next(m for m in self.messages if m["type"] == "welcome")["audio_out"]["sample_rate"])

    # --- how it works ------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                received = await self.socket.recv()
                await self._take(received)
                self._arrived.set()
        except ConnectionClosed as closed:
            self.lost = closed
            self._arrived.set()

    async def _take(self, received: str | bytes) -> None:
        if isinstance(received, bytes):
            frame = unpack(received)
            raw = self._decoder.decode(frame.payload) if self._decoder else from_pcm16(frame.payload)
            self.frames.append((frame.sequence, frame.timestamp, raw.astype(np.float32)))
            if self._heard_from is None:
                self._heard_from = asyncio.get_running_loop().time()
            return
        message = json.loads(received)
        self.messages.append(message)
        if message["type"] == "sync":
            self._base, self._heard_from = message["timestamp"], None
        elif message["type"] == "flush":
            place = self.place
            self.frames = [frame for frame in self.frames if frame[1] < place]
            if self._reports:
                await self.send("played", timestamp=place % WRAP, playing=False)

    async def _play(self) -> None:
        """Report every 200 ms, as the protocol says, and at both ends."""
        playing = False
        while self.lost is None:
            end = self.frames[-1][1] + self.frames[-1][2].size if self.frames else 0
            goes_on = self._heard_from is not None and self.place < end
            try:
                if goes_on or playing:
                    await self.send("played", timestamp=self.place % WRAP, playing=goes_on)
            except ConnectionClosed:
                return
            playing = goes_on
            await asyncio.sleep(0.2 if playing else 0.02)


@asynccontextmanager
async def calling(host: Hosting, *, reports: bool = True, **hello: Any) -> AsyncIterator[Client]:
    """A client that said hello, and was told welcome."""
    form = hello.get("audio_out", {})
    opus = form["sample_rate"] if form.get("codec") == "opus" else None
    async with connect(f"ws://127.0.0.1:{host.port}/parley", max_queue=None) as socket:
        client = Client(socket, reports=reports, opus=opus)
        await client.send("hello", reports=reports, **hello)
        try:
            await client.told("welcome")
            yield client
        finally:
            for task in client.tasks:
                task.cancel()
            await asyncio.gather(*client.tasks, return_exceptions=True)
