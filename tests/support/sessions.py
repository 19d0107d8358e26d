"""A conversation on real engines, recorded."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np

from audio_samples import FOLDER
from models.context import ANYBODY
from models.protocols import Samples
from pipeline.devices.files.decoding import Recording, packets
from pipeline.devices.pcm import from_pcm16, to_pcm16
from pipeline.graph.build import build, open_spec
from pipeline.graph.registry import Registry
from pipeline.runners.recording import open_journal
from pipeline.runtime.record import Record
from pipeline.testing import Talk, run, talking

RATE = 16_000


async def spoken(file: str) -> Samples:
    """One of the recordings that come with Parley, in 16 bits, as microphones give them."""
    with Recording(FOLDER / file, RATE) as recording:
        samples = np.concatenate([piece.samples async for piece in packets(recording)])
    return from_pcm16(to_pcm16(samples))


def record_session(folder: Path) -> list[Record]:
    """Converse in a simulated room and in virtual time, and record it in `folder`: a question, a long answer that is
    interrupted, and a typed line. Gives the turns that were."""
    built = build(open_spec("assistant", ["stages.task.with.world=:memory:"]), Registry())
    graph = built.graph

    async def ask(talk: Talk, file: str) -> None:
        talk.floor.press()
        await talk.room.until(talk.room.say(await spoken(file)))
        talk.floor.release()

    async def answered(talk: Talk, turns: int) -> None:
        while sum(turn.confirmed is not None for turn in talk.turns) < turns:  # noqa: ASYNC110  the time is virtual
            await asyncio.sleep(0.1)

    async def converse() -> list[Record]:
        await graph.load()
        with open_journal(folder, built, ANYBODY) as journal:
            async with talking(graph, "push-to-talk") as talk:
                talk.session.observers.append(journal)
                await ask(talk, "price.flac")
                await answered(talk, 1)
                await ask(talk, "where.wav")
                await asyncio.sleep(3.0)
                await ask(talk, "stop.wav")
                await answered(talk, 3)
                talk.floor.type("Hello, how are you today?")
                await answered(talk, 4)
        await graph.close()
        return talk.turns

    return run(converse())


if __name__ == "__main__":
    record_session(Path(sys.argv[1]))
