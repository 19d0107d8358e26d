"""Measures the time from the end of speech to the first audible sample of the answer, at real speed."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from recordings import FRAME, Spoken

from models.context import User
from pipeline.devices.files.decoding import SAMPLE_RATE
from pipeline.graph.graph import Graph
from pipeline.packets import Audio, Speech
from pipeline.runtime.session import Session
from pipeline.runtime.sink import Sink

AUDIBLE = 0.01
"""The share of full scale from which a sample is audible."""


async def held_key(said: Spoken, released: list[float]) -> AsyncIterator[Audio]:
    """The utterance as a microphone gives it: each frame of 20 ms once it is full. The key is released at the end."""
    began = time.perf_counter()
    for at in range(0, said.samples.size, FRAME):
        frame = said.samples[at : at + FRAME]
        await asyncio.sleep(max(0.0, began + (at + frame.size) / SAMPLE_RATE - time.perf_counter()))
        yield Audio(frame, SAMPLE_RATE, at / SAMPLE_RATE)
    released.append(time.perf_counter())


@dataclass(slots=True)
class Ear(Sink):
    """A sink that notes when the first audible sample would leave a loudspeaker that plays at once."""

    first: float | None = None
    sound: list[Speech] = field(default_factory=list)

    async def play(self, packets: AsyncIterator[Any]) -> None:
        began: float | None = None
        async for packet in packets:
            if not isinstance(packet, Speech):
                continue
            began = time.perf_counter() if began is None else began
            self.sound.append(packet)
            loud = np.flatnonzero(np.abs(packet.voiced.samples) > AUDIBLE)
            if self.first is None and loud.size:
                self.first = began + packet.start + int(loud[0]) / packet.voiced.sample_rate

    def heard(self) -> str:
        return "".join(packet.text for packet in self.sound)


async def measure(graph: Graph, utterances: Sequence[Spoken]) -> dict[str, Any]:
    """Milliseconds over all utterances, each in its own session with warm models, and the stages that took them."""
    delays: list[float] = []
    stages: dict[str, list[float]] = {}
    for index, said in enumerate([utterances[0], *utterances]):
        released: list[float] = []
        ear = Ear()
        origin = time.perf_counter()
        session = Session(graph, f"bench{index}", user=User(f"bench{index}"))
        record = await session.answer(held_key(said, released), ear)
        if index == 0:  # the first turn warms up what loading did not
            continue
        if ear.first is None:
            raise SystemExit(f"{said.name}: no answer ({record.error or 'nothing heard'})")
        delays.append(1000 * (ear.first - released[0]))
        for name, meter in record.report.meters.items():
            if meter.first_out is not None and name != "audio":
                stages.setdefault(name, []).append(1000 * (origin + meter.first_out - released[0]))
        if record.transcript is not None:
            asr = record.report.meters["asr"]
            stages["asr"][-1] = 1000 * (origin + (asr.ended or 0.0) - released[0])
    return {
        "p50": round(statistics.median(delays), 1),
        "p90": round(statistics.quantiles(delays, n=10)[-1], 1),
        "utterances": len(delays),
        "reached_p50": {name: round(statistics.median(times), 1) for name, times in stages.items()},
    }
