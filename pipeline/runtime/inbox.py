"""The bounded queue in front of a stage."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from pipeline.host.meter import Meter

T = TypeVar("T")


class Inbox(AsyncIterator[T], Generic[T]):
    """A bounded queue with several writers and one reader.

    It takes only the packet types that its reader accepts. It ends when the last writer has left and all packets are
    read. After its reader has closed it, it drops what comes, so that a stage that stops early never blocks the stages
    before it."""

    __slots__ = ("_accepts", "_clock", "_closed", "_items", "_meter", "_reader", "_size", "_waiting", "_writers")

    def __init__(
        self, accepts: tuple[type, ...], writers: int, size: int, meter: Meter, clock: Callable[[], float]
    ) -> None:
        self._accepts, self._writers, self._size = accepts, writers, size
        self._meter, self._clock = meter, clock
        self._items: deque[T] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._closed = False

    def offer(self, item: T) -> bool:
        """Take the item without waiting, and return False where there is no room. An item that the reader does not
        accept is ignored."""
        if self._closed or not isinstance(item, self._accepts):
            return True
        if len(self._items) >= self._size:
            return False
        self._items.append(item)
        self._wake_reader()
        return True

    async def put(self, item: T) -> None:
        """Take the item, and wait for room where there is none."""
        while not self.offer(item):
            room = asyncio.get_running_loop().create_future()
            self._waiting.append(room)
            await room

    def leave(self) -> None:
        """Note that one writer has nothing more to give."""
        self._writers -= 1
        if not self._writers:
            self._wake_reader()

    def close(self) -> None:
        """Note that the reader wants nothing more."""
        self._closed = True
        self._items.clear()
        self._wake_writers()

    async def __anext__(self) -> T:
        if not self._items:
            await self._wait()
        item = self._items.popleft()
        if self._waiting:
            self._wake_writers()
        if not self._meter.packets_in:
            self._meter.first_in = self._clock()
        self._meter.packets_in += 1
        return item

    async def _wait(self) -> None:
        asked = self._clock()
        while not self._items:
            if not self._writers:
                raise StopAsyncIteration
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        self._meter.waiting += self._clock() - asked

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _wake_writers(self) -> None:
        # All writers wake: an inbox has few of them, and a single one that is woken may have been cancelled.
        waiting, self._waiting = self._waiting, []
        for room in waiting:
            if not room.done():
                room.set_result(None)
