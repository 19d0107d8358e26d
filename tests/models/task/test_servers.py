"""Tools of real MCP servers as skills: one that is a child process, and one at an address."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.context import DEFAULT
from models.protocols import Intent, Outcome, Request, SlotValue
from models.task import servers
from models.task.skills import Skills

SERVER = str(Path(__file__).parents[2] / "support" / "tool_server.py")
STDIO = {"house": {"command": [sys.executable, SERVER]}}


@pytest.fixture
def house() -> Iterator[Skills]:
    skills = Skills(world=":memory:", mcp=STDIO)
    skills.load()
    yield skills
    skills.close()


def ask(skills: Skills, name: str, **slots: SlotValue) -> Outcome:
    assert skills.asks_others(name)
    return skills.ask(Request(Intent(name, slots), ""), DEFAULT)


def test_the_tools_of_a_child_process_are_skills(house: Skills) -> None:
    cards = {card.name: card for card in house.others()}
    own = [card.name for card in house.skills()]
    lamp = cards["house_set_lamp"]
    assert ("buy" in own, lamp.effects, cards["house_get_secret"].effects) == (True, True, False)
    assert [(slot.name, slot.choices[:2]) for slot in lamp.slots] == [("room", ("hall", "den")), ("on", ("on", "off"))]
    assert not house.asks_others("buy")
    done = ask(house, "house_set_lamp", room="den", on="off")
    assert (done.status, done.say) == ("done", "The lamp in the den is off.")
    missing = ask(house, "house_set_lamp", on="on")
    assert (missing.status, missing.asks, missing.say) == ("unclear", "room", "What should the room be, hall or den?")


def test_a_server_is_given_only_what_the_graph_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_KEY", "blue")
    monkeypatch.setenv("OTHER_KEY", "red")
    skills = Skills(world=":memory:", mcp={"house": {**STDIO["house"], "env": ["HOUSE_KEY"]}})
    skills.load()
    try:
        assert ask(skills, "house_get_secret").say == "It is blue and not there."
    finally:
        skills.close()


def test_what_fails_or_hangs_is_told_and_the_next_call_is_answered(
    house: Skills, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "DEADLINE", 0.5)
    began = time.monotonic()
    assert ask(house, "house_get_nothing").say == "That did not answer in time."
    assert time.monotonic() - began < 3
    assert ask(house, "house_break_down").status == "refused"
    assert ask(house, "house_leave").status == "refused"
    monkeypatch.setattr(servers, "DEADLINE", 10.0)
    assert ask(house, "house_set_lamp", room="hall", on="on").say in (
        "The lamp in the hall is on.",
        "That cannot be reached just now.",  # the end of the child was noticed by this call
    )
    assert ask(house, "house_set_lamp", room="hall", on="on").say == "The lamp in the hall is on."


def test_a_server_at_an_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, SERVER, str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        skills = Skills(world=":memory:", mcp={"house": {"url": f"http://127.0.0.1:{port}/mcp"}})
        skills.load()
        try:
            assert ask(skills, "house_set_lamp", room="hall", on="on").say == "The lamp in the hall is on."
            process.kill()
            process.wait()
            assert ask(skills, "house_set_lamp", room="hall", on="on").say == "That cannot be reached just now."
        finally:
            skills.close()
    finally:
        process.kill()
        process.wait()


def test_a_server_that_cannot_be_reached_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    skills = Skills(world=":memory:", mcp={"none": {"command": ["/nowhere/server"]}, **STDIO})
    skills.load()
    try:
        assert "mcp: server none is left out" in caplog.text
        assert ask(skills, "house_set_lamp", room="hall", on="on").status == "done"
    finally:
        skills.close()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"a": {}}, "either a command"),
        ({"a": {"command": "python server.py"}}, "mcp.a.command: expected a list"),
        ({"a": {"url": "ftp://x"}}, "begins with http"),
        ({"a": {"url": "http://x", "token": "secret"}}, "'token' is no option"),
        ({"a b": {"url": "http://x"}}, "no name for a server"),
    ],
)
def test_options_that_cannot_be_are_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Skills(world=":memory:", mcp=given)
