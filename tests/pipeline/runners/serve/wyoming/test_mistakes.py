"""What Wyoming clients do wrong, and what a graph cannot do."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest
from support.wyoming_client import PATIENCE, client, serving, visiting
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.handle import HandledStop, NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import NotRecognized, Recognize
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

from pipeline.graph.graph import Graph
from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.sessions import Sessions
from pipeline.runners.serve.wyoming import answers, conversations, request_handler, server
from pipeline.testing.engines import ScriptedModel, ScriptedRecogniser
from pipeline.testing.graphs import scripted_graph


@pytest.fixture
def graph() -> Graph:
    return scripted_graph("assistant")


def test_a_request_that_fails_leaves_the_connection_as_it_was(graph: Graph) -> None:
    wrong = [
        Synthesize("hello", text_format="ssml").event(),
        Synthesize("hello", SynthesizeVoice(name="joe")).event(),
        Transcribe(language="de").event(),
        Event("synthesize", {"text": 5}),
        Event("transcript", {}),
        Transcript("x" * 3000).event(),
        AudioStart(16_000, 4, 1).event(),
        AudioStart(1, 2, 1).event(),
    ]

    async def ask() -> None:
        async with visiting(graph) as line:
            for event in wrong:
                await line.write_event(event)
                assert (await line.hear(Error)).code == "not-understood"
            await line.say(AudioStart(16_000, 2, 1), AudioChunk(16_000, 2, 1, b"odd"), AudioStop())
            assert "no whole number" in (await line.hear(Error)).text
            await line.say(AudioStart(16_000, 2, 1), AudioChunk(8_000, 2, 1, b"even"), AudioStop())
            assert "format" in (await line.hear(Error)).text
            await line.write_event(Event("played"))  # not for us, so nothing is said
            await line.say(Ping("still there?"))
            assert (await line.hear(Pong)).text == "still there?"

    asyncio.run(ask())


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"[]\n",
        b"[" * 60_000 + b"\n",
        b"x" * 100_000,
        b'{"data": {}}\n',
        b'{"type": "describe", "data": 5}\n',
        b'{"type": "describe", "data_length": 2000000000}\n',
        b'{"type": "describe", "data_length": -1}\n',
        b'{"type": "describe", "data_length": 2}\n[]',
        b'{"type": "audio-chunk", "payload_length": 2000000000}\n',
        b'{"type": "audio-chunk", "payload_length": 1e300}\n',
        b"\xff\xfe\n",
    ],
)
def test_what_is_no_event_is_refused(graph: Graph, sent: bytes) -> None:
    async def ask() -> None:
        async with Sessions(graph) as sessions, serving(sessions) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            line = json.loads(await asyncio.wait_for(reader.readline(), PATIENCE))
            assert line["type"] == "error"
            assert json.loads(await reader.readexactly(line["data_length"]))["code"] == "not-understood"
            assert await reader.read() == b""
            writer.close()
            async with client(port) as other:
                await other.say(Ping())
                await other.hear(Pong)

    asyncio.run(ask())


def test_an_utterance_without_end_is_refused(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_handler, "LONGEST", 2.0)

    async def ask() -> None:
        async with visiting(graph) as line:
            await line.recite(np.zeros(40_000, np.float32), 16_000)
            assert "at most 2 s" in (await line.hear(Error)).text
            await line.say(Ping())
            await line.hear(Pong)

    asyncio.run(ask())


def test_a_text_without_end_is_refused(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "SPOKEN", 100)

    async def ask() -> None:
        async with visiting(graph) as line:
            await line.say(SynthesizeStart(), *(SynthesizeChunk("word " * 5) for _ in range(5)), SynthesizeStop())
            assert "100 characters" in (await line.until(Error))[1].text

    asyncio.run(ask())


def test_an_idle_client_is_let_go(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_handler, "IDLE", 0.05)

    async def ask() -> bool:
        async with visiting(graph) as line:
            return await line.closed()

    assert asyncio.run(ask())


def test_a_client_that_reads_nothing_is_let_go(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_handler, "STALLED", 0.1)

    async def ask() -> None:
        async with visiting(graph) as line:
            for _ in range(8):
                await line.say(Synthesize("word " * 3000))
            while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110  the server's own ends
                await asyncio.sleep(0.05)

    asyncio.run(ask())


def test_a_client_that_leaves_in_the_middle_leaves_nothing(graph: Graph) -> None:
    async def ask() -> None:
        async with Sessions(graph) as sessions, serving(sessions) as port:
            for said in (AudioStart(16_000, 2, 1), SynthesizeStart(), Transcript("hello"), Synthesize("a " * 5000)):
                async with client(port) as line:
                    await line.say(said)
            while sessions.count or len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110  others end them
                await asyncio.sleep(0.01)

    asyncio.run(ask())


def test_more_connections_than_allowed_are_refused(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 2)

    async def ask() -> None:
        async with (
            Sessions(graph) as sessions,
            serving(sessions) as port,
            client(port) as first,
            client(port) as second,
        ):
            for line in (first, second):
                await line.say(Ping())
                await line.hear(Pong)
            async with client(port) as third:
                assert (await third.hear(Error)).code == "too-many-connections"
                assert await third.closed()

    asyncio.run(ask())


def test_a_full_server_answers_nobody_new(graph: Graph) -> None:
    async def ask() -> None:
        async with visiting(graph, Limits(sessions=1)) as line:
            await line.say(Transcript("hello", context={"conversation_id": "one"}))
            await line.until(HandledStop)
            await line.say(Transcript("hello", context={"conversation_id": "two"}))
            assert (await line.hear(Error)).code == "too-many-sessions"

    asyncio.run(ask())


def test_a_conversation_is_forgotten_in_the_end(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "FORGOTTEN", 0.0)

    async def ask() -> None:
        async with Sessions(graph) as sessions, serving(sessions) as port:
            for _ in range(2):
                async with client(port) as line:
                    assert sessions.count == 0
                    await line.say(Transcript("hello", context={"conversation_id": "one"}))
                    await line.until(HandledStop)
                    assert sessions.count == 1
                await asyncio.sleep(0.01)
                async with client(port) as line:
                    await line.say(Ping())
                    await line.hear(Pong)

    asyncio.run(ask())


def test_a_graph_serves_only_what_it_has() -> None:
    async def ask() -> None:
        async with visiting(scripted_graph("captions")) as line:
            await line.say(Describe())
            info = await line.hear(Info)
            assert info.asr
            assert (info.tts, info.handle, info.intent) == ([], [], [])
            for asked in (Synthesize("hello"), Recognize("hello")):
                await line.say(asked)
                assert "has no stage that" in (await line.hear(Error)).text
            await line.say(Transcript("hello"))
            await line.hear(NotHandled)

    asyncio.run(ask())


def test_what_nobody_understands(graph: Graph) -> None:
    async def ask() -> None:
        async with visiting(graph) as line:
            await line.say(Recognize("qwerty"))
            await line.hear(NotRecognized)

    asyncio.run(ask())


def test_an_engine_that_fails_is_an_error() -> None:
    trouble = ConnectionRefusedError("the model's server is away")
    engines = {"asr": ScriptedRecogniser(faults=[trouble]), "response": ScriptedModel(faults=[trouble] * 9)}

    async def ask() -> None:
        async with visiting(scripted_graph("assistant", engines=engines)) as line:
            await line.recite(np.full(8000, 0.1, np.float32), 16_000)
            error = await line.hear(Error)
            assert error.code == "failed"
            await line.say(Ping())
            await line.hear(Pong)

    asyncio.run(ask())
