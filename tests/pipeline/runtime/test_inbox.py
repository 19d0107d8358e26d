"""The bounded queue in front of a stage."""

from __future__ import annotations

import asyncio
import itertools

from support.streams import collect

from pipeline.host.meter import Meter
from pipeline.runtime.inbox import Inbox


def inbox(writers: int = 1, size: int = 2) -> tuple[Inbox[int], Meter]:
    meter, ticks = Meter(), itertools.count()
    return Inbox((int,), writers, size, meter, lambda: float(next(ticks))), meter


def test_it_ends_when_the_last_writer_has_left_and_all_is_read() -> None:
    async def scenario() -> list[int]:
        box, _ = inbox(writers=2)
        await box.put(1)
        box.leave()
        await box.put(2)
        box.leave()
        return await collect(box) + await collect(box)

    assert asyncio.run(scenario()) == [1, 2]


def test_a_writer_waits_for_room_and_others_are_served_in_turn() -> None:
    async def scenario() -> tuple[bool, list[int]]:
        box, _ = inbox(size=1, writers=3)

        async def write(value: int) -> None:
            await box.put(value)
            box.leave()

        writers = [asyncio.create_task(write(value)) for value in range(3)]
        await asyncio.sleep(0)
        full = not box.offer(9)
        read = await collect(box)
        await asyncio.gather(*writers)
        return full, read

    full, read = asyncio.run(scenario())
    assert full
    assert sorted(read) == [0, 1, 2]


def test_a_cancelled_writer_does_not_hold_the_others_back() -> None:
    async def scenario() -> list[int]:
        box, _ = inbox(size=1, writers=1)
        await box.put(1)
        first = asyncio.create_task(box.put(2))
        second = asyncio.create_task(box.put(3))
        await asyncio.sleep(0)
        first.cancel()
        got = [await anext(box)]
        await second
        box.leave()
        return got + await collect(box)

    assert asyncio.run(scenario()) == [1, 3]


def test_what_comes_after_the_reader_closed_is_thrown_away() -> None:
    async def scenario() -> list[int]:
        box, _ = inbox(size=1)
        await box.put(1)
        stuck = asyncio.create_task(box.put(2))
        await asyncio.sleep(0)
        box.close()
        await asyncio.wait_for(stuck, 5)
        for value in range(100):
            await box.put(value)
        box.leave()
        return await collect(box)

    assert asyncio.run(scenario()) == []


def test_types_that_the_reader_does_not_accept_take_no_room() -> None:
    box, _ = inbox(size=1)
    assert all(box.offer("text") for _ in range(10))  # type: ignore[arg-type]  # the point of the test


def test_only_idle_time_counts_as_waiting() -> None:
    async def scenario() -> Meter:
        box, meter = inbox()
        await box.put(1)
        await anext(box)
        reader = asyncio.create_task(anext(box))
        await asyncio.sleep(0)
        await box.put(2)
        await reader
        return meter

    meter = asyncio.run(scenario())
    assert meter.packets_in == 2
    assert meter.first_in == 0.0  # the first tick of the clock
    assert meter.waiting == 1.0  # one tick between asking and getting
