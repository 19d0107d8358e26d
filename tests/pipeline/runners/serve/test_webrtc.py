"""Talking with a server over WebRTC."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest
from support.reading import read_speech, word_error_rate
from support.rtc_client import RATE, RtcClient, calling, post, refusal
from support.sessions import spoken

from models.protocols import Intent, Outcome
from pipeline.devices.rtc import CLOCK
from pipeline.graph.graph import Graph
from pipeline.runners.serve import webrtc
from pipeline.runners.serve.hosting import Hosting, hosting
from pipeline.runners.serve.line import MISTAKES, TEXT
from pipeline.runners.serve.parlour import Limits
from pipeline.runners.serve.settings import Address, Settings
from pipeline.runners.serve.tokens import SHORTEST, Secret, issue
from pipeline.testing import ScriptedIntents, ScriptedTasks, read, scripted_graph, tones

SECRET = Secret(Path("nowhere"), b"s" * SHORTEST)
PRICE = "A lantern costs five coins."
STORY = "Once upon a time a lantern stood in the market and nobody knew who had lit it."


def guide() -> Graph:
    """Answers at once, in tones."""
    intents = {"lantern": Intent("price"), "story": Intent("story")}
    outcomes = [Outcome("price", "done", PRICE), Outcome("story", "done", STORY)]
    return scripted_graph("assistant", engines={"intent": ScriptedIntents(intents), "task": ScriptedTasks(outcomes)})


@asynccontextmanager
async def served(
    graph: Graph, settings: Settings | None = None, limits: Limits | None = None
) -> AsyncIterator[Hosting]:
    settings = settings or Settings(Address(port=0))
    async with hosting(graph, settings, limits, secret=SECRET) as host, host.open():
        yield host


def talking(work: Callable[[Hosting], Awaitable[None]], **options: Any) -> None:
    """Do `work` with a server of scripted engines."""

    async def main() -> None:
        graph = guide()
        await graph.load()
        async with served(graph, **options) as host, asyncio.timeout(30):
            await work(host)
        await graph.close()

    asyncio.run(main())


async def empty(host: Hosting) -> None:
    """Wait until nobody is there."""
    while host.parlour.sessions:
        await asyncio.sleep(0.02)


async def ask(client: RtcClient, words: str) -> None:
    client.send("press")
    await client.say(tones(words, RATE))
    client.send("release")


def test_a_question_is_heard_and_its_answer_too() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url, user="ada") as client:
            assert client.welcome["user"] == "ada"
            assert client.welcome["audio_in"] == {"codec": "opus", "sample_rate": CLOCK}
            await ask(client, "how much is a lantern?")
            answered = await client.told("answered")
            assert answered["heard"] == "how much is a lantern?"
            assert answered["said"] == PRICE
            assert read(client.heard(), CLOCK) == PRICE.lower()
            captions = [each["text"] for each in client.messages if each["type"] == "caption"]
            assert captions[-1].strip() == PRICE
            visemes = [shape for each in client.messages if each["type"] == "visemes" for shape in each["visemes"]]
            assert [start for start, *_ in visemes] == sorted({start for start, *_ in visemes})
            client.send("stats")
            stats = await client.told("stats")
            assert stats["sent"] == pytest.approx(len(PRICE) * 3, abs=2)
            assert stats["received"] > 60
            assert not stats["lost"]
            client.send("bye")
            await empty(host)
        assert host.parlour.totals.received == pytest.approx(stats["received"], abs=20)

    talking(work)


def test_sync_says_which_rtp_timestamp_an_answer_begins_at() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url) as client:
            for turn in (1, 2):
                client.send("text", text="lantern?")
                await client.told("answered", turn)
            syncs = [each for each in client.messages if each["type"] == "sync"]
            assert [sync["position"] for sync in syncs] == [0, 0]
            first, second = (int(sync["timestamp"]) for sync in syncs)
            start = client.packets[0][1]
            sound = client.heard()
            assert read(sound[first - start : second - start], CLOCK) == PRICE.lower()
            assert read(sound[second - start :], CLOCK) == PRICE.lower()
            assert not read(sound[: first - start], CLOCK)

    talking(work)


def test_an_interruption_is_heard_at_once_and_remembered() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url) as client:
            client.send("text", text="a story")
            await client.told("sync")
            await asyncio.sleep(1.5)
            client.send("interrupt")
            answered = await client.told("answered")
            told = len(client.packets)
            await asyncio.sleep(0.5)
            assert np.abs(np.concatenate([sound for *_, sound in client.packets[told + 5 :]])).max() < 0.01
            assert answered["fate"] == "interrupted"
            said = answered["said"].strip()
            assert STORY.startswith(said)
            assert 5 < len(said) < 60
            heard = read(client.heard(), CLOCK)
            assert STORY.lower().startswith(heard[: len(said)])
            assert abs(len(heard) - len(said)) < 10
            assert any(each["type"] == "flush" for each in client.messages)

    talking(work)


def vanish(client: RtcClient) -> None:
    """Leave without a word, as a radio does that goes out of reach."""
    (transport,) = {each.receiver.transport.transport for each in client.connection.getTransceivers()}
    for protocol in transport._connection._protocols:
        protocol.transport.abort()


def test_a_client_that_was_cut_off_comes_back_and_the_answer_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webrtc, "QUIET", 0.5)
    monkeypatch.setattr(webrtc, "WATCH", 0.1)

    async def work(host: Hosting) -> None:
        async with calling(host.url, user="ada") as client:
            client.send("text", text="lantern?")
            await client.told("answered")
            client.send("text", text="a story")
            await client.told("sync", 2)
            await asyncio.sleep(1.0)
            vanish(client)
            (visit,) = host.parlour.visits.values()
            while visit.line:
                await asyncio.sleep(0.02)
            session, key = client.welcome["session"], client.welcome["key"]
            async with calling(host.url, user="ada", session=session, key=key) as again:
                assert again.welcome["resumed"]
                assert again.welcome["history"] == [{"heard": "lantern?", "said": PRICE, "interrupted": False}]
                sync = await again.told("sync")
                assert sync["position"] > 500
                answered = await again.told("answered")
                assert answered["said"] == STORY
                assert STORY.lower().endswith(read(again.heard(), CLOCK))

    talking(work)


def test_coming_back_takes_the_session_from_another_client() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url) as first:
            welcome = first.welcome
            async with calling(host.url, session=welcome["session"], key=welcome["key"]) as second:
                assert (await first.told("error"))["code"] == "replaced"
                second.send("ping", id=7)
                assert (await second.told("pong"))["id"] == 7
            with pytest.raises(HTTPError) as refused:
                await RtcClient().connect(host.url, {"session": welcome["session"], "key": "no"})
            assert refusal(refused.value)["code"] == "unknown-session"

    talking(work)
