"""How many sessions one core relays: frames of 20 ms both ways, with nobody who thinks."""

from __future__ import annotations

import asyncio
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from pipeline.wire.frames import HEADER, SOUND, pack
from pipeline.wire.messages import Format, Hello

TICK = 0.02
"""Seconds of sound in a frame, and in which it must be back, for 95 of 100."""
SAMPLES = 320
"""Of a frame, at 16 kHz."""
MARKS, STRIDE = 100, 256
"""The first sample of a frame tells which of the latest `MARKS` it is, in steps that no rounding on the way blurs."""
FORM = Format(sample_rate=16_000)
HELLO = Hello(mode="hands-free", audio_in=FORM, audio_out=FORM).model_dump_json().encode()
WARM, MEASURED = 1.0, 2.0
"""Seconds of each trial."""
STEPS = 5
"""Halvings between the largest number that went well and the smallest that did not."""
FIRST, MOST = 100, 3200
"""Sessions of the first trial, and of the last."""


@contextmanager
def server(kind: str, core: int) -> Iterator[int]:
    """The port of an echo server that has that core, and no other."""
    script = Path(__file__).with_name("serving_echo.py")
    command = [sys.executable, str(script), kind]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    os.sched_setaffinity(process.pid, {core})
    try:
        assert process.stdout
        yield int(process.stdout.readline())
    finally:
        process.communicate("")


class Client(asyncio.Protocol):
    """A WebSocket client (RFC 6455) that does as little as one can, so that the server is what is measured: its frames
    are masked with zeros, and it only looks at the sequence numbers of what comes."""

    def __init__(self, took: list[float]) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._took, self._sent = took, dict[int, float]()
        self._sequence = 0
        self._data = b""
        self._time = asyncio.get_running_loop().time
        self.measuring = False
        self.sent = 0
        """Frames, while measuring."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        host = "GET /parley HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        transport.write(f"{host}{key}\r\n".encode())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError("the server closed the line"))

    def send(self) -> None:
        """Send the next frame."""
        mark = self._sequence % MARKS
        payload = struct.pack("<h", STRIDE * mark) + bytes(2 * SAMPLES - 2)
        self._transport.write(_masked(0x82, pack(SOUND, self._sequence, SAMPLES * self._sequence, payload)))
        if self.measuring:
            self._sent[mark] = self._time()
            self.sent += 1
        self._sequence += 1

    def data_received(self, data: bytes) -> None:
        now = self._time()
        data = self._data + data
        at = 0
        if data.startswith(b"HTTP"):
            at = data.find(b"\r\n\r\n") + 4
            if at < 4:
                self._data = data
                return
            self._transport.write(_masked(0x81, HELLO))
        while at + 4 <= len(data):
            size, head = data[at + 1], 2
            if size > 125:
                head = 4 if size == 126 else 10
                size = int.from_bytes(data[at + 2 : at + head], "big")
            if at + head + size > len(data):
                break
            if data[at] == 0x82:
                if size == HEADER + 2 * SAMPLES:  # anything else is silence that the server put in
                    (first,) = struct.unpack_from("<h", data, at + head + HEADER)
                    if (sent := self._sent.pop(round(first / STRIDE), None)) is not None:
                        self._took.append(now - sent)
            elif not self.ready.done():
                self.ready.set_result(None)
            at += head + size
        self._data = data[at:]

    def close(self) -> None:
        """Hang up."""
        self._transport.abort()


def _masked(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    head = struct.pack("!BB", opcode, 0x80 | size) if size < 126 else struct.pack("!BBH", opcode, 0xFE, size)
    return head + bytes(4) + payload


async def trial(port: int, sessions: int) -> float:
    """Seconds in which 95 of 100 frames were back; those that never were took for ever."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    clients: list[Client] = []
    try:
        for _ in range(sessions):
            _, client = await loop.create_connection(lambda: Client(took), "127.0.0.1", port)
            clients.append(client)
            await asyncio.wait_for(client.ready, 5.0)
        await _talk(clients)
    except (OSError, TimeoutError):
        return float("inf")
    finally:
        for client in clients:
            client.close()
        await asyncio.sleep(0.5)
    missing = sum(client.sent for client in clients) - len(took)
    return float(np.percentile(took + missing * [float("inf")], 95, method="higher"))


async def _talk(clients: list[Client]) -> None:
    """Send a frame from each client every `TICK`, spread evenly over it."""
    loop = asyncio.get_running_loop()
    phases = [clients[phase::20] for phase in range(20)]
    start = loop.time()
    for count in range(round((WARM + MEASURED) / TICK)):
        if count == round(WARM / TICK):
            for client in clients:
                client.measuring = True
        for phase, group in enumerate(phases):
            due = start + TICK * (count + phase / 20)
            if (wait := due - loop.time()) > 0.0002:
                await asyncio.sleep(wait)
            for client in group:
                client.send()
    await asyncio.sleep(0.2)


def largest(kind: str, first: int = FIRST) -> dict[str, Any]:
    """The largest number of sessions that went well, by doubling and halving; and its 95th percentile in ms."""
    cores = sorted(os.sched_getaffinity(0))
    found: dict[int, float] = {}
    with server(kind, cores[0]) as port:
        os.sched_setaffinity(0, {cores[-1]})
        try:
            low, high, count = 0, 0, first
            while not high and count <= MOST:
                found[count] = uvloop.run(trial(port, count))
                _tell(kind, count, found[count])
                low, high, count = (count, 0, 2 * count) if found[count] <= TICK else (low, count, 2 * count)
            for _ in range(STEPS if high else 0):
                middle = (low + high) // 2
                if high - low < 0.08 * high:
                    break
                found[middle] = uvloop.run(trial(port, middle))
                _tell(kind, middle, found[middle])
                low, high = (middle, high) if found[middle] <= TICK else (low, middle)
        finally:
            os.sched_setaffinity(0, set(cores))
    return {"sessions": low, "p95_ms": round(1000 * found[low], 1) if low else None}


def measure() -> dict[str, Any]:
    """Parley's way in and out, and what uvicorn's alone would take."""
    ours, bare = largest("parley"), largest("bare", 400)
    share = round(ours["sessions"] / bare["sessions"], 2) if bare["sessions"] else None
    return {"relay_sessions_per_core": ours | {"bare_echo": bare["sessions"], "of_bare": share}}


def _tell(kind: str, sessions: int, seconds: float) -> None:
    print(f"relay, {kind}: {sessions} sessions, p95 {1000 * seconds:.1f} ms", file=sys.stderr)
