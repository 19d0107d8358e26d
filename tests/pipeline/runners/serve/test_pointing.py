"""What the user points at is part of what they mean: a client's scene and pointing, a question, and the answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import soxr
from support.serving import RATE, Client, calling, served

from models.protocols import Samples
from models.tts.hibari import Hibari
from pipeline.graph.build import build, open_spec
from pipeline.graph.graph import Graph
from pipeline.graph.registry import Registry
from pipeline.runners.replay.replay import Replay
from pipeline.runners.serve.hosting import Hosting
from pipeline.runners.serve.observers import Journals
from pipeline.runtime.journal import read_journal

LANTERN = {"name": "lantern", "position": [0.7, 0.6, -1.0]}
STATUE = {"name": "statue", "position": [-4.0, 1.0, 0.0]}
MAP = {"name": "map", "position": [0.5, 0.6, -0.9]}


def voiced(text: str) -> Samples:
    """Somebody says it."""
    engine = Hibari()
    engine.load()
    pieces = [voiced.samples for voiced in engine.speak(text)]
    engine.close()
    sound: Samples = soxr.resample(np.concatenate(pieces), engine.sample_rate, RATE)
    return sound


async def asks(client: Client, text: str) -> str:
    """What the avatar says to a typed line."""
    await client.send("text", text=text)
    return str((await client.told("answered"))["said"])


async def converse(host: Hosting, question: Samples) -> list[str]:
    """Point at one thing after another, and ask; gives the answers."""
    said: list[str] = []
    async with calling(host) as client:
        await client.send("scene", place="the study", things=[LANTERN, STATUE, MAP])
        await client.send("point", target="lantern", position=LANTERN["position"])
        await client.send("press")
        await client.say(question)
        await client.send("release")
        said.append((await client.told("answered"))["said"])
        said.append(await asks(client, "How much is that?"))
        await client.send("point", target="statue", position=STATUE["position"])
        said.append(await asks(client, "What is that over there?"))
        said.append(await asks(client, "Take me there."))
        await client.send("bye")
        await client.ended()
    async with calling(host) as client:
        await client.send("scene", place="the study", things=[LANTERN, STATUE, MAP])
        await client.send("point", target="")
        said.append(await asks(client, "What is this?"))
        await client.send("gaze", target="map")
        said.append(await asks(client, "What is this?"))
        await client.send("bye")
        await client.ended()
    return said


def test_this_is_what_the_user_points_at_live_and_in_a_replay(assistant: Graph, tmp_path: Path) -> None:
    built = build(open_spec("assistant", ["stages.task.with.world=:memory:"]), Registry())

    async def record_and_replay() -> tuple[list[str], list[str]]:
        async with asyncio.timeout(120), served(assistant, journals=Journals(tmp_path, built)) as host:
            said = await converse(host, voiced("What is this?"))
        replayed = [
            await Replay(assistant, read_journal(session)).run(lambda _: None)
            for session in tmp_path.iterdir()  # noqa: ASYNC240  nobody waits
        ]
        assert not any(session.differing for session in replayed)
        return said, [turn.record.reply for session in replayed for turn in session.turns if turn.record.reply]

    said, again = asyncio.run(record_and_replay())
    assert said == [
        "That is a lantern. It costs 18 coins.",
        "A lantern costs 18 coins.",
        "That is a statue.",
        "The statue is to your left, 4 metres away.",
        "What are you pointing at?",
        "That is a map. It costs 5 coins.",
    ]
    assert sorted(again) == sorted(said)
