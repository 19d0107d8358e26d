"""What clients of the Realtime API do wrong, and who is not let in."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.realtime import DONE, RATE, Caller, calling, hold, quiet, serving, talker
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from pipeline.graph.graph import Graph
from pipeline.runners.serve import outbox
from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.realtime import event_handler, input_buffer
from pipeline.runners.serve.security import AccessControl
from pipeline.runners.serve.sessions import Sessions
from pipeline.runners.serve.tokens import Secret, issue
from pipeline.testing.clock import run
from pipeline.testing.engines import ScriptedModel
from pipeline.testing.tones import tones


@pytest.fixture(scope="module")
def quiet_graph() -> Graph:
    return talker("Yes")


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
            "item_not_found",
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
    async def exchange(caller: Caller, _: Sessions) -> None:
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

    async def exchange(caller: Caller, _: Sessions) -> None:
        await caller.type("hello")
        await caller.line.response.create()
        error = (await caller.until("error"))["error"]
        assert error["code"] == "conversation_already_has_active_response"
        assert (await caller.until(DONE))["response"]["status"] == "completed"

    hold(graph, exchange)


def test_lines_and_sound_are_answered_one_by_one(quiet_graph: Graph) -> None:
    async def exchange(caller: Caller, _: Sessions) -> None:
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
    monkeypatch.setattr(input_buffer, "BUFFERED", 1.0)
    monkeypatch.setattr(event_handler, "TYPED", 2)

    async def exchange(caller: Caller, _: Sessions) -> None:
        await caller.by_hand()
        await caller.append(quiet(1.02))
        assert (await caller.until("error"))["error"]["code"] == "buffer_full"
        for _again in range(3):
            await caller.line.conversation.item.create(item=MESSAGE)  # type: ignore[arg-type]
        assert "2 lines" in (await caller.until("error"))["error"]["message"]
        await caller.line.conversation.item.create(item={**MESSAGE, "id": caller.events[-2]["item"]["id"]})  # type: ignore[arg-type]
        await caller.until("error")

    hold(quiet_graph, exchange)


SECRET = Secret(Path("none"), b"a secret of thirty-two bytes, or more")


def test_a_token_may_be_wanted(quiet_graph: Graph) -> None:
    token = issue(SECRET.read() or b"", "ada", 60)

    async def come() -> None:
        async with serving(quiet_graph, AccessControl(SECRET, required=True)) as (port, sessions):
            for key in ("sk-any", token[:-2]):
                with pytest.raises(InvalidStatus) as refused:
                    async with calling(port, key):
                        pass
                assert refused.value.response.status_code == 401
                error = json.loads(refused.value.response.body or b"")["error"]
                assert error["code"] == "unauthorised"
            async with calling(port, token) as caller:
                await caller.until("session.created")
                assert [client.user for client in sessions.clients.values()] == ["ada"]
            page = [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{token}")]
            async with connect(f"ws://127.0.0.1:{port}/v1/realtime?model=any", subprotocols=page) as browser:
                assert browser.subprotocol == "realtime"
                assert json.loads(await browser.recv())["type"] == "session.created"

    run(come())


def test_there_is_room_for_so_many(quiet_graph: Graph) -> None:
    async def come() -> None:
        async with serving(quiet_graph, limits=Limits(sessions=1)) as (port, sessions):
            async with calling(port) as caller:
                await caller.until("session.created")
                with pytest.raises(InvalidStatus) as refused:
                    async with calling(port):
                        pass
                assert refused.value.response.status_code == 429
            while sessions.count:  # noqa: ASYNC110  who left makes room
                await asyncio.sleep(0.01)
            async with calling(port) as caller:
                await caller.until("session.created")

    run(come())


def test_an_old_dialect_is_refused(quiet_graph: Graph) -> None:
    async def come() -> None:
        async with serving(quiet_graph) as (port, _):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{port}/v1/realtime", additional_headers={"OpenAI-Beta": "realtime=v1"})
            assert b"beta" in (refused.value.response.body or b"")

    run(come())


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        ("not-understood", ["{}"] * 101),
        ("too-fast", ['{"type": "input_audio_buffer.clear"}'] * 1000),
    ],
)
def test_a_client_that_does_nothing_sensible_is_let_go(quiet_graph: Graph, code: str, sent: list[str]) -> None:
    async def exchange(caller: Caller, sessions: Sessions) -> None:
        for event in sent:
            await caller.line.send_raw(event)
        with pytest.raises(ConnectionClosed) as closed:
            await caller.until("never")
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1008
        assert caller.events[-1]["error"]["code"] == code
        assert sessions.totals.refusals[code]

    hold(quiet_graph, exchange)


def test_a_client_that_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "OUTSTANDING", 12)

    async def exchange(caller: Caller, sessions: Sessions) -> None:
        await caller.type("hello")
        with pytest.raises(ConnectionClosed):
            await caller.until("never")
        assert caller.events[-1]["error"]["code"] == "too-slow"
        assert sessions.totals.refusals["too-slow"] == 1

    hold(talker(), exchange)


def test_sound_before_its_time_is_held_back(quiet_graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_buffer, "EARLY", 1.0)

    async def exchange(caller: Caller, _: Sessions) -> None:
        await caller.by_hand()
        began = asyncio.get_running_loop().time()
        await caller.append(quiet(2))
        await caller.line.input_audio_buffer.clear()
        await caller.until("input_audio_buffer.cleared")
        assert asyncio.get_running_loop().time() - began > 0.5

    hold(quiet_graph, exchange)
