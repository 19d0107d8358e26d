"""Measures how many sessions one core relays: frames of 20 ms both ways, without any engine."""

from __future__ import annotations

import asyncio
import math
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import uvloop

from pipeline.wire.fields import Format
from pipeline.wire.frames import HEADER, SOUND, pack
from pipeline.wire.from_client import Hello

TICK = 0.02
"""Seconds of sound in a frame. 95 of 100 frames must be back within as many seconds."""
SAMPLES = 320
"""Samples of a frame, at 16 kHz."""
MARKS, STRIDE = 100, 256
"""The first sample of a frame tells which of `MARKS` it is, in steps that are wider than any rounding on the way."""
FORM = Format(sample_rate=16_000)
HELLO = Hello(mode="hands-free", audio_in=FORM, audio_out=FORM).model_dump_json().encode()
WARM, MEASURED = 1.0, 2.0
"""Seconds of each trial: to warm up, then to measure."""
STEPS, NEAR = 5, 0.08
"""Halvings at most between the largest number that went well and the smallest that did not, and the share of it by
which they may still differ."""
FIRST, MOST = 100, 3200
"""Sessions of the first trial, and of the largest."""


@contextmanager
def server(kind: str, core: int) -> Iterator[tuple[int, int]]:
    """The port and the process of an echo server that runs on that core only."""
    script = Path(__file__).with_name("serving_echo.py")
    command = [sys.executable, str(script), kind]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    os.sched_setaffinity(process.pid, {core})
    try:
        assert process.stdout
        yield int(process.stdout.readline()), process.pid
    finally:
        process.communicate("")


class Client(asyncio.Protocol):
    """A WebSocket client (RFC 6455) that does as little as it can, so that the server is measured. Its frames are
    masked with zeros, and of the frames that come it reads only the sequence numbers."""

    def __init__(self, took: list[float]) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._took, self._sent = took, dict[int, float]()
        self._sequence = 0
        self._data = b""
        self._time = asyncio.get_running_loop().time
        self.measuring = False
        self.sent = 0
        """Frames that it sent while measuring."""

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
                if size == HEADER + 2 * SAMPLES:  # any other frame is silence that the server put in
                    (first,) = struct.unpack_from("<h", data, at + head + HEADER)
                    if (sent := self._sent.pop(round(first / STRIDE), None)) is not None:
                        self._took.append(now - sent)
            elif not self.ready.done():
                self.ready.set_result(None)
            at += head + size
        self._data = data[at:]

    def close(self) -> None:
        """Close the connection."""
        self._transport.abort()


def _masked(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    head = struct.pack("!BB", opcode, 0x80 | size) if size < 126 else struct.pack("!BBH", opcode, 0xFE, size)
    return head + bytes(4) + payload


class Trial(NamedTuple):
    """The result of a trial with a number of sessions."""

    p95: float
    """Seconds within which 95 of 100 frames were back. A frame that never came back counts as infinite."""
    cost: float = math.nan
    """Seconds of the server's core that a frame took, there and back. A busy machine changes this least."""


async def trial(port: int, pid: int, sessions: int) -> Trial:
    """Relay frames with that many sessions."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    clients: list[Client] = []
    try:
        for _ in range(sessions):
            _, client = await loop.create_connection(lambda: Client(took), "127.0.0.1", port)
            clients.append(client)
            await asyncio.wait_for(client.ready, 5.0)
        before = _core_seconds(pid)
        await _talk(clients)
        cost = (_core_seconds(pid) - before) / (sessions * round((WARM + MEASURED) / TICK))
    except (OSError, TimeoutError):
        return Trial(math.inf)
    finally:
        for client in clients:
            client.close()
        await asyncio.sleep(0.5)
    missing = sum(client.sent for client in clients) - len(took)
    return Trial(float(np.percentile(took + missing * [math.inf], 95, method="higher")), cost)


def _core_seconds(pid: int) -> float:
    """Seconds of a core that the process has used so far (Linux, proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _talk(clients: list[Client]) -> None:
    """Send a frame from each client every `TICK`, with the clients spread evenly over it."""
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
    """The largest number of sessions that went well, by doubling and halving."""
    cores = sorted(os.sched_getaffinity(0))
    found: dict[int, Trial] = {}

    def well(sessions: int) -> bool:
        found[sessions] = now = uvloop.run(trial(port, pid, sessions))
        told = f"{sessions} sessions, p95 {1000 * now.p95:.1f} ms, {1e6 * now.cost:.0f} us of the core a frame"
        print(f"relay, {kind}: {told}", file=sys.stderr)
        return now.p95 <= TICK

    with server(kind, cores[0]) as (port, pid):
        os.sched_setaffinity(0, {cores[-1]})
        try:
            low, high = 0, first
            while high <= MOST and well(high):
                low, high = high, 2 * high
            for _ in range(STEPS):
                if high - low < NEAR * high:
                    break
                middle = (low + high) // 2
                low, high = (middle, high) if well(middle) else (low, middle)
        finally:
            os.sched_setaffinity(0, set(cores))
    best = found[low] if low else found[first]
    return {
        "sessions": low,
        "p95_ms": round(1000 * best.p95, 1),
        "us_per_frame": round(1e6 * best.cost, 1),
    }


def measure() -> dict[str, Any]:
    """The measures of Parley's own path, and of uvicorn alone."""
    ours, bare = largest("parley"), largest("bare", 400)
    return {"relay_sessions_per_core": ours | {"bare_echo": bare}}
