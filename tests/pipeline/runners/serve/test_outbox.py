"""One policy for what waits to be sent over a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from pipeline.runners.serve import outbox
from pipeline.runners.serve.outbox import NORMAL, OUTSTANDING, POLICY, Outbox
from pipeline.runners.serve.refusal import Refused


class Wire:
    """A socket that notes what is sent; it takes nothing while it is `clogged`, and raises once it is `gone`."""

    def __init__(self, *, clogged: bool = False, gone: bool = False) -> None:
        self.sent: list[str | bytes | int] = []
        self.free = asyncio.Event()
        self.gone = gone
        if not clogged:
            self.free.set()

    async def send_text(self, data: str) -> None:
        await self._send(data)

    async def send_bytes(self, data: bytes) -> None:
        await self._send(data)

    async def close(self, code: int) -> None:
        await self._send(code)

    async def _send(self, data: str | bytes | int) -> None:
        await self.free.wait()
        if self.gone:
            raise WebSocketDisconnect
        self.sent.append(data)


class Reader:
    """Reads until it is told that the client left; notes whether it was cancelled."""

    def __init__(self, error: Exception | None = None) -> None:
        self.left = asyncio.Event()
        self.cancelled = False
        self._error = error

    async def read(self) -> None:
        try:
            await self.left.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self._error:
            raise self._error


def running(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(10):
            await work()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def of(socket: Wire) -> tuple[Outbox, list[Refused]]:
    """An outbox that puts the reason and finishes where it refuses, as connections do."""
    refusals: list[Refused] = []

    def refuse(refusal: Refused) -> None:
        refusals.append(refusal)
        box.put(refusal.code)
        box.finish()

    box = Outbox(socket, refuse)
    return box, refusals


def test_what_is_put_is_sent_in_order_and_then_the_socket_closes() -> None:
    async def work() -> None:
        socket, reader = Wire(), Reader()
        box, _ = of(socket)
        box.put("before")
        serving = asyncio.create_task(box.exchange(reader.read()))
        await asyncio.sleep(0.01)
        for each in ("one", b"two", "three"):
            box.put(each, sound=isinstance(each, bytes))
        box.finish(NORMAL)
        box.put("too late")
        box.finish(POLICY)
        await serving
        assert socket.sent == ["before", "one", b"two", "three", NORMAL]
        assert reader.cancelled

    running(work)


def test_only_sound_is_dropped() -> None:
    async def work() -> None:
        socket, reader = Wire(), Reader()
        box, _ = of(socket)
        for each in ("one", b"1", b"2", "two", b"3"):
            box.put(each, sound=isinstance(each, bytes))
        assert box.drop_sound() == 3
        assert box.drop_sound() == 0
        box.put(b"4", sound=True)
        box.finish()
        await box.exchange(reader.read())
        assert socket.sent == ["one", "two", b"4", POLICY]

    running(work)


def test_a_client_that_does_not_read_is_told_why_and_let_go() -> None:
    async def work() -> None:
        socket, reader = Wire(clogged=True), Reader()
        box, refusals = of(socket)
        serving = asyncio.create_task(box.exchange(reader.read()))
        await asyncio.sleep(0.01)
        box.put("sending")
        await asyncio.sleep(0.01)
        for number in range(OUTSTANDING):
            box.put(str(number))
        assert not refusals
        box.put("one too many")
        box.put("after it")
        assert [refusal.code for refusal in refusals] == ["too-slow"]
        socket.free.set()
        await serving
        assert socket.sent == ["sending", "too-slow", POLICY]
        assert reader.cancelled

    running(work)


def test_a_client_that_never_reads_again_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "PARTING", 0.01)

    async def work() -> None:
        socket, reader = Wire(clogged=True), Reader()
        box, _ = of(socket)
        box.put("never read")
        box.finish()
        await box.exchange(reader.read())
        assert not socket.sent

    running(work)


def test_the_client_leaves() -> None:
    async def work() -> None:
        socket, reader = Wire(), Reader()
        box, _ = of(socket)
        serving = asyncio.create_task(box.exchange(reader.read()))
        await asyncio.sleep(0.01)
        reader.left.set()
        await serving
        assert not socket.sent
        assert not box.finished

    running(work)


def test_the_client_is_gone_before_anything_is_sent() -> None:
    async def work() -> None:
        reader = Reader()
        box, _ = of(Wire(gone=True))
        box.put("lost")
        await box.exchange(reader.read())
        assert reader.cancelled

    running(work)


def test_a_fault_in_reading_is_raised() -> None:
    async def work() -> None:
        reader = Reader(RuntimeError("a bug"))
        reader.left.set()
        box, _ = of(Wire())
        with pytest.raises(RuntimeError, match="a bug"):
            await box.exchange(reader.read())

    running(work)


def test_cancelling_ends_reading_and_writing_and_sends_nothing_more() -> None:
    async def work() -> None:
        socket, reader = Wire(clogged=True), Reader()
        box, _ = of(socket)
        box.put("stuck")
        box.put("waiting")
        serving = asyncio.create_task(box.exchange(reader.read()))
        await asyncio.sleep(0.01)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        socket.free.set()
        await asyncio.sleep(0.01)
        assert not socket.sent
        assert reader.cancelled

    running(work)
