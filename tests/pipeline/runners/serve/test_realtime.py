"""The official ``openai`` client holds real exchanges over the Realtime API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from support.reading import read_speech, word_error_rate
from support.realtime import DONE, RATE, Caller, calling, serving

from audio_samples import FOLDER
from models.protocols import Samples
from pipeline.devices.files import read
from pipeline.graph.graph import Graph
from pipeline.runners.serve.parlour import Parlour
from pipeline.stages.stage import Exchange
from pipeline.testing.engines import ScriptedModel
from pipeline.testing.graphs import scripted_graph
from pipeline.testing.tones import read as read_tones

LONG = "the quick brown fox jumps over the lazy dog near the old stone bridge by the river"
SPOKEN = 5.0
"""Seconds that it takes to say, in tones, at least."""


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def hold(
    graph: Graph, exchange: Callable[[Caller, Parlour], Awaitable[None]], **options: Any
) -> None:
    """Let the official client talk with that graph."""

    async def run() -> None:
        async with serving(graph, **options) as (port, parlour), calling(port) as caller:
            assert (await caller.next())["type"] == "session.created"
            await exchange(caller, parlour)

    asyncio.run(run())


def history(parlour: Parlour) -> list[Exchange]:
    (visit,) = parlour.visits.values()
    return visit.session.history


async def ended(parlour: Parlour, turns: int) -> list[Exchange]:
    """The history, once it has so many turns."""
    async with asyncio.timeout(20):
        while len(history(parlour)) < turns:  # noqa: ASYNC110  the session has no event for it
            await asyncio.sleep(0.02)
    return history(parlour)


# --- with real models ------------------------------------------------------------------------------------------------


def test_the_users_voice_begins_and_ends_a_turn(assistant: Graph) -> None:
    async def exchange(caller: Caller, parlour: Parlour) -> None:
        await caller.append(np.concatenate([read(FOLDER / "navigate.wav", RATE), quiet(2)]))
        done = await caller.until(DONE)
        kinds = [event["type"] for event in caller.events if not event["type"].endswith(".delta")]
        assert kinds == [
            "session.created",
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            *sorted(["response.created", "conversation.item.input_audio_transcription.completed"], key=kinds.index),
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
        ]
        (heard,) = caller.of("conversation.item.input_audio_transcription.completed")
        assert word_error_rate("take me to the library please", heard["transcript"]) == 0
        (speech,) = caller.of("input_audio_buffer.speech_started")
        assert heard["item_id"] == speech["item_id"]
        assert done["response"]["status"] == "completed"
        words = done["response"]["output"][0]["content"][0]["transcript"]
        assert words == "".join(event["delta"] for event in caller.of("response.output_audio_transcript.delta"))
        assert "library" in words
        assert word_error_rate(words, read_speech(caller.sound(), RATE)) < 0.2
        (kept,) = await ended(parlour, 1)
        assert (kept.said, kept.interrupted) == (words, False)

    hold(assistant, exchange)


def test_the_client_commits_what_was_said(assistant: Graph) -> None:
    async def exchange(caller: Caller, _: Parlour) -> None:
        await caller.by_hand()
        await caller.append(read(FOLDER / "price.flac", RATE))
        await caller.line.input_audio_buffer.commit()
        await caller.line.response.create()
        done = await caller.until(DONE)
        assert not caller.of("input_audio_buffer.speech_started")
        (committed,) = caller.of("input_audio_buffer.committed")
        (heard,) = caller.of("conversation.item.input_audio_transcription.completed")
        assert heard["item_id"] == committed["item_id"]
        words = done["response"]["output"][0]["content"][0]["transcript"]
        assert word_error_rate(words, read_speech(caller.sound(), RATE)) < 0.2

    hold(assistant, exchange)


def test_a_typed_line_is_answered_in_writing(assistant: Graph) -> None:
    async def exchange(caller: Caller, parlour: Parlour) -> None:
        await caller.type("I would like to buy two apples", output_modalities=["text"])
        done = await caller.until(DONE)
        text = "".join(event["delta"] for event in caller.of("response.output_text.delta"))
        assert done["response"]["output"][0]["content"] == [{"type": "output_text", "text": text}]
        assert "apples" in text
        assert not caller.of("response.output_audio.delta")
        (kept,) = await ended(parlour, 1)
        assert kept.said == text

    hold(assistant, exchange)


# --- talking over the avatar -----------------------------------------------------------------------------------------


def talker(**engines: Any) -> Graph:
    """Says the long line to everything, at once."""
    graph = scripted_graph(
        "assistant",
        ["stages.response.unknown=chat", "turns.filler=off", "turns.idle=off"],
        {"response": ScriptedModel(otherwise=f"{LONG}."), **engines},
    )
    asyncio.run(graph.load())
    return graph


def test_what_was_heard_is_told_by_truncating() -> None:
    async def exchange(caller: Caller, parlour: Parlour) -> None:
        await caller.type("hello")
        done = await caller.until(DONE)
        assert caller.sound().size > SPOKEN * RATE  # all of it came at once
        item = done["response"]["output"][0]["id"]
        await caller.line.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=1000)
        assert (await caller.until("conversation.item.truncated"))["audio_end_ms"] == 1000
        (kept,) = await ended(parlour, 1)
        assert kept == Exchange("hello", read_tones(caller.sound()[: RATE + 600], RATE).rpartition(" ")[0] or "", True)

    hold(talker(), exchange)
