"""Virtual time: what it jumps over, what it waits for, and what it says when nothing can happen any more."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from math import inf

import pytest

from models.protocols import Engine
from pipeline.errors import EngineFailed
from pipeline.host.host import Host
from pipeline.host.threads import CLOSING, EngineThread, Rank
from pipeline.testing.clock import Deadlock, VirtualLoop, run, spend


class Slow(Engine):
    """Takes its time, in virtual time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.ended = threading.Event()

    def work(self) -> str:
        try:
            spend(self.seconds)
        finally:
            self.ended.set()
        return f"done in {self.seconds:g} s"


class SlowInline(Slow):
    inline = True


class Computing(Engine):
    """Takes the machine's time, as real engines do."""

    def work(self) -> str:
        time.sleep(0.05)
        return "computed"


def host(*engines: Engine, deadline: float | None = None) -> Host[Engine]:
    return Host("asr", [EngineThread(Rank(type(engine).__name__, engine, deadline)) for engine in engines])


def now() -> float:
    return asyncio.get_running_loop().time()


def test_an_hour_goes_by_and_timers_go_off_in_order() -> None:
    order: list[tuple[float, str]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        order.append((now(), name))

    async def main() -> str:
        await asyncio.gather(sleeper("late", 3600.0), sleeper("early", 0.5), sleeper("middle", 60.25))
        return "over"

    assert run(main()) == "over"
    assert order == [(0.5, "early"), (60.25, "middle"), (3600.0, "late")]


def test_an_hour_of_steps_does_not_drift() -> None:
    async def main() -> float:
        for step in range(1, 3601):
            when = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_at(float(step), when.set_result, None)
            await when
        return now()

    assert run(main()) == pytest.approx(3600.0, abs=1e-9)


def test_time_stands_still_while_an_engine_computes() -> None:
    async def main() -> tuple[str, float]:
        ticking = asyncio.create_task(asyncio.sleep(0.001))
        found = await host(Computing()).call(lambda engine: engine.work())  # type: ignore[attr-defined]
        reached = now()
        await ticking
        return found, reached

    assert run(main()) == ("computed", 0.0)


def test_time_stands_still_for_other_threads_that_are_waited_for() -> None:
    async def main() -> float:
        ticking = asyncio.create_task(asyncio.sleep(0.001))
        await asyncio.to_thread(time.sleep, 0.02)
        await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.02)
        reached = now()
        await ticking
        return reached

    assert run(main()) == 0.0


@pytest.mark.parametrize("kind", [Slow, SlowInline])
def test_a_call_can_take_virtual_time(kind: type[Slow]) -> None:
    async def main() -> tuple[str, float]:
        return await host(kind(90.0)).call(lambda engine: engine.work()), now()  # type: ignore[attr-defined]

    assert run(main()) == ("done in 90 s", 90.0)


def test_a_late_engine_meets_its_deadline_at_the_exact_time() -> None:
    late, ready = Slow(3.0), Slow(0.25)
    ranked = Host("asr", [EngineThread(Rank("late", late, 2.0)), EngineThread(Rank("ready", ready))])

    async def main() -> list[tuple[str, float]]:
        found = []
        for _ in range(3):
            found.append((await ranked.call(lambda engine: engine.work()), now()))
            await asyncio.sleep(0.5)
            late.seconds = 0.0
        return found

    # Asked again at 2.75 s, the late one is still at it; asked at 3.5 s it is not.
    assert run(main()) == [("done in 0.25 s", 2.25), ("done in 0.25 s", 3.0), ("done in 0 s", 3.5)]


def test_an_engine_that_hangs_is_let_go_when_the_loop_ends() -> None:
    hanging = Slow(inf)

    async def main() -> float:
        with pytest.raises(EngineFailed, match="took longer than 5 s"):
            await host(hanging, deadline=5.0).call(lambda engine: engine.work())  # type: ignore[attr-defined]
        assert not hanging.ended.is_set()
        return now()

    assert run(main()) == 5.0
    assert hanging.ended.wait(5)


def test_what_is_queued_behind_a_call_that_hangs_does_not_stop_the_clock(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> tuple[float, float]:
        shared = host(Slow(inf))
        hanging = asyncio.create_task(shared.call(lambda engine: engine.work()))  # type: ignore[attr-defined]
        await asyncio.sleep(1.0)
        hanging.cancel()
        await asyncio.wait([hanging])
        cancelled = now()
        await shared.close()
        return cancelled, now()

    assert run(main()) == (1.0, 1.0 + CLOSING)
    assert "Slow does not finish its work" in caplog.text


def test_a_thread_that_hangs_is_let_go_when_the_loop_ends() -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await asyncio.to_thread(spend, inf)

    run(main())


def test_a_hanging_call_without_deadline_is_a_deadlock() -> None:
    async def waits_for_the_engine() -> None:
        await host(Slow(inf)).call(lambda engine: engine.work())  # type: ignore[attr-defined]

    with pytest.raises(Deadlock, match=r"Task-\d+ in EngineThread._run at .*threads.py:"):
        run(waits_for_the_engine())
    with pytest.raises(EngineFailed, match="blocks the event loop"):
        run(host(SlowInline(inf)).call(lambda engine: engine.work()))  # type: ignore[attr-defined]


def test_a_deadlock_names_where_every_task_waits_and_cleans_up() -> None:
    cleaned: list[str] = []

    async def wait_for_nobody() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("cleaned")

    async def main() -> None:
        other = asyncio.create_task(wait_for_nobody(), name="other")
        await asyncio.sleep(10)
        await other

    with pytest.raises(Deadlock) as found:
        run(main())
    assert "other in Event.wait at " in str(found.value)
    assert cleaned == ["cleaned"]


def test_sockets_of_the_same_process_are_served_without_time_passing() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def main() -> tuple[bytes, float]:
        near, far = socket.socketpair()
        serving = asyncio.create_task(answer(*await asyncio.open_connection(sock=far)))
        reader, writer = await asyncio.open_connection(sock=near)
        writer.write(b"hello\n")
        line = await reader.readline()
        await serving
        writer.close()
        await writer.wait_closed()
        return line, now()

    assert run(main()) == (b"hello\n", 0.0)


def test_what_main_raises_is_raised_and_a_timeout_times_out() -> None:
    async def main() -> None:
        async with asyncio.timeout(30):
            await asyncio.sleep(31)

    with pytest.raises(TimeoutError):
        run(main())


def test_spending_time_without_a_virtual_clock_takes_the_machines() -> None:
    before = time.monotonic()
    spend(0.01)
    assert time.monotonic() - before >= 0.01


def test_threads_end_with_the_loop() -> None:
    before = set(threading.enumerate())

    async def main() -> bool:
        await asyncio.to_thread(time.sleep, 0)
        return isinstance(asyncio.get_running_loop(), VirtualLoop)

    assert run(main())
    assert set(threading.enumerate()) == before
