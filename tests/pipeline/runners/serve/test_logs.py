"""What is logged, and what is not."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from pipeline.errors import StageFailed
from pipeline.runners.serve.logs import Logged, log_to
from pipeline.runtime.record import Fate, Record

WORDS = "marmalade sandwich"


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
    log_to(stream, as_json=as_json, level=logging.INFO)
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
    log_to(stream, as_json=True, level=logging.INFO)
    record = Record("s1/1", reply=WORDS, heard=WORDS, fate=Fate.INTERRUPTED, finished=1.0, sounded=1.25)
    Logged("s1").ended(record, 2.0)
    entry = json.loads(stream.getvalue())
    assert (entry["session"], entry["turn"], entry["fate"], entry["latency_ms"]) == ("s1", "s1/1", "interrupted", 250)
    assert WORDS not in stream.getvalue()
