"""What is logged, and what is not."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from websockets.asyncio.client import ClientConnection, connect

from models.context import DEFAULT, Context
from models.protocols import Outcome, Request
from pipeline.cli.logs import log_to
from pipeline.errors import StageFailed
from pipeline.graph.graph import Graph
from pipeline.runners.serve.hosting import Hosting, hosting
from pipeline.runners.serve.metrics import Metrics
from pipeline.runners.serve.observers import Logged
from pipeline.runners.serve.settings import Address, Settings
from pipeline.runners.serve.tokens import SHORTEST, Secret, issue
from pipeline.runtime.record import Fate, Record
from pipeline.testing import (
    ScriptedEndpoint,
    ScriptedLooks,
    ScriptedModel,
    ScriptedRecogniser,
    ScriptedTasks,
    run,
    scripted_graph,
    talking,
)

WORDS = "marmalade sandwich"
"""What a user says, and nobody else needs to know."""
SECRET = Secret(Path("nowhere"), b"s" * SHORTEST)


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    """The logging that pytest set up."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def fail() -> None:
    try:
        raise ValueError(f"input_value={WORDS!r}")
    except ValueError as error:
        raise StageFailed("asr", "s1/1", error) from error


def logged(*, as_json: bool) -> str:
    stream = io.StringIO()
    log_to(stream, logging.INFO, as_json=as_json)
    log = logging.getLogger("pipeline.somewhere")
    log.info("%d of %d", 1, 2, extra={"session": "s1", "folder": "ünï"})
    log.debug("too much")
    try:
        fail()
    except StageFailed:
        log.exception("a turn failed", extra={"turn": "s1/1"})
    return stream.getvalue()


def test_json_is_an_object_a_line_with_its_fields() -> None:
    first, second = (json.loads(line) for line in logged(as_json=True).splitlines())
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "info",
        "logger": "pipeline.somewhere",
        "message": "1 of 2",
        "session": "s1",
        "folder": "ünï",
    }
    assert (second["level"], second["turn"]) == ("error", "s1/1")
    assert second["error"].startswith("StageFailed\n")
    assert "from ValueError" in second["error"]
    assert f"{__file__}:" in second["error"]


def test_plain_lines_have_them_too() -> None:
    lines = logged(as_json=False).splitlines()
    assert lines[0].endswith("INFO pipeline.somewhere: 1 of 2 session=s1 folder=ünï")
    assert lines[1].endswith("ERROR pipeline.somewhere: a turn failed turn=s1/1")
    assert lines[2] == "StageFailed"


@pytest.mark.parametrize("as_json", [True, False])
def test_what_an_error_quotes_is_left_out(as_json: bool) -> None:
    assert WORDS not in logged(as_json=as_json)


def test_how_a_turn_ended_is_logged_without_its_words() -> None:
    stream = io.StringIO()
    log_to(stream, logging.INFO, as_json=True)
    record = Record("s1/1", reply=WORDS, heard=WORDS, fate=Fate.INTERRUPTED, finished=1.0, sounded=1.25)
    Logged("s1").ended(record, 2.0)
    entry = json.loads(stream.getvalue())
    assert (entry["session"], entry["turn"], entry["fate"], entry["latency_ms"]) == ("s1", "s1/1", "interrupted", 250)
    assert WORDS not in stream.getvalue()


