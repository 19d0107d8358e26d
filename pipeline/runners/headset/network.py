"""A simulated network between a headset and its server, as TCP shows it: nothing is lost, but much is late."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass, field
from math import inf, sqrt
from typing import Generic, TypeVar

T = TypeVar("T")

DUPLICATES = 3
"""The later segments that must arrive before a missing one counts as lost and is sent again: fast retransmit (RFC 5681,
3.2)."""
TIMEOUT = 0.2
"""Seconds after which a segment is sent again without them: the shortest retransmission timeout of Linux (RFC 6298 asks
for 1 s)."""
SEGMENT = 1460
"""Bytes of a full segment in an Ethernet frame."""
WINDOW = 65_536
"""The most bytes on their way, where the network loses nothing."""


@dataclass(frozen=True, slots=True)
class Impairment:
    """What a network does to each segment."""

    loss: float = 0.0
    """The share of segments that are lost, 0 to 1."""
    jitter: float = 0.0
    """The largest random delay of a segment, in seconds."""
    delay: float = 0.0
    """The least time that a segment takes one way, in seconds."""

    @property
    def bad(self) -> bool:
        """Whether the network impairs anything."""
        return bool(self.loss or self.jitter or self.delay)

    @property
    def window(self) -> float:
        """Bytes that TCP keeps on their way: losses narrow its window to 1.22 segments over the root of their share
        (Mathis, Semke, Mahdavi, Ott 1997, "The macroscopic behavior of the TCP congestion avoidance algorithm")."""
        return min(WINDOW, SEGMENT * 1.22 / sqrt(self.loss)) if self.loss else WINDOW


PERFECT = Impairment()


@dataclass(slots=True, eq=False)
class _Segment(Generic[T]):
    item: T
    size: int
    lost: bool = False
    """Whether its latest transmission was lost."""
    here: bool = False
    later: int = 0
    """How many segments that were sent after it arrived before it."""
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)


class Path(Generic[T]):
    """One direction of a connection: a queue whose items come out whole, in order, and late.

    Each item is a segment. Jitter delays it without overtaking those before it. A lost one is sent again when three
    later ones have arrived and their acknowledgements are back, else after `TIMEOUT`, doubled each time it is lost
    again; the segments after it wait meanwhile. Time is that of the running event loop. The same seed gives the same
    losses and delays.

    Compared with the TCP of Linux 6.18 between two network namespaces: frames of 652 bytes every 20 ms, 3 % loss, 40 ms
    jitter, 5 ms delay came after 36, 109, 156 and 368 ms there and after 29, 94, 130 and 368 ms here (the 50th, 90th,
    95th and 99th of 100). Without jitter Linux recovers sooner, as it needs fewer later segments (RFC 8985): the 95th
    came after 39 ms there, and after 75 ms here."""

    def __init__(self, network: Impairment, seed: int) -> None:
        self.resent = 0
        """Segments that were lost, and sent again."""
        self._network, self._chance = network, random.Random(seed)  # noqa: S311  no secret
        self._loop = asyncio.get_running_loop()
        self._way: deque[_Segment[T]] = deque()
        self._latest = -inf  # when the segment before arrives
        self._bytes = 0  # of what was put and not yet taken
        self._taken, self._arrived = asyncio.Event(), asyncio.Event()

    async def put(self, item: T, size: int) -> None:
        """Send `item` of that many bytes; waits while TCP's window is full. One sender at a time."""
        while self._bytes and self._bytes + size > self._network.window:
            self._taken.clear()
            await self._taken.wait()
        self._bytes += size
        segment = _Segment(item, size)
        self._way.append(segment)
        self._send(segment, TIMEOUT)

    async def get(self) -> T:
        """The next item that arrives. One receiver at a time."""
        while not (self._way and self._way[0].here):
            self._arrived.clear()
            await self._arrived.wait()
        segment = self._way.popleft()
        self._bytes -= segment.size
        self._taken.set()
        return segment.item

    def close(self) -> None:
        """Drop all segments that are on their way."""
        for segment in self._way:
            if segment.timer:
                segment.timer.cancel()
        self._way.clear()

    def _one_way(self) -> float:
        return self._network.delay + self._chance.uniform(0.0, self._network.jitter)

    def _send(self, segment: _Segment[T], timeout: float) -> None:
        now = self._loop.time()
        segment.lost = self._chance.random() < self._network.loss
        if segment.lost:
            self.resent += 1
            segment.timer = self._loop.call_at(now + timeout, self._send, segment, 2 * timeout)
            return
        self._latest = max(self._latest, now + self._one_way())
        segment.timer = self._loop.call_at(self._latest, self._arrive, segment)

    def _arrive(self, segment: _Segment[T]) -> None:
        segment.here, segment.timer = True, None
        for missing in self._way:
            if missing is segment:
                break
            missing.later += 1
            if missing.later == DUPLICATES and missing.lost and missing.timer:
                missing.timer.cancel()  # the acknowledgements of the later ones travel back first
                missing.timer = self._loop.call_later(self._one_way(), self._send, missing, 2 * TIMEOUT)
        self._arrived.set()
