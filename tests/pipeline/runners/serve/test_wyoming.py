"""The package ``wyoming``'s own client holds real exchanges; what is no event is refused."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import numpy as np
import pytest
from support.reading import read_speech, word_error_rate
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.handle import Handled, HandledChunk, HandledStart, HandledStop, NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import Intent, NotRecognized, Recognize
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

from audio_samples import FOLDER
from models.protocols import Samples
from pipeline.devices.files import read
from pipeline.errors import PipelineError
from pipeline.graph.graph import Graph
from pipeline.runners.serve.parlour import Limits, Parlour
from pipeline.runners.serve.wyoming import connection, server, serving
from pipeline.testing.engines import ScriptedModel, ScriptedRecogniser
from pipeline.testing.graphs import scripted_graph

E = TypeVar("E", bound=Eventable)

PATIENCE = 30.0


class Client(AsyncTcpClient):
    """The package's client, with a word for what tests do all the time."""

    async def say(self, *events: Eventable) -> None:
        for event in events:
            await self.write_event(event.event())

    async def hear(self, kind: type[E]) -> E:
        """The next event, which must be of that type."""
        event = await self.read_event()
        assert event is not None, f"the server closed, expected {kind.__name__}"
        assert kind.is_type(event.type), f"{event.type} {event.data}, expected {kind.__name__}"
        return kind.from_event(event)  # type: ignore[return-value]

    async def until(self, kind: type[E]) -> tuple[list[Event], E]:
        """The next event of that type, and those before it."""
        before: list[Event] = []
        while (event := await self.read_event()) and not kind.is_type(event.type):
            before.append(event)
        assert event is not None, f"the server closed, expected {kind.__name__}"
        return before, kind.from_event(event)  # type: ignore[return-value]

    async def closed(self) -> bool:
        """Whether the server closes now."""
        try:
            return await self.read_event() is None
        except ConnectionError:
            return True

    async def recite(self, samples: Samples, rate: int, channels: int = 1, size: int = 1024) -> None:
        """A recording, as Home Assistant sends it."""
        sound = np.repeat((samples * 32767).astype("<i2"), channels).tobytes()
        await self.say(AudioStart(rate, 2, channels))
        step = 2 * channels * size
        await self.say(
            *(AudioChunk(rate, 2, channels, sound[at : at + step]) for at in range(0, len(sound), step)), AudioStop()
        )

    async def listen(self) -> tuple[Samples, int]:
        """Speech from its first event to its last."""
        start = await self.hear(AudioStart)
        assert (start.width, start.channels) == (2, 1)
        return await self.rest(), start.rate

    async def rest(self) -> Samples:
        """Speech from behind its first event to its last."""
        events, _ = await self.until(AudioStop)
        chunks = [AudioChunk.from_event(event) for event in events]
        return np.frombuffer(b"".join(chunk.audio for chunk in chunks), "<i2").astype(np.float32) / np.float32(32768)


@asynccontextmanager
async def client(port: int) -> AsyncIterator[Client]:
    async with Client("127.0.0.1", port, read_timeout=PATIENCE) as line:
        yield line


@asynccontextmanager
async def visiting(graph: Graph, limits: Limits | None = None) -> AsyncIterator[Client]:
    """A client of a server with that graph."""
    async with Parlour(graph, limits) as parlour, serving(parlour, "127.0.0.1", 0) as port, client(port) as line:
        yield line


# --- with real models ------------------------------------------------------------------------------------------------


def test_it_says_what_the_graph_can_do(assistant: Graph) -> None:
    async def ask() -> Info:
        async with visiting(assistant) as line:
            await line.say(Describe())
            return await line.hear(Info)

    info = asyncio.run(ask())
    assert info.asr[0].models[0].languages == ["en"]
    assert info.tts[0].supports_synthesize_streaming
    assert [voice.name for voice in info.tts[0].voices] == ["assistant"]
    assert info.handle[0].supports_handled_streaming
    assert info.intent[0].models[0].installed


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2)])
def test_it_transcribes(assistant: Graph, rate: int, channels: int) -> None:
    async def ask() -> Transcript:
        async with visiting(assistant) as line:
            await line.say(Transcribe(language="en"))
            await line.recite(read(FOLDER / "navigate.wav", rate), rate, channels)
            return await line.hear(Transcript)

    said = asyncio.run(ask())
    assert word_error_rate("take me to the library please", said.text) == 0
    assert said.language == "en"


def test_it_speaks(assistant: Graph) -> None:
    text = "The library is open until nine. You can take the stairs."

    async def ask() -> tuple[Samples, int]:
        async with visiting(assistant) as line:
            await line.say(Synthesize(text, SynthesizeVoice(name="assistant"), text_format="text"))
            return await line.listen()

    assert word_error_rate(text, read_speech(*asyncio.run(ask()))) < 0.1


