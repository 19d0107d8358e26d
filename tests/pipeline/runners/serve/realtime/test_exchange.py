"""The official ``openai`` client holds real exchanges over the Realtime API."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from support.reading import read_speech, word_error_rate
from support.realtime import DONE, LONG, RATE, Caller, ended, history, hold, quiet, talker

from audio_samples import FOLDER
from models.dialogue import Exchange
from pipeline.devices.files.decoding import read
from pipeline.graph.graph import Graph
from pipeline.runners.serve.sessions import Sessions
from pipeline.testing.engines import ScriptedModel
from pipeline.testing.tones import read as read_tones
from pipeline.testing.tones import tones


def test_the_users_voice_begins_and_ends_a_turn(assistant: Graph) -> None:
    async def exchange(caller: Caller, sessions: Sessions) -> None:
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
        (kept,) = await ended(sessions, 1)
        assert (kept.said, kept.interrupted) == (words, False)

    hold(assistant, exchange)


def test_the_client_commits_what_was_said(assistant: Graph) -> None:
    async def exchange(caller: Caller, _: Sessions) -> None:
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
    async def exchange(caller: Caller, sessions: Sessions) -> None:
        await caller.type("I would like to buy two apples", output_modalities=["text"])
        done = await caller.until(DONE)
        text = "".join(event["delta"] for event in caller.of("response.output_text.delta"))
        assert done["response"]["output"][0]["content"] == [{"type": "output_text", "text": text}]
        assert "apples" in text
        assert not caller.of("response.output_audio.delta")
        (kept,) = await ended(sessions, 1)
        assert kept.said == text

    hold(assistant, exchange)


def test_what_was_heard_is_told_by_truncating() -> None:
    async def exchange(caller: Caller, sessions: Sessions) -> None:
        await caller.type("hello")
        done = await caller.until(DONE)
        assert read_tones(caller.sound(), RATE) == f"{LONG}."  # all of it came at once
        item = done["response"]["output"][0]["id"]
        await caller.line.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=900)
        assert (await caller.until("conversation.item.truncated"))["audio_end_ms"] == 900
        assert await ended(sessions, 1) == [Exchange("hello", "the quick brown", interrupted=True)]
        await caller.line.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=500)
        await caller.line.conversation.item.retrieve(item_id=item)
        kept = (await caller.until("conversation.item.retrieved"))["item"]
        assert kept["content"] == [{"type": "output_audio", "transcript": "the quick"}]
        assert history(sessions) == [Exchange("hello", "the quick", interrupted=True)]

    hold(talker(), exchange)


def test_the_user_talks_over_the_avatar() -> None:
    async def exchange(caller: Caller, sessions: Sessions) -> None:
        await caller.type("hello")
        done = await caller.until(DONE)
        talking = asyncio.create_task(
            caller.append(np.concatenate([tones("wait a moment please", RATE), quiet(2)]), pace=1)
        )
        await caller.until("input_audio_buffer.speech_started")
        item = done["response"]["output"][0]["id"]
        await caller.line.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=500)
        await caller.until(DONE)
        await talking
        (heard,) = caller.of("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "wait a moment please"
        assert history(sessions)[0] == Exchange("hello", "the quick", interrupted=True)

    hold(talker(), exchange)


@pytest.mark.parametrize("tells", [True, False])
def test_an_okay_does_not_end_the_answer(tells: bool) -> None:
    """The client falls silent, and may tell how much it had played; the avatar goes on from there."""

    async def exchange(caller: Caller, sessions: Sessions) -> None:
        await caller.type("hello")
        first = await caller.until(DONE)
        talking = asyncio.create_task(
            caller.append(np.concatenate([quiet(0.5), tones("okay", RATE), quiet(2)]), pace=1)
        )
        await caller.until("input_audio_buffer.speech_started")
        caller.events.clear()
        if tells:
            item = first["response"]["output"][0]["id"]
            await caller.line.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=300)
        rest = await caller.until(DONE)
        kinds = [event["type"] for event in caller.events]
        assert kinds.index("input_audio_buffer.speech_stopped") < kinds.index("response.created")
        assert rest["response"]["id"] != first["response"]["id"]
        words = rest["response"]["output"][0]["content"][0]["transcript"]
        assert f"{LONG}.".endswith(words)
        assert not tells or words.startswith("quick")
        assert read_tones(caller.sound(), RATE) == words
        if not tells:  # or only now, which changes nothing
            item = first["response"]["output"][0]["id"]
            await caller.line.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=300)
        await talking
        if not tells:
            assert await ended(sessions, 1) == [Exchange("hello", f"{LONG}.")]

    hold(talker(), exchange, asyncio.run)  # what had been heard is a matter of real time


@pytest.mark.parametrize("how", ["cancel", "truncate"])
def test_the_client_ends_an_answer_that_is_still_made(how: str) -> None:
    graph = talker(response=ScriptedModel(otherwise=f"{LONG}, " * 4, pace=0.02))

    async def exchange(caller: Caller, sessions: Sessions) -> None:
        await caller.type("hello")
        item = (await caller.until("response.output_audio.delta"))["item_id"]
        if how == "cancel":
            await caller.line.response.cancel()
        else:
            await caller.line.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=100)
        done = await caller.until(DONE)
        assert done["response"]["status"] == "cancelled"
        assert done["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
        assert done["response"]["output"][0]["status"] == "incomplete"
        (kept,) = await ended(sessions, 1)
        assert kept.interrupted
        assert LONG.startswith(kept.said.rstrip(","))

    hold(graph, exchange)


@pytest.mark.parametrize("after", [0.0, 0.3])
def test_the_client_cancels_before_anything_is_said(after: float) -> None:
    graph = talker(response=ScriptedModel(otherwise="too late", seconds=1.0))

    async def exchange(caller: Caller, _: Sessions) -> None:
        await caller.type("hello")
        await asyncio.sleep(after)
        await caller.line.response.cancel()
        done = await caller.until(DONE)
        assert (done["response"]["status"], done["response"]["output"]) == ("cancelled", [])
        await caller.type("hello again")
        assert (await caller.until(DONE))["response"]["status"] == "completed"

    hold(graph, exchange)


def test_who_types_while_the_avatar_speaks_hears_all_of_it() -> None:
    async def exchange(caller: Caller, sessions: Sessions) -> None:
        for line_ in ("hello", "hello again"):
            await caller.type(line_)
            await caller.until(DONE)
        assert not caller.of("input_audio_buffer.speech_started")
        assert (await ended(sessions, 1))[0] == Exchange("hello", f"{LONG}.")

    hold(talker(), exchange)
