"""Engines on their threads: order, deadlines, fallbacks, and what is left behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from support.streams import collect

from models.errors import ModelUnavailable
from models.protocols import Engine
from pipeline.errors import EngineFailed
from pipeline.host.host import Host
from pipeline.host.meter import METER, Meter
from pipeline.host.threads import EngineThread, Rank

DEADLINE = 0.05


class Counter(Engine):
    """Counts, unless it is told to fail; waits where it is told to hang."""

    def __init__(self, name: str = "counter", fails: bool = False, hangs: bool = False, absent: bool = False) -> None:
        self.name, self.fails, self.absent = name, fails, absent
        self.go = threading.Event()
        if not hangs:
            self.go.set()
        self.loads, self.threads, self.closed = 0, set[str](), 0

    def load(self) -> None:
        self.loads += 1
        if self.absent:
            raise ModelUnavailable("weights are on another machine")

    def close(self) -> None:
        self.closed += 1

    def who(self) -> str:
        self.threads.add(threading.current_thread().name)
        self.go.wait(10)
        if self.fails:
            raise ValueError(f"{self.name} broke")
        return self.name

    def count(self, to: int, fail_at: int = -1) -> Iterator[str]:
        for number in range(to):
            self.who()
            if number == fail_at:
                raise ValueError(f"{self.name} broke at {number}")
            yield f"{self.name}{number}"


def speaking(name: str, *languages: str) -> Counter:
    engine = Counter(name)
    engine.languages = frozenset(languages)  # type: ignore[misc]  # for this one, not for the class
    return engine


def test_the_first_rank_that_speaks_the_language_is_asked() -> None:
    async def names() -> list[str]:
        ranked = host(speaking("english", "en"), speaking("mandarin", "zh"), speaking("any", "*"))
        called = [await ranked.call(Counter.who, language) for language in ("en", "zh", "fr", "")]
        async with aclosing(ranked.stream(lambda engine: engine.count(2), "zh")) as items:
            return [*called, *[item async for item in items], ranked.speaking("zh").name]

    assert asyncio.run(names()) == ["english", "mandarin", "any", "english", "mandarin0", "mandarin1", "mandarin"]


def test_a_language_that_no_rank_speaks_is_told() -> None:
    told = "no engine works in 'fr': english works in en; mandarin works in zh; name one that does as a fallback"
    with pytest.raises(EngineFailed, match=told):
        asyncio.run(host(speaking("english", "en"), speaking("mandarin", "zh")).call(Counter.who, "fr"))


def host(*engines: Counter, deadline: float | None = DEADLINE) -> Host[Counter]:
    last = engines[-1]
    return Host("tts", [EngineThread(Rank(e.name, e, None if e is last else deadline)) for e in engines])


def call(host: Host[Counter]) -> str:
    return asyncio.run(host.call(lambda engine: engine.who()))


def test_calls_run_on_the_engines_own_thread_one_at_a_time() -> None:
    counter = Counter()
    shared = host(counter)

    async def many() -> list[str]:
        return await asyncio.gather(*(shared.call(lambda engine: engine.who()) for _ in range(10)))

    assert asyncio.run(many()) == ["counter"] * 10
    assert counter.threads == {"counter"}


def test_a_stream_ends_with_its_iterator() -> None:
    shared = host(Counter())

    async def both() -> tuple[list[str], list[str]]:
        three = await collect(shared.stream(lambda engine: engine.count(3)))
        return three, await collect(shared.stream(lambda engine: engine.count(0)))

    assert asyncio.run(both()) == (["counter0", "counter1", "counter2"], [])


def test_the_next_in_rank_takes_over_from_one_that_fails() -> None:
    assert call(host(Counter("first", fails=True), Counter("second"))) == "second"


def test_the_next_in_rank_takes_over_from_one_that_is_late_and_keeps_its_place_while_that_hangs() -> None:
    first, second = Counter("first", hangs=True), Counter("second")
    shared = host(first, second, deadline=1.0)  # which one that does not hang meets on any machine

    async def thrice() -> list[str]:
        late = await shared.call(lambda engine: engine.who())
        stuck = await shared.call(lambda engine: engine.who())
        first.go.set()
        while shared._threads[0].stuck:  # noqa: ASYNC110  the engine's thread has no event to wait for
            await asyncio.sleep(0.001)
        return [late, stuck, await shared.call(lambda engine: engine.who())]

    assert asyncio.run(thrice()) == ["second", "second", "first"]


def test_a_stream_falls_back_only_before_its_first_item() -> None:
    shared = host(Counter("first"), Counter("second"), deadline=60.0)

    async def broken(at: int) -> list[str]:
        return await collect(shared.stream(lambda e: e.count(3, fail_at=at if e.name == "first" else -1)))

    assert asyncio.run(broken(0)) == ["second0", "second1", "second2"]
    with pytest.raises(ValueError, match="first broke at 1"):
        asyncio.run(broken(1))


def test_when_all_fail_the_last_cause_is_told() -> None:
    with pytest.raises(EngineFailed, match="second broke") as failure:
        call(host(Counter("first", fails=True), Counter("second", fails=True)))
    assert isinstance(failure.value.__cause__, ValueError)


def test_an_engine_that_cannot_be_loaded_is_passed_over() -> None:
    first, second = Counter("first", absent=True), Counter("second")
    shared = host(first, second)

    async def load_and_call() -> str:
        await shared.load()
        return await shared.call(lambda engine: engine.who())

    assert asyncio.run(load_and_call()) == "second"
    told = "tts: first cannot be loaded, so the next engine takes its place: weights are on another machine"
    assert shared.passed_over == [told]
    with pytest.raises(EngineFailed, match="tts: first cannot be loaded: weights are on another machine"):
        asyncio.run(host(first).load())


def test_sessions_that_load_at_once_load_once() -> None:
    counter = Counter()
    thread = EngineThread(Rank("counter", counter))

    async def twice() -> None:
        await asyncio.gather(thread.load(), thread.load())

    asyncio.run(twice())
    assert counter.loads == 1


def test_leaving_a_stream_closes_the_engines_iterator() -> None:
    closed = threading.Event()

    class Endless(Counter):
        def count(self, to: int, fail_at: int = -1) -> Iterator[str]:
            try:
                while True:
                    yield "more"
            finally:
                closed.set()

    shared = host(Endless())

    async def leave() -> None:
        async with aclosing(shared.stream(lambda engine: engine.count(0))) as items:
            await anext(items)

    asyncio.run(leave())
    assert closed.wait(5)


def test_a_cancelled_call_that_had_not_begun_never_runs() -> None:
    counter = Counter(hangs=True)
    shared = host(counter)
    ran: list[str] = []

    async def scenario() -> None:
        first = asyncio.create_task(shared.call(lambda engine: engine.who()))
        second = asyncio.create_task(shared.call(lambda engine: ran.append(engine.name)))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        counter.go.set()
        await first
        await shared.close()

    asyncio.run(scenario())
    assert ran == []
    assert counter.closed == 1


def test_waiting_for_another_sessions_work_counts_as_queued() -> None:
    counter = Counter(hangs=True)
    shared = host(counter)
    meter = Meter()

    async def behind() -> None:
        METER.set(meter)
        await shared.call(lambda engine: engine.who())

    async def scenario() -> float:
        first = asyncio.create_task(shared.call(lambda engine: engine.who()))
        second = asyncio.create_task(behind())
        await asyncio.sleep(0)  # both have asked by now
        asked = time.perf_counter()
        await asyncio.sleep(DEADLINE)
        waited = time.perf_counter() - asked
        counter.go.set()
        await asyncio.gather(first, second)
        return waited

    assert meter.queued == 0.0
    waited = asyncio.run(scenario())
    assert meter.queued >= waited


def test_an_inline_engine_stays_on_the_event_loop() -> None:
    class Inline(Counter):
        inline = True

    counter = Inline()
    assert call(host(counter)) == "counter"
    assert counter.threads == {"MainThread"}


def test_an_engine_that_hangs_does_not_keep_the_process_alive() -> None:
    code = """
import asyncio, threading
from models.protocols import Engine
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank

class Hanging(Engine):
    def work(self):
        threading.Event().wait()

host = Host("asr", [EngineThread(Rank("hanging", Hanging(), 0.05))])

async def main():
    try:
        await host.call(lambda engine: engine.work())
    except Exception as error:
        print(error)
    await host.close()

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "hanging took longer than 0.05 s\n"
