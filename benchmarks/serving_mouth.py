"""Measures how well mouth and sound match at the client, over an answer of two minutes.

The voice and the mouth are real, and the response is a given story. The same answer is spoken again without a server:
there the voice's own phonemes put each mouth shape where its sound is. Cross-correlation finds the sound around each
shape in the sound that the headset heard. The headset also tells when it showed the shape.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from lipsync import SENTENCES

from models.face import Viseme
from models.protocols import Intent, Outcome, Samples
from pipeline.graph.graph import Graph
from pipeline.packets import Speech, Text
from pipeline.runners.headset.exchange import MeasuredExchange, measure_exchange
from pipeline.runners.headset.headset import Headset
from pipeline.runners.headset.measures import spread
from pipeline.runners.serve.hosting import hosting
from pipeline.runners.serve.settings import Address, Settings
from pipeline.runners.serve.tokens import Secret
from pipeline.runtime.session import Session
from pipeline.runtime.sink import Sink
from pipeline.testing import ScriptedIntents, ScriptedTasks, scripted_graph, tones
from pipeline.wire import from_client
from pipeline.wire.fields import Format

ASKED = "story"
MINUTES = 2.0
AROUND, REACH = 0.15, 0.4
"""Seconds of sound on either side of a shape that are looked for, and seconds by which they may have moved."""
ALIKE = 0.9
"""The correlation from which the sound counts as found: it is the same sound, rounded to 16 bits."""


class Ear(Sink):
    """A sink that keeps an answer."""

    def __init__(self) -> None:
        self.sound: list[Samples] = []
        self.shapes: list[Viseme] = []

    async def play(self, packets: AsyncIterator[Any]) -> None:
        async for packet in packets:
            if isinstance(packet, Speech):
                self.sound.append(packet.voiced.samples)
            elif isinstance(packet, Viseme):
                self.shapes.append(packet)

    def heard(self) -> str:
        return ""


def graph(name: str) -> Graph:
    """The graph with its own voice and mouth, and a response that always tells one story."""
    story = Outcome(ASKED, "done", " ".join(SENTENCES * 3))
    minds = {"intent": ScriptedIntents({ASKED: Intent(ASKED)}), "task": ScriptedTasks([story])}
    return scripted_graph(name, ["turns.idle=off", "turns.filler=off"], engines=minds, keep=("tts", "lipsync"))


async def measure(name: str) -> dict[str, Any]:
    """The milliseconds by which shapes are seen before or after their sound."""
    talker = graph(name)
    await talker.load()
    ear = Ear()
    await Session(talker, "reference").answer(_typed(), ear)
    with TemporaryDirectory() as folder:
        secret = Secret(Path(folder, "secret"))
        async with hosting(talker, Settings(Address(port=0)), secret=secret) as host, host.open():
            hello = from_client.Hello(mode="push-to-talk", audio_out=Format(sample_rate=24_000))
            async with Headset(f"ws://127.0.0.1:{host.port}/parley", hello) as headset:
                done = await _listened(headset)
    await talker.close()
    away, shapes = skews(ear, done)
    print(f"mouth: {len(away)} of {shapes} shapes, {done.seconds:.0f} s of sound", file=sys.stderr)
    return {
        "av_skew_ms": {
            **(spread([abs(each) for each in away]) or {}),
            "mean": round(1000 * float(np.mean(away)), 1),
            "found": round(len(away) / shapes, 3),
            "late": round(1000 * done.late, 1),
            "seconds": round(done.seconds),
            "onsets": spread([abs(each) for each in done.skews]),
        }
    }


async def _typed() -> AsyncIterator[Text]:
    yield Text(ASKED, 0.0)


async def _listened(headset: Headset) -> MeasuredExchange:
    """The first `MINUTES` of the story."""
    listening = asyncio.create_task(measure_exchange(headset, ASKED, tones(ASKED, 16_000), 16_000, 90 * MINUTES))
    await asyncio.wait([listening], timeout=60 * MINUTES + 1)
    if not listening.done():
        await headset.send(from_client.Interrupt())
    return await listening


def skews(ear: Ear, done: MeasuredExchange) -> tuple[list[float], int]:
    """The seconds by which each shape was seen after its sound, where that was found, and the number of shapes."""
    reference = np.concatenate(ear.sound)
    rate = done.sample_rate
    begin = float(np.flatnonzero(np.abs(done.sound) > 0.01)[0] - np.flatnonzero(np.abs(reference) > 0.01)[0]) / rate
    seen = [shape for shape in done.visemes if shape.start < done.seconds - 1.0]
    found = []
    for shape, here in zip(ear.shapes, seen, strict=False):
        if shape.viseme != here.name:
            raise SystemExit(f"the mouth shapes of the two answers differ at {shape.start:.2f} s: {shape} and {here}")
        sound = _found(reference, done.sound, shape.start, shape.start + begin, rate)
        if sound is not None:
            found.append(here.start - sound)
    return found, len(seen)


def _found(reference: Samples, heard: Samples, at: float, expected: float, rate: int) -> float | None:
    """The seconds at which the sound around `at` of the reference is heard, near where it is `expected`."""
    half, reach = round(AROUND * rate), round(REACH * rate)
    place, near = round(at * rate), round(expected * rate)
    before = min(half, place)
    wanted = reference[place - before : place + half]
    start = near - before - reach
    window = heard[max(start, 0) : near + half + reach]
    if window.size < wanted.size or float(np.square(wanted).sum()) < 1e-3:
        return None
    size = 1 << (window.size + wanted.size).bit_length()
    spectrum = np.fft.rfft(window, size) * np.conj(np.fft.rfft(wanted, size))
    likeness = np.fft.irfft(spectrum, size)[: window.size - wanted.size + 1]
    power = np.concatenate([[0.0], np.cumsum(np.square(window, dtype=np.float64))])
    norm = np.sqrt((power[wanted.size :] - power[: -wanted.size]) * float(np.square(wanted).sum()))
    likeness = likeness / np.maximum(norm, 1e-6)
    best = int(np.argmax(likeness))
    return (max(start, 0) + best + before) / rate if likeness[best] > ALIKE else None
