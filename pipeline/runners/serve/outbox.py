"""What waits to be sent over one WebSocket: in order, bounded, and without waiting for the client."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol

from starlette.websockets import WebSocketDisconnect

from pipeline.runners.serve.refusal import Refused

OUTSTANDING: Final = 512
"""Messages that wait to be sent at most. Ten seconds of Parley's sound fit, or a minute and a half of Realtime's."""
PARTING: Final = 2.0
"""Seconds that a client has to read why its connection is closed."""
NORMAL, POLICY = 1000, 1008
"""WebSocket close codes after a goodbye, and for all other reasons (RFC 6455, section 7.4.1)."""


class Socket(Protocol):
    """The sending half of a WebSocket, as Starlette has it."""

    async def send_text(self, data: str) -> None:
        """Send a text frame."""
        ...

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        ...

    async def close(self, code: int) -> None:
        """Send a close frame."""
        ...


class _Waiting(NamedTuple):
    data: str | bytes
    sound: bool


class Outbox:
    """The outgoing half of a connection.

    `put` never waits. Where more than `OUTSTANDING` messages wait, the client does not read: the outbox drops them all
    and hands a refusal to `refuse`, which puts the reason and finishes the outbox."""

    def __init__(self, socket: Socket, refuse: Callable[[Refused], None]) -> None:
        self._socket, self._refuse = socket, refuse
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._code: int | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more is taken, so that the connection closes after what waits."""
        return self._code is not None

    def put(self, data: str | bytes, *, sound: bool = False) -> None:
        """Send `data` after all that waits; `sound` marks what `drop_sound` may drop. Does nothing once finished."""
        if self.finished:
            return
        self._waiting.append(_Waiting(data, sound))
        self._wake.set()
        if len(self._waiting) > OUTSTANDING:
            self._waiting.clear()
            self._refuse(Refused("too-slow", f"{OUTSTANDING} messages waited for you to read them"))

    def drop_sound(self) -> int:
        """Drop the sound that waits, because the client is to fall silent, and return how many messages that were."""
        before = len(self._waiting)
        self._waiting = deque(each for each in self._waiting if not each.sound)
        return before - len(self._waiting)

    def finish(self, code: int = POLICY) -> None:
        """Take nothing more, read nothing more, send what waits, and close the socket with `code`."""
        if self._code is None:
            self._code = code
        self._wake.set()
        if self._reading:
            self._reading.cancel()

    async def exchange(self, reading: Coroutine[Any, Any, None]) -> None:
        """Run `reading` and send what is put, until the client leaves or the outbox is finished.

        Raises what `reading` raises. A finished outbox has `PARTING` seconds to send what waits."""
        self._reading = asyncio.create_task(reading)
        writing = asyncio.create_task(self._write())
        tasks = self._reading, writing
        if self.finished:
            self._reading.cancel()
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if self.finished:
                await asyncio.wait([writing], timeout=PARTING)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _write(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # the client is gone, and the reader learns it as well
            while True:
                while self._waiting:
                    data = self._waiting.popleft().data
                    await (self._socket.send_text(data) if isinstance(data, str) else self._socket.send_bytes(data))
                if self._code is not None:
                    await self._socket.close(self._code)
                    return
                self._wake.clear()
                await self._wake.wait()
