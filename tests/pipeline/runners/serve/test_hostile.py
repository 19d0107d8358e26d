"""A server under attack, with an honest client beside it; and what is left when all have gone."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hostile import HELLO, message, raw
from support.serving import PRICE, calling, guide, served, serving, until
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.hosting import Hosting

T = TypeVar("T")

ATTACKS, MESSAGES = 120, 90
"""Connections, and what each says: more than 10,000 messages. A line takes 100 mistakes."""
SESSIONS = 1_000
IDLE = 200


class Attacked:
    """A server on a thread of its own, and someone who talks with it all the time."""

    def __init__(self, host: Hosting, loop: asyncio.AbstractEventLoop) -> None:
        self.host, self._loop = host, loop
        self.answers = 0
        """That the honest client got."""
        self.messages = 0
        """That attackers sent."""

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def talk(self) -> None:
        async with calling(self.host, user="honest") as client:
            while True:
                answered = await client.ask("lantern")
                assert (answered["fate"], answered["said"]) == ("answered", PRICE)
                client.frames.clear()
                self.answers += 1

    async def attack(self, seed: int) -> None:
        random = Random(seed)
        with suppress(ConnectionClosed):
            async with connect(f"ws://127.0.0.1:{self.host.port}/parley", max_queue=None) as line:
                reading = asyncio.create_task(swallow(line))
                if random.random() < 0.95:
                    await line.send(json.dumps(HELLO | {"mode": random.choice(["hands-free", "push-to-talk"])}))
                try:
                    for _ in range(MESSAGES):
                        self.messages += 1
                        await line.send(said) if (said := encodable(message(random))) is not None else None
                finally:
                    if random.random() < 0.3:
                        line.transport.abort()
                    reading.cancel()

    async def knock(self, seed: int) -> None:
        """Say what is no protocol at all."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.host.port)
        with suppress(ConnectionError):
            writer.write(raw(Random(seed)))
            await writer.drain()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.02):
                    await reader.read(10_000)
        writer.close()


def encodable(said: str | bytes) -> str | bytes | None:
    """Nothing for text that no client could send."""
    try:
        return said if isinstance(said, bytes) else said.encode().decode()
    except UnicodeEncodeError:
        return None


async def swallow(line: Any) -> None:
    with suppress(ConnectionClosed):
        while True:
            await line.recv()


@contextmanager
def attacked() -> Iterator[Attacked]:
    ready, over = threading.Event(), asyncio.Event()
    found: list[Attacked] = []
    trouble: list[BaseException] = []

    async def main() -> None:
        graph = guide()
        await graph.load()
        async with served(graph, Limits(resumable=0.2)) as host:
            attacked = Attacked(host, asyncio.get_running_loop())
            honest = asyncio.create_task(attacked.talk())
            found.append(attacked)
            ready.set()
            done, _ = await asyncio.wait(
                [honest, asyncio.create_task(over.wait())], return_when=asyncio.FIRST_COMPLETED
            )
            if honest in done:
                trouble.extend(filter(None, [honest.exception()]))
                await over.wait()
            honest.cancel()
            await asyncio.wait([honest])
            await until(lambda: not host.sessions.clients)
            assert not host.sessions.count
        await graph.close()

    def serve() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001  raised in the test's thread
            trouble.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(30)
    try:
        yield found[0]
    finally:
        found[0]._loop.call_soon_threadsafe(over.set)
        thread.join(60)
    assert not trouble, trouble


def test_whatever_clients_send_the_server_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    with attacked() as server:

        @given(st.integers(0, 2**64))
        @settings(max_examples=ATTACKS, deadline=None, database=None)
        def attack(seed: int) -> None:
            server.do(server.attack(seed))
            server.do(server.knock(seed))

        attack()
        assert server.messages >= 10_000
        answers = server.answers
        server.do(until(lambda: server.answers > answers))
    assert answers
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not errors, errors[0].getMessage() + str(errors[0].exc_info)


def test_nothing_is_left_of_a_thousand_sessions() -> None:
    async def come_and_go(host: Hosting, number: int) -> None:
        try:
            async with connect(f"ws://127.0.0.1:{host.port}/parley") as line:
                await line.send('{"type": "hello"}')
                await line.recv()
                if number % 2:
                    await line.send('{"type": "bye"}')
                    await line.wait_closed()
                else:
                    line.transport.abort()
        except (ConnectionClosed, InvalidHandshake) as error:
            raise AssertionError(number) from error

    async def work(host: Hosting) -> None:
        async def sessions(count: int) -> None:
            for first in range(0, count, 20):
                await asyncio.gather(*(come_and_go(host, first + n) for n in range(20)))
            await until(lambda: not host.sessions.clients)

        def left() -> tuple[int, int]:
            return len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))

        await sessions(SESSIONS // 4)
        await asyncio.sleep(0.3)
        gc.collect()
        tasks, files, memory = *left(), resident()
        await sessions(SESSIONS)
        await until(lambda: left()[0] <= tasks and left()[1] <= files)
        gc.collect()
        assert resident() - memory < 3.0, "megabytes"

    serving(work, Limits(resumable=0.05), asyncio.run)  # sessions stay open for some real time


def test_a_session_that_is_idle_costs_little() -> None:
    async def work(host: Hosting) -> None:
        async def arrive() -> Any:
            line = await connect(f"ws://127.0.0.1:{host.port}/parley", compression=None)
            await line.send('{"type": "hello"}')
            await line.recv()
            return line

        lines = [await arrive() for _ in range(20)]
        gc.collect()
        before = resident()
        lines += [await arrive() for _ in range(IDLE)]
        gc.collect()
        each = (resident() - before) / IDLE
        for line in lines:
            await line.send('{"type": "bye"}')
            await line.close()
        await until(lambda: not host.sessions.clients)
        assert each < 0.2, "megabytes a session, the client's end of its line included"

    serving(work, Limits(sessions=IDLE + 20))


def resident() -> float:
    """Megabytes of memory that this process has."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
