"""Measures what many users cost: how many can talk at once, and the memory of a silent one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from serving import Served, served
from sounds import Clip

from pipeline.devices.files.decoding import SAMPLE_RATE
from pipeline.runners.headset.exchange import MeasuredExchange
from pipeline.runners.headset.fleet import Fleet, Said
from pipeline.runners.headset.headset import Headset
from pipeline.runners.headset.measures import spread
from pipeline.wire import from_client

PATIENCE = 1000.0
"""Milliseconds within which 95 of 100 answers must be heard."""
STEPS = (2, 4, 6, 8, 10, 12, 16)
"""Numbers of users at once, tried in turn."""
TURNS = 2
"""Turns that each user has."""
IDLE, RETURNED = 200, 1000
"""Sessions that are open and silent at once, and sessions that come and go, `TOGETHER` at a time."""
TOGETHER = 20


async def talking(name: str, clips: Sequence[Clip]) -> dict[str, Any]:
    """The number of users who hold conversations before the 95th of 100 answers takes longer than `PATIENCE`."""
    said = [Said(clip.name, clip.samples[: clip.end], SAMPLE_RATE) for clip in clips[:TURNS]]
    hello = from_client.Hello(mode="push-to-talk")
    found: dict[int, float] = {}
    async with served(name) as server:
        for users in (1, *STEPS):  # the first warms up what loading did not
            heard: list[MeasuredExchange] = []

            def tell(_: int, done: MeasuredExchange, heard: list[MeasuredExchange] = heard) -> None:
                heard.append(done)

            troubles = await Fleet(server.socket, users, hello).talk(said, tell)
            unheard = sum(done.first_audible is None for done in heard) + len(troubles)
            delays = spread([done.first_audible for done in heard] + [60.0] * unheard)
            assert delays
            found[users] = delays["p95"]
            print(f"talking: {users} users, first audible {delays}, {unheard} unanswered", file=sys.stderr)
            if found[users] > PATIENCE:
                break
    good = [users for users, p95 in found.items() if p95 <= PATIENCE]
    return {"talking_sessions": {"sessions": max(good, default=0), "p95_ms": found}}


async def idle(name: str) -> dict[str, Any]:
    """The megabytes of a silent session, and those that stay in use after sessions have ended."""
    async with served(name, "--sessions", str(2 * IDLE)) as server:
        await _come_and_go(server, 2 * IDLE)  # pools fill and modules load
        before = server.memory
        headsets = [Headset(server.socket) for _ in range(IDLE)]
        for headset in headsets:
            await headset.__aenter__()
        await asyncio.sleep(1.0)
        each = (server.memory - before) / IDLE
        for headset in headsets:
            await headset.leave()
            await headset.__aexit__()
        print(f"idle: {each:.3f} MB a session", file=sys.stderr)
        await asyncio.sleep(1.0)
        before = server.memory
        await _come_and_go(server, RETURNED)
        await asyncio.sleep(1.0)
        left = server.memory - before
    return {"idle_session_mb": {"mb": round(each, 3), f"left_after_{RETURNED}": round(left, 1)}}


async def _come_and_go(server: Served, count: int) -> None:
    async def one() -> None:
        async with Headset(server.socket) as headset:
            await headset.leave()

    for _ in range(count // TOGETHER):
        await asyncio.gather(*(one() for _ in range(TOGETHER)))
