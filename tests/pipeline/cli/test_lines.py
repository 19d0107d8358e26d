"""Lines in, answers out, without a model and without a process."""

from __future__ import annotations

import asyncio
import os

import pytest

from models.protocols import Intent, Outcome, Reminder
from pipeline.cli import lines
from pipeline.runtime.session import Session
from pipeline.testing import ScriptedIntents, ScriptedModel, ScriptedTasks, scripted_graph

PRICE = "A lantern costs five coins."


def talked(
    said: bytes,
    monkeypatch: pytest.MonkeyPatch,
    intents: ScriptedIntents | None = None,
    model: ScriptedModel | None = None,
) -> int:
    """The exit code of a talk in which somebody said that."""
    end, start = os.pipe()
    os.write(start, said)
    os.close(start)
    monkeypatch.setattr(lines, "STDIN", end)

    async def main() -> int:
        engines = {
            "intent": intents or ScriptedIntents({"lantern": Intent("price")}),
            "task": ScriptedTasks([Outcome("price", "done", PRICE)], looks=["price"]),
            "response": model or ScriptedModel(),
        }
        graph = scripted_graph("assistant", ["stages.response.unknown=chat"], engines)
        await graph.load()
        try:
            return await lines.talk_in_lines(Session(graph, "test"))
        finally:
            await graph.close()

    try:
        return asyncio.run(main())
    finally:
        os.close(end)


@pytest.mark.parametrize("said", [b"a lantern?\na lantern?\n", b"a lantern?\r\n \n\na lantern?"])
def test_an_answer_to_each_line(
    said: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert talked(said, monkeypatch) == 0
    assert capsys.readouterr() == (f"{PRICE}\n{PRICE}\n", "")


def test_nothing_said_is_nothing_answered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert talked(b"", monkeypatch) == 0
    assert capsys.readouterr() == ("", "")


def test_bytes_that_are_no_text_end_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert talked(b"\xff\xfe a lantern?\n", monkeypatch) == 0
    assert capsys.readouterr().out == f"{PRICE}\n"


def test_a_failed_turn_is_one_line_and_the_next_is_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    intents = ScriptedIntents({"lantern": Intent("price")}, faults=[RuntimeError("no idea"), None])
    assert talked(b"a lantern?\na lantern?\n", monkeypatch, intents) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == PRICE
    assert err.count("\n") == 1
    assert err.startswith("parley: intent: ")


def test_a_template_in_the_place_of_the_model_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert talked(b"the sky is blue\n", monkeypatch, model=ScriptedModel(faults=[OSError("the cable is out")])) == 0
    said, told = capsys.readouterr()
    assert said
    assert told == "parley: response: llama-cpp failed, so a template answers: OSError: the cable is out\n"


def test_a_timer_rings_between_the_lines_and_ends_with_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tea = Outcome("tea", "done", "Set.", reminders=(Reminder("a", 0.05, "Tea is ready."), Reminder("b", 60.0, "Late.")))
    end, start = os.pipe()
    monkeypatch.setattr(lines, "STDIN", end)

    async def main() -> None:
        engines = {"intent": ScriptedIntents({"timer": Intent("tea")}), "task": ScriptedTasks([tea])}
        graph = scripted_graph("assistant", engines=engines)
        await graph.load()
        os.write(start, b"a timer\n")
        talking = asyncio.create_task(lines.talk_in_lines(Session(graph, "test")))
        while "Tea" not in told[0]:
            await asyncio.sleep(0.01)
            told[0] += capsys.readouterr().out
        os.close(start)
        assert await talking == 0
        await graph.close()

    told = [""]
    asyncio.run(main())
    os.close(end)
    assert told == ["Set.\nTea is ready.\n"]
