"""The package ``wyoming``'s own client holds real exchanges."""

from __future__ import annotations

import asyncio

import pytest
from support.reading import read_speech, word_error_rate
from support.wyoming_client import client, serving, visiting
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioStart
from wyoming.handle import Handled, HandledChunk, HandledStart, HandledStop
from wyoming.info import Describe, Info
from wyoming.intent import Intent, Recognize
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

from audio_samples import FOLDER
from models.protocols import Samples
from pipeline.devices.files.decoding import read
from pipeline.graph.graph import Graph
from pipeline.runners.serve.sessions import Sessions


def test_it_says_what_the_graph_can_do(assistant: Graph) -> None:
    async def ask() -> Info:
        async with visiting(assistant) as line:
            await line.say(Describe())
            return await line.hear(Info)

    info = asyncio.run(ask())
    assert info.asr[0].models[0].languages == ["en"]
    assert info.tts[0].supports_synthesize_streaming
    assert [voice.name for voice in info.tts[0].voices] == ["assistant-small"]
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
            await line.say(Synthesize(text, SynthesizeVoice(name="assistant-small"), text_format="text"))
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
        async with Sessions(assistant) as sessions, serving(sessions) as port:
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