def test_it_speaks_before_the_text_is_complete(assistant: Graph) -> None:
    first, second = "The library is open until nine. ", "You can take the stairs."

    async def ask() -> tuple[Samples, int]:
        async with visiting(assistant) as line:
            await line.say(SynthesizeStart(), SynthesizeChunk(first[:11]), SynthesizeChunk(first[11:]))
            await line.say(SynthesizeChunk(second[:5]))
            start = await line.hear(AudioStart)  # the rest of the text was not even sent
            await line.say(SynthesizeChunk(second[5:]), Synthesize(first + second), SynthesizeStop())
            sound = await line.rest()
            await line.hear(SynthesizeStopped)
            return sound, start.rate

    assert word_error_rate(first + second, read_speech(*asyncio.run(ask()))) < 0.1


def test_it_answers_and_remembers_across_connections(assistant: Graph) -> None:
    async def ask() -> tuple[str, str]:
        async with Parlour(assistant) as parlour, serving(parlour, "127.0.0.1", 0) as port:
            async with client(port) as line:
                await line.say(Transcript("I would like to buy two apples", context={"conversation_id": "kitchen"}))
                await line.hear(HandledStart)
                chunks, bought = await line.until(Handled)
                words = "".join(HandledChunk.from_event(chunk).text for chunk in chunks)
                assert (bought.text, bought.context) == (words.strip(), {"conversation_id": "kitchen"})
                await line.hear(HandledStop)
            async with client(port) as line:
                answers = []
                for conversation in ("kitchen", "garage"):
                    await line.say(Transcript("what is in my bag", context={"conversation_id": conversation}))
                    answers.append((await line.until(Handled))[1].text or "")
                    await line.hear(HandledStop)
                return answers[0], answers[1]

    kitchen, garage = asyncio.run(ask())
    assert "apples" in kitchen
    assert "apples" not in garage


def test_it_understands(assistant: Graph) -> None:
    async def ask() -> Intent:
        async with visiting(assistant) as line:
            await line.say(Recognize("take me to the library please"))
            return await line.hear(Intent)

    intent = asyncio.run(ask())
    assert intent.name == "navigate"
    assert [(entity.name, entity.value) for entity in intent.entities] == [("place", "library")]


# --- what clients do wrong -------------------------------------------------------------------------------------------


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
        async with Parlour(graph) as parlour, serving(parlour, "127.0.0.1", 0) as port:
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
    monkeypatch.setattr(connection, "LONGEST", 2.0)

    async def ask() -> None:
        async with visiting(graph) as line:
            await line.recite(np.zeros(40_000, np.float32), 16_000)
            assert "at most 2 s" in (await line.hear(Error)).text
            await line.say(Ping())
            await line.hear(Pong)

    asyncio.run(ask())


def test_a_text_without_end_is_refused(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SPOKEN", 100)

    async def ask() -> None:
        async with visiting(graph) as line:
            await line.say(SynthesizeStart(), *(SynthesizeChunk("word " * 5) for _ in range(5)), SynthesizeStop())
            assert "100 characters" in (await line.until(Error))[1].text

    asyncio.run(ask())


def test_an_idle_client_is_let_go(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "IDLE", 0.05)

    async def ask() -> bool:
        async with visiting(graph) as line:
            return await line.closed()

    assert asyncio.run(ask())


def test_a_client_that_reads_nothing_is_let_go(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALLED", 0.1)

    async def ask() -> None:
        async with visiting(graph) as line:
            for _ in range(8):
                await line.say(Synthesize("word " * 3000))
            while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110  the server's own ends
                await asyncio.sleep(0.05)

    asyncio.run(ask())


def test_a_client_that_leaves_in_the_middle_leaves_nothing(graph: Graph) -> None:
    async def ask() -> None:
        async with Parlour(graph) as parlour, serving(parlour, "127.0.0.1", 0) as port:
            for said in (AudioStart(16_000, 2, 1), SynthesizeStart(), Transcript("hello"), Synthesize("a " * 5000)):
                async with client(port) as line:
                    await line.say(said)
            while parlour.sessions or len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110  others end them
                await asyncio.sleep(0.01)

    asyncio.run(ask())


def test_more_connections_than_allowed_are_refused(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 2)

    async def ask() -> None:
        async with (
            Parlour(graph) as parlour,
            serving(parlour, "127.0.0.1", 0) as port,
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


def test_a_full_parlour_answers_nobody_new(graph: Graph) -> None:
    async def ask() -> None:
        async with visiting(graph, Limits(sessions=1)) as line:
            await line.say(Transcript("hello", context={"conversation_id": "one"}))
            await line.until(HandledStop)
            await line.say(Transcript("hello", context={"conversation_id": "two"}))
            assert (await line.hear(Error)).code == "too-many-sessions"

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


def test_a_port_that_is_taken_is_told(graph: Graph) -> None:
    async def ask(port: int) -> None:
        async with Parlour(graph) as parlour, serving(parlour, "127.0.0.1", port):
            pass

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PipelineError, match=rf"--wyoming 127\.0\.0\.1:{port}: cannot listen there"):
            asyncio.run(ask(port))
