"""A client of the Parley protocol that types or speaks lines, and hears each answer as soon as it is sent.

It reports sound as played when it arrives, so that a long answer takes no longer than it takes to make.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import numpy as np
from dialogue_suite import Answer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from models.protocols import Samples
from pipeline.devices.files.decoding import SAMPLE_RATE
from pipeline.devices.pcm import from_pcm16, to_pcm16
from pipeline.devices.playback import AUDIBLE
from pipeline.wire import from_client, from_server
from pipeline.wire.fields import Format, Message
from pipeline.wire.frames import SOUND, WRAP, pack, unpack

FRAME = SAMPLE_RATE // 50
"""Samples in a frame of the microphone."""
REPORTS = 0.04
"""Seconds between two reports of what was played."""
PATIENCE = 90.0
"""Seconds in which a line must be answered."""
DEAF = 4.0
"""Seconds at rest after a spoken line, without an answer, from which nothing was heard."""
PARTING = 2.0
"""Seconds in which the server may close the connection after ``bye``."""
CLOSED = "the server closed the connection"
WELCOMED = 10.0
"""Seconds in which a server must answer ``hello``."""


class Talker:
    """One user at a server; an asynchronous context manager. A line that the server does not hear has failed."""

    def __init__(self, url: str, user: str) -> None:
        self._url, self._user = url, user
        self._line: ClientConnection
        self._tasks: list[asyncio.Task[None]] = []
        self._change = asyncio.Event()
        self._messages: list[Any] = []
        self._turn = ""  # the turn whose sound comes now
        self._first: dict[str, float] = {}  # when the first audible sound of a turn came
        self._played: int | None = None  # a timestamp that was not reported yet
        self._rest: float | None = None  # since when the avatar is idle
        self._sequence = self._timestamp = 0
        self._over = False

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._line = await connect(self._url, max_queue=None, max_size=None)
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._report())]
        hello = from_client.Hello(
            client="benchmarks/dialogue.py",
            user=self._user,
            mode="push-to-talk",
            audio_in=Format(sample_rate=SAMPLE_RATE),
            wants=frozenset({"captions", "actions"}),
        )
        await self._send(hello)
        await self._until(lambda: self._of(from_server.Welcome), WELCOMED)
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(ConnectionClosed):
            await self._send(from_client.Bye())
            await self._until(lambda: self._over, PARTING)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._line.close()

    async def write(self, text: str) -> Answer:
        """Type a line, and wait for the answer."""
        known = self._known()
        try:
            await self._send(from_client.Text(text=text))
        except ConnectionClosed:
            return Answer(failed=CLOSED)
        return await self._answer(self._loop.time(), known, deaf=False)

    async def say(self, samples: Samples) -> Answer:
        """Say `samples`, shape (n,) at `SAMPLE_RATE`, at real speed with the key held, and wait for the answer."""
        known = self._known()
        try:
            await self._send(from_client.Press())
            await self._speak(samples)
            await self._send(from_client.Release())
        except ConnectionClosed:
            return Answer(failed=CLOSED)
        return await self._answer(self._loop.time(), known, deaf=True)

    async def _speak(self, samples: Samples) -> None:
        began = self._loop.time()
        for at in range(0, samples.size, FRAME):
            piece = np.pad(samples[at : at + FRAME], (0, max(0, at + FRAME - samples.size)))
            await asyncio.sleep(began + (at + FRAME) / SAMPLE_RATE - self._loop.time())
            await self._line.send(pack(SOUND, self._sequence, self._timestamp, to_pcm16(piece)))
            self._sequence, self._timestamp = self._sequence + 1, (self._timestamp + FRAME) % WRAP

    # --- answers -----------------------------------------------------------------------------------------------------

    async def _answer(self, ended: float, known: set[str], *, deaf: bool) -> Answer:
        """The answer to the line that ended at that time."""
        self._rest = None

        def over() -> bool:
            if self._answered(known):
                return True
            return deaf and self._rest is not None and self._loop.time() > self._rest + DEAF

        ended_in_time = await self._until(over, PATIENCE)
        if (answered := self._answered(known)) is None:
            if self._over:
                return Answer(failed=CLOSED)
            return Answer(failed="nothing was heard" if ended_in_time else f"no answer within {PATIENCE:g} s")
        turn = answered.turn
        captions = (one for one in self._of(from_server.Caption) if one.turn == turn and one.speaker == "avatar")
        said = _joined([caption.text for caption in captions])
        first = self._first.get(turn)
        return Answer(
            heard=answered.heard,
            said=said or answered.said,
            actions=tuple(action.kind for action in self._of(from_server.Action) if action.turn == turn),
            first=None if first is None else 1000 * (first - ended),
            failed="" if answered.fate == "answered" else f"the turn was {answered.fate} {answered.error}".rstrip(),
        )

    def _answered(self, known: set[str]) -> from_server.Answered | None:
        """The end of a new turn in which the user said something; a timer that rings begins turns of its own."""
        ended = (one for one in self._of(from_server.Answered) if one.turn not in known and one.heard)
        return next(ended, None)

    def _known(self) -> set[str]:
        return {one.turn for one in self._of(from_server.Answered)}

    def _of(self, kind: type[Any]) -> list[Any]:
        return [message for message in self._messages if isinstance(message, kind)]

    # --- the connection ----------------------------------------------------------------------------------------------

    async def _send(self, message: Message) -> None:
        await self._line.send(message.model_dump_json())

    async def _until(self, happened: Callable[[], object], patience: float) -> bool:
        """Wait for something, and tell whether it came within `patience` seconds."""
        deadline = self._loop.time() + patience
        while not happened():
            if self._over or (left := deadline - self._loop.time()) <= 0:
                return False
            self._change.clear()
            try:
                await asyncio.wait_for(self._change.wait(), min(left, 0.2))
            except TimeoutError:
                continue
        return True

    async def _listen(self) -> None:
        try:
            async for data in self._line:
                self._take(data)
                self._change.set()
        except ConnectionClosed:
            pass
        finally:
            self._over = True
            self._change.set()

    def _take(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            frame = unpack(data)
            samples = from_pcm16(frame.payload)
            self._played = (frame.timestamp + samples.size) % WRAP
            if self._turn not in self._first and (np.abs(samples) > AUDIBLE).any():
                self._first[self._turn] = self._loop.time()
            return
        message = from_server.FROM_SERVER.validate_json(data)
        self._messages.append(message)
        if isinstance(message, from_server.Sync):
            self._turn = message.turn
        elif isinstance(message, from_server.StateIs):
            self._rest = self._loop.time() if message.state == "idle" else None

    async def _report(self) -> None:
        """Report that all sound that came was played, at most every `REPORTS` seconds."""
        while not self._over:
            if self._played is not None:
                report, self._played = from_client.Played(timestamp=self._played, playing=False), None
                try:
                    await self._send(report)
                except ConnectionClosed:
                    return
            await asyncio.sleep(REPORTS)


def _joined(pieces: list[str]) -> str:
    """The clauses of an answer as one text."""
    return " ".join(" ".join(pieces).split())
