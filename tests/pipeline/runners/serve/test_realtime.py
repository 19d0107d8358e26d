"""The official ``openai`` client holds real exchanges over the Realtime API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.reading import read_speech, word_error_rate
from support.realtime import DONE, RATE, Caller, calling, serving
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from audio_samples import FOLDER
from models.protocols import Samples
from pipeline.devices.files import read
from pipeline.graph.graph import Graph
from pipeline.runners.serve.parlour import Limits, Parlour
from pipeline.runners.serve.realtime import buffer, line, talk
from pipeline.runners.serve.realtime.sound import G711, packed, unpacked
from pipeline.runners.serve.security import Guard
from pipeline.runners.serve.tokens import Secret, issue
from pipeline.stages.stage import Exchange
from pipeline.testing.engines import ScriptedModel, ScriptedRecogniser
from pipeline.testing.graphs import scripted_graph
from pipeline.testing.tones import read as read_tones
from pipeline.testing.tones import tones

LONG = "the quick brown fox jumps over the lazy dog near the old bridge"
"""Almost 4 s, in tones."""


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def hold(graph: Graph, exchange: Callable[[Caller, Parlour], Awaitable[None]], **options: Any) -> None:
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


def talker(said: str = LONG, **engines: Any) -> Graph:
    """Says the same to everything."""
    return scripted_graph(
        "assistant",
        ["stages.response.unknown=chat", "turns.filler=off", "turns.idle=off"],
        {"response": ScriptedModel(otherwise=f"{said}."), **engines},
    )


def test_what_was_heard_is_told_by_truncating() -> None:
    async def exchange(caller: Caller, parlour: Parlour) -> None:
        await caller.type("hello")
        done = await caller.until(DONE)
        assert read_tones(caller.sound(), RATE) == f"{LONG}."  # all of it came at once
        item = done["response"]["output"][0]["id"]
        await caller.line.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=900)
        assert (await caller.until("conversation.item.truncated"))["audio_end_ms"] == 900
        assert await ended(parlour, 1) == [Exchange("hello", "the quick brown", interrupted=True)]
        await caller.line.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=500)
        await caller.line.conversation.item.retrieve(item_id=item)
        kept = (await caller.until("conversation.item.retrieved"))["item"]
        assert kept["content"] == [{"type": "output_audio", "transcript": "the quick"}]
        assert history(parlour) == [Exchange("hello", "the quick", interrupted=True)]

    hold(talker(), exchange)


def test_the_user_talks_over_the_avatar() -> None:
    async def exchange(caller: Caller, parlour: Parlour) -> None:
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
        assert history(parlour)[0] == Exchange("hello", "the quick", interrupted=True)

    hold(talker(), exchange)


def test_an_okay_does_not_end_the_answer() -> None:
    async def exchange(caller: Caller, parlour: Parlour) -> None:
        await caller.type("hello")
        first = await caller.until(DONE)
        talking = asyncio.create_task(
            caller.append(np.concatenate([quiet(0.5), tones("okay", RATE), quiet(2)]), pace=1)
        )
        await caller.until("input_audio_buffer.speech_started")
        caller.events.clear()
        rest = await caller.until(DONE)
        assert [event["type"] for event in caller.events[:2]] == [
            "input_audio_buffer.speech_stopped",
            "response.created",
        ]
        assert rest["response"]["id"] != first["response"]["id"]
        words = rest["response"]["output"][0]["content"][0]["transcript"]
        assert f"{LONG}.".endswith(words)
        assert read_tones(caller.sound(), RATE) == words
        await talking
        assert await ended(parlour, 1) == [Exchange("hello", f"{LONG}.")]

    hold(talker(), exchange)


@pytest.mark.parametrize("how", ["cancel", "truncate"])
def test_the_client_ends_an_answer_that_is_still_made(how: str) -> None:
    graph = talker(response=ScriptedModel(otherwise=f"{LONG}, " * 4, pace=0.02))

    async def exchange(caller: Caller, parlour: Parlour) -> None:
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
        (kept,) = await ended(parlour, 1)
        assert kept.interrupted
        assert LONG.startswith(kept.said.rstrip(","))

    hold(graph, exchange)


def test_the_client_cancels_before_anything_is_said() -> None:
    graph = talker(response=ScriptedModel(otherwise="too late", seconds=1.0))

    async def exchange(caller: Caller, _: Parlour) -> None:
        await caller.type("hello")
        await caller.until("response.created")
        await asyncio.sleep(0.3)
        await caller.line.response.cancel()
        done = await caller.until(DONE)
        assert (done["response"]["status"], done["response"]["output"]) == ("cancelled", [])
        await caller.type("hello again")
        assert (await caller.until(DONE))["response"]["status"] == "completed"

    hold(graph, exchange)


def test_who_types_while_the_avatar_speaks_hears_all_of_it() -> None:
    async def exchange(caller: Caller, parlour: Parlour) -> None:
        for line_ in ("hello", "hello again"):
            await caller.type(line_)
            await caller.until(DONE)
        assert not caller.of("input_audio_buffer.speech_started")
        assert await ended(parlour, 1) == [Exchange("hello", f"{LONG}.")]

    hold(talker(), exchange)


@pytest.fixture(scope="module")
def quiet_graph() -> Graph:
    return talker("Yes")


# --- what else clients do --------------------------------------------------------------------------------------------


def test_a_client_may_say_when_a_voice_has_finished() -> None:
    async def exchange(caller: Caller, _: Parlour) -> None:
        await caller.append(tones("how much is it", RATE), pace=2)
        await caller.until("input_audio_buffer.speech_started")
        await caller.line.input_audio_buffer.commit()
        await caller.until(DONE)
        (heard,) = caller.of("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "how much is it"

    hold(talker("A lot"), exchange)


def test_a_client_that_is_muted_has_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "MUTED", 0.2)

    async def exchange(caller: Caller, _: Parlour) -> None:
        await caller.append(tones("how much is it", RATE))
        await caller.until(DONE)
        (heard,) = caller.of("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "how much is it"

    hold(talker("A lot"), exchange)


def test_sound_that_was_cleared_is_not_heard() -> None:
    async def exchange(caller: Caller, _: Parlour) -> None:
        await caller.by_hand()
        await caller.append(tones("never mind", RATE))
        await caller.line.input_audio_buffer.clear()
        await caller.until("input_audio_buffer.cleared")
        await caller.append(tones("hello", RATE))
        await caller.line.input_audio_buffer.commit()
        await caller.line.response.create()
        await caller.until(DONE)
        (heard,) = caller.of("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "hello"

    hold(talker("Yes"), exchange)


@pytest.mark.parametrize("law", ["audio/pcmu", "audio/pcma"])
def test_telephones(law: Any) -> None:
    form = G711(type=law)

    async def exchange(caller: Caller, _: Parlour) -> None:
        audio: Any = {
            "input": {"format": {"type": law}, "turn_detection": None, "transcription": None},
            "output": {"format": {"type": law}},
        }
        await caller.line.session.update(session={"type": "realtime", "audio": audio})
        told = (await caller.until("session.updated"))["session"]["audio"]
        assert told["input"] == {**audio["input"], "noise_reduction": None}
        await caller.line.input_audio_buffer.append(audio=packed(form.encode(tones("hello", 8_000))))
        await caller.line.input_audio_buffer.commit()
        await caller.line.response.create()
        await caller.until(DONE)
        sound = b"".join(unpacked(event["delta"]) for event in caller.of("response.output_audio.delta"))
        assert read_tones(form.decode(sound), 8_000) == "good day."
        assert not caller.of("conversation.item.input_audio_transcription.completed")

    hold(talker("Good day"), exchange)


@pytest.mark.parametrize("law", ["audio/pcmu", "audio/pcma"])
def test_the_levels_of_telephones(law: Any) -> None:
    form, codes = G711(type=law), np.arange(256, dtype=np.uint8).tobytes()
    levels = form.decode(codes)
    assert np.array_equal(form.decode(form.encode(levels)), levels)
    assert 0.95 < levels.max() < 1
    assert levels.min() == -levels.max()
    loud = np.linspace(-0.9, 0.9, 1001, dtype=np.float32)
    assert np.all(np.abs(form.decode(form.encode(loud)) - loud) <= np.maximum(np.abs(loud) / 30, 0.001))


def test_a_turn_that_fails_is_told_and_the_next_one_is_answered() -> None:
    graph = talker("Yes", asr=ScriptedRecogniser(faults=[OSError("no memory"), None, None]))

    async def exchange(caller: Caller, _: Parlour) -> None:
        await caller.by_hand()
        for status in ("failed", "completed"):
            await caller.append(tones("hello", RATE))
            await caller.line.input_audio_buffer.commit()
            await caller.line.response.create()
            assert (await caller.until(DONE))["response"]["status"] == status
        (error,) = caller.of("error")
        assert (error["error"]["type"], error["error"]["code"]) == ("server_error", "failed")
        assert "no memory" not in error["error"]["message"]

    hold(graph, exchange)


def test_what_holds_is_told() -> None:
    async def exchange(caller: Caller, _: Parlour) -> None:
        wishes: Any = {
            "type": "realtime",
            "instructions": "You are a pirate.",
            "output_modalities": ["text"],
            "tools": [{"type": "function", "name": "fly", "parameters": {}}],
            "audio": {"input": {"turn_detection": {"type": "semantic_vad", "interrupt_response": False}}},
        }
        await caller.line.session.update(session=wishes)
        told = (await caller.until("session.updated"))["session"]
        assert [error["error"]["param"] for error in caller.of("error")] == [
            "session.tools",
            "session.audio.input.turn_detection.interrupt_response",
        ]
        assert (told["instructions"], told["tools"], told["output_modalities"]) == ("", [], ["text"])
        detection = told["audio"]["input"]["turn_detection"]
        assert (detection["type"], detection["interrupt_response"]) == ("semantic_vad", True)

    hold(talker(), exchange)


MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ("no json", "invalid_json", None),
        ([], "invalid_json", None),
        ({}, "invalid_value", "type"),
        ({"type": "conversation.item.delete", "item_id": "item_1"}, "invalid_value", "type"),
        ({"type": "session.update", "session": {"type": "transcription"}}, "invalid_value", "session.type"),
        ({"type": "session.update"}, "invalid_value", "session"),
        (
            {"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/mp3"}}}}},
            "invalid_value",
            "session.audio.input.format",
        ),
        ({"type": "input_audio_buffer.append", "audio": "not base64!"}, "invalid_value", "audio"),
        ({"type": "input_audio_buffer.append", "audio": "AAAA"}, "invalid_value", "audio"),
        ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty", None),
        ({"type": "conversation.item.create", "item": MESSAGE | {"role": "system"}}, "unsupported_parameter", "item"),
        (
            {"type": "conversation.item.create", "item": {"type": "function_call_output"}},
            "unsupported_parameter",
            "item",
        ),
        (
            {"type": "conversation.item.create", "item": {"type": "message", "content": 5}},
            "invalid_value",
            "item.content",
        ),
        ({"type": "conversation.item.retrieve", "item_id": "item_1"}, "item_not_found", "item_id"),
        ({"type": "conversation.item.truncate", "item_id": "x", "audio_end_ms": -1}, "invalid_value", "audio_end_ms"),
        ({"type": "response.create"}, "nothing_to_answer", None),
        (
            {"type": "response.create", "response": {"conversation": "none"}},
            "unsupported_parameter",
            "response.conversation",
        ),
        ({"type": "response.cancel"}, "response_cancel_not_active", None),
    ],
)
def test_what_cannot_be_done_is_said(quiet_graph: Graph, event: Any, code: str, param: str | None) -> None:
    async def exchange(caller: Caller, _: Parlour) -> None:
        named = {**event, "event_id": "mine"} if isinstance(event, dict) else event
        await caller.line.send_raw(named if isinstance(named, str) else json.dumps(named))
        error = (await caller.until("error"))["error"]
        assert (error["code"], error["param"]) == (code, param), error["message"]
        assert error["event_id"] == ("mine" if isinstance(event, dict) else None)
        await caller.line.input_audio_buffer.clear()
        await caller.until("input_audio_buffer.cleared")

    hold(quiet_graph, exchange)


def test_one_response_at_a_time() -> None:
    graph = talker(response=ScriptedModel(otherwise="Yes.", seconds=1.0))

    async def exchange(caller: Caller, _: Parlour) -> None:
        await caller.type("hello")
        await caller.line.response.create()
        error = (await caller.until("error"))["error"]
        assert error["code"] == "conversation_already_has_active_response"
        assert (await caller.until(DONE))["response"]["status"] == "completed"

    hold(graph, exchange)


def test_lines_and_sound_are_answered_one_by_one(quiet_graph: Graph) -> None:
    async def exchange(caller: Caller, _: Parlour) -> None:
        await caller.by_hand()
        await caller.append(tones("hello", RATE))
        await caller.line.conversation.item.create(item=MESSAGE)  # type: ignore[arg-type]
        await caller.line.input_audio_buffer.commit()
        assert (await caller.until("error"))["error"]["code"] == "line_waits"
        await caller.line.response.create()
        await caller.until(DONE)
        for _again in range(2):
            await caller.line.input_audio_buffer.commit()
        assert (await caller.until("error"))["error"]["code"] == "buffer_committed"
        await caller.line.conversation.item.create(item=MESSAGE)  # type: ignore[arg-type]
        assert (await caller.until("error"))["error"]["code"] == "buffer_committed"
        await caller.line.response.create()
        await caller.until(DONE)

    hold(quiet_graph, exchange)


def test_the_buffer_and_the_lines_have_bounds(quiet_graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer, "BUFFERED", 1.0)
    monkeypatch.setattr(talk, "TYPED", 2)

    async def exchange(caller: Caller, _: Parlour) -> None:
        await caller.by_hand()
        await caller.append(quiet(1.02))
        assert (await caller.until("error"))["error"]["code"] == "buffer_full"
        for _again in range(3):
            await caller.line.conversation.item.create(item=MESSAGE)  # type: ignore[arg-type]
        assert "2 lines" in (await caller.until("error"))["error"]["message"]
        await caller.line.conversation.item.create(item={**MESSAGE, "id": caller.events[-2]["item"]["id"]})  # type: ignore[arg-type]
        await caller.until("error")

    hold(quiet_graph, exchange)


# --- clients that are not welcome ------------------------------------------------------------------------------------


SECRET = Secret(Path("none"), b"a secret of thirty-two bytes, or more")


def test_a_token_may_be_wanted(quiet_graph: Graph) -> None:
    token = issue(SECRET.read() or b"", "ada", 60)

    async def come() -> None:
        async with serving(quiet_graph, Guard(SECRET, required=True)) as (port, parlour):
            for key in ("sk-any", token[:-2]):
                with pytest.raises(InvalidStatus) as refused:
                    async with calling(port, key):
                        pass
                assert refused.value.response.status_code == 401
                error = json.loads(refused.value.response.body or b"")["error"]
                assert error["code"] == "unauthorised"
            async with calling(port, token) as caller:
                await caller.until("session.created")
                assert [visit.user for visit in parlour.visits.values()] == ["ada"]
            page = [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{token}")]
            async with connect(f"ws://127.0.0.1:{port}/v1/realtime?model=any", subprotocols=page) as browser:
                assert browser.subprotocol == "realtime"
                assert json.loads(await browser.recv())["type"] == "session.created"

    asyncio.run(come())


def test_there_is_room_for_so_many(quiet_graph: Graph) -> None:
    async def come() -> None:
        async with serving(quiet_graph, limits=Limits(sessions=1)) as (port, parlour):
            async with calling(port) as caller:
                await caller.until("session.created")
                with pytest.raises(InvalidStatus) as refused:
                    async with calling(port):
                        pass
                assert refused.value.response.status_code == 429
            while parlour.sessions:  # noqa: ASYNC110  who left makes room
                await asyncio.sleep(0.01)
            async with calling(port) as caller:
                await caller.until("session.created")

    asyncio.run(come())


def test_an_old_dialect_is_refused(quiet_graph: Graph) -> None:
    async def come() -> None:
        async with serving(quiet_graph) as (port, _):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{port}/v1/realtime", additional_headers={"OpenAI-Beta": "realtime=v1"})
            assert b"beta" in (refused.value.response.body or b"")

    asyncio.run(come())


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        ("not-understood", ["{}"] * 101),
        ("too-fast", ['{"type": "input_audio_buffer.clear"}'] * 400),
    ],
)
def test_a_client_that_does_nothing_sensible_is_let_go(quiet_graph: Graph, code: str, sent: list[str]) -> None:
    async def exchange(caller: Caller, parlour: Parlour) -> None:
        for event in sent:
            await caller.line.send_raw(event)
        with pytest.raises(ConnectionClosed) as closed:
            await caller.until("never")
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1008
        assert caller.events[-1]["error"]["code"] == code
        assert parlour.totals.refusals[code] == 1

    hold(quiet_graph, exchange)


def test_a_client_that_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "OUTSTANDING", 12)

    async def exchange(caller: Caller, parlour: Parlour) -> None:
        await caller.type("hello")
        with pytest.raises(ConnectionClosed):
            await caller.until("never")
        assert caller.events[-1]["error"]["code"] == "too-slow"
        assert parlour.totals.refusals["too-slow"] == 1

    hold(talker(), exchange)


def test_sound_before_its_time_is_held_back(quiet_graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer, "EARLY", 1.0)

    async def exchange(caller: Caller, _: Parlour) -> None:
        await caller.by_hand()
        began = asyncio.get_running_loop().time()
        await caller.append(quiet(2))
        await caller.line.input_audio_buffer.clear()
        await caller.until("input_audio_buffer.cleared")
        assert asyncio.get_running_loop().time() - began > 0.5

    hold(quiet_graph, exchange)
