"""The line of a bad network: nothing is lost, nothing overtakes, and what is late is late for TCP's reasons."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.runners.headset.network import PERFECT, TIMEOUT, Impairment, Path
from pipeline.testing import run


def carried(
    network: Impairment, items: int, every: float = 0.02, size: int = 652, seed: int = 1
) -> list[tuple[int, float]]:
    """Each of `items` that are sent `every` so many seconds, and how long it took."""

    async def main() -> list[tuple[int, float]]:
        loop = asyncio.get_running_loop()
        path: Path[tuple[int, float]] = Path(network, seed)

        async def send() -> None:
            for number in range(items):
                await path.put((number, loop.time()), size)
                await asyncio.sleep(every)

        sending = asyncio.create_task(send())
        came = []
        for _ in range(items):
            number, sent = await path.get()
            came.append((number, loop.time() - sent))
        await sending
        return came

    return run(main())


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 0.3), st.floats(0, 0.1), st.integers(0, 1000), st.sampled_from([0.0, 0.001, 0.02]))
def test_all_comes_in_order(loss: float, jitter: float, seed: int, every: float) -> None:
    came = carried(Impairment(loss, jitter, 0.005), 100, every, seed=seed)
    assert [number for number, _ in came] == list(range(100))


def test_a_perfect_line_takes_no_time() -> None:
    assert max(took for _, took in carried(PERFECT, 20)) < 1e-9


def test_jitter_is_bounded() -> None:
    took = [took for _, took in carried(Impairment(jitter=0.04, delay=0.01), 500)]
    assert min(took) >= 0.01
    assert 0.04 < max(took) <= 0.05 + 1e-9


def test_a_lost_segment_is_sent_again_when_three_later_ones_are_acknowledged() -> None:
    """20 ms apart, that is after 60 ms, a one-way delay, and one back and forth: long before the timeout."""
    took = [took for _, took in carried(Impairment(loss=0.03, delay=0.01), 400)]
    assert max(took) < TIMEOUT
    # What is behind a lost one waits with it, and all of it comes at once.
    place = next(place for place, each in enumerate(took) if each > 0.011)
    assert took[place : place + 5] == pytest.approx([0.09, 0.07, 0.05, 0.03, 0.01])


def test_the_last_one_waits_for_the_timeout() -> None:
    took = [carried(Impairment(loss=0.5, delay=0.01), 1, seed=seed)[0][1] for seed in range(40)]
    assert {round(1000 * each) for each in took} >= {10, 210, 610}  # doubled each time


def test_with_the_same_seed_the_same_is_late() -> None:
    network = Impairment(0.05, 0.04)
    assert carried(network, 100, seed=7) == carried(network, 100, seed=7) != carried(network, 100, seed=8)


def test_a_sender_waits_for_one_that_does_not_read() -> None:
    async def main() -> None:
        path: Path[int] = Path(Impairment(delay=0.01), 1)
        sent = 0

        async def send() -> None:
            nonlocal sent
            while True:
                await path.put(sent, 1000)
                sent += 1

        sending = asyncio.create_task(send())
        await asyncio.sleep(10.0)
        assert sent == 65
        await path.get()
        await asyncio.sleep(0.1)
        assert sent == 66
        sending.cancel()
        path.close()

    run(main())