def test_an_exchange_leaves_no_words_and_no_token_in_the_logs(assistant: Graph) -> None:
    stream = io.StringIO()
    log_to(stream, logging.INFO, as_json=True)
    token = issue(b"s" * SHORTEST, "ada", 3600)

    async def until(line: ClientConnection, kind: str) -> dict[str, Any]:
        while True:
            received = await line.recv()
            if isinstance(received, str) and json.loads(received)["type"] == kind:
                message: dict[str, Any] = json.loads(received)
                return message

    async def converse(host: Hosting) -> None:
        async with connect(f"ws://127.0.0.1:{host.port}/parley?token={token}") as line:
            await line.send(json.dumps({"type": "hello", "token": token}))
            for text in (f"Remember that I like a {WORDS}.", f"Take me to {WORDS}."):
                await line.send(json.dumps({"type": "text", "text": text}))
                await until(line, "sync")  # the answer begins, and need not be heard to its end
                await line.send(json.dumps({"type": "interrupt"}))
                assert (await until(line, "answered"))["heard"] == text
            await line.send(json.dumps({"type": WORDS, WORDS: [WORDS]}))
            await line.send(b"\x01" + WORDS.encode())
            await line.send(json.dumps({"type": "text", "text": [WORDS]}))
            for _ in range(3):
                await until(line, "error")
        async with connect(f"ws://127.0.0.1:{host.port}/parley") as line:
            await line.send(json.dumps({"type": "hello", "token": f"{token[:-4]}AAAA"}))
            assert (await until(line, "error"))["code"] == "unauthorised"

    async def main() -> None:
        async with (
            hosting(assistant, Settings(Address(port=0), require_token=True), secret=SECRET) as host,
            host.open(),
        ):
            await converse(host)

    asyncio.run(main())
    logs = stream.getvalue()
    told = [json.loads(line)["message"] for line in logs.splitlines()]
    assert [told.count(message) for message in ("session began", "turn over", "session over")] == [1, 2, 1]
    assert WORDS not in logs
    assert not any(part in logs for part in token.split("."))


class Puzzled(ScriptedTasks):
    """Cannot do what is asked for loudly."""

    def handle(self, request: Request, context: Context = DEFAULT) -> Outcome:
        if request.text.endswith("!"):
            raise ValueError(f"cannot do {request.text!r}")
        return super().handle(request)


def test_whatever_fails_quoting_the_user_nobody_else_is_told() -> None:
    stream = io.StringIO()
    log_to(stream, logging.INFO, as_json=True)
    broken = ValueError(f"no idea what to do with {WORDS!r}")
    graph = scripted_graph(
        "assistant",
        ["turns.idle=off", "stages.asr.fallbacks=[{engine: faster-whisper}]", "stages.response.unknown=chat"],
        {
            "turns.endpoint": ScriptedEndpoint(faults=repeat(broken)),
            "asr": [ScriptedRecogniser(faults=repeat(broken)), ScriptedRecogniser()],
            "task": Puzzled(),
            "response": ScriptedModel(faults=repeat(broken)),
            "expression": ScriptedLooks(faults=repeat(broken)),
        },
    )

    metrics = Metrics()

    async def main() -> list[Record]:
        await graph.load()
        async with talking(graph, "hands-free") as talk:
            talk.session.observers += [metrics, Logged("s1")]
            for words in (WORDS, f"{WORDS}!"):
                await talk.room.until(talk.room.say(words) + 15.0)
        await graph.close()
        return talk.turns

    turns = [turn for turn in run(main()) if turn.confirmed is not None]
    assert [turn.fate for turn in turns] == [Fate.ANSWERED, Fate.FAILED]
    assert [WORDS in str(turn.error) for turn in turns] == [False, True]
    logs = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = " ".join(entry["message"] for entry in logs if entry["level"] == "warning")
    for failed in ("moonshine", "end-of-turn", "language model", "face", "turn failed"):
        assert failed in told
    assert "ValueError (engines.py:" in told
    assert "ValueError (test_logs.py:" in told
    counted = generate_latest(metrics.registry).decode()
    assert 'parley_failures_total{stage="task"} 1.0' in counted
    assert "marmalade" not in stream.getvalue() + counted


def test_what_asyncio_finds_lying_around_is_not_quoted() -> None:
    stream = io.StringIO()
    log_to(stream, logging.INFO)

    async def main() -> None:
        async def fail() -> None:
            raise ValueError(WORDS)

        task = asyncio.create_task(fail(), name="forgotten")
        await asyncio.wait([task])

    asyncio.run(main())
    gc.collect()
    assert "ERROR asyncio: Task exception was never retrieved\nValueError\n" in stream.getvalue()
    assert WORDS not in stream.getvalue()
