"""Function tools of a Realtime client, called by what the user says to the official client."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from support.realtime import DONE, RATE, Caller, ended, hold

from models.protocols import Intent, SkillCard
from pipeline.graph.graph import Graph
from pipeline.runners.serve import client_calls
from pipeline.runners.serve.sessions import Sessions
from pipeline.testing import ScriptedIntents, ScriptedTasks, scripted_graph
from pipeline.testing.tones import read as read_tones
from pipeline.testing.tones import tones

LAMP: Any = {
    "type": "function",
    "name": "set_lamp",
    "description": "Switches a lamp on or off.",
    "parameters": {
        "type": "object",
        "properties": {"room": {"type": "string", "enum": ["hall", "den"]}, "on": {"type": "boolean"}},
        "required": ["room", "on"],
    },
}
HEAT: Any = {
    "type": "function",
    "name": "get_heat",
    "description": "Reads the temperature.",
    "parameters": {"type": "object", "properties": {}},
}


class Attentive(ScriptedIntents):
    """Knows what its skills are only when a session brings them."""

    def learn(self, skills: tuple[SkillCard, ...]) -> None:  # type: ignore[override]
        self.known = skills


def house() -> Graph:
    intents: dict[str, Intent | tuple[Intent, ...]] = {
        "hall on": Intent("set_lamp", {"room": "hall", "on": "on"}),
        "lamp": Intent("set_lamp", {"on": "off"}),
        "the den": Intent("set_lamp", {"room": "den"}, act="fill"),
        "warm": Intent("get_heat"),
        "both": (Intent("set_lamp", {"room": "den", "on": "off"}), Intent("get_heat")),
    }
    engines = {"intent": Attentive(intents), "task": ScriptedTasks()}
    return scripted_graph("assistant", ["turns.filler=off", "turns.idle=off"], engines)


async def bring(caller: Caller, *tools: Any, **settings: Any) -> dict[str, Any]:
    wishes: Any = {"type": "realtime", "tools": list(tools), **settings}
    await caller.line.session.update(session=wishes)
    return (await caller.until("session.updated"))["session"]  # type: ignore[no-any-return]


async def called(caller: Caller) -> tuple[str, dict[str, Any], str]:
    """The name, the arguments and the id of the next call; its response is over when this returns."""
    event = await caller.until("response.function_call_arguments.done")
    response = (await caller.until(DONE))["response"]
    (item,) = response["output"]
    assert (item["type"], item["status"], item["arguments"]) == ("function_call", "completed", event["arguments"])
    assert (response["status"], item["call_id"]) == ("completed", event["call_id"])
    return event["name"], json.loads(event["arguments"]), event["call_id"]


async def give(caller: Caller, call: str, output: str) -> dict[str, Any]:
    """Tell what came of a call, and ask for the rest of the answer."""
    item: Any = {"type": "function_call_output", "call_id": call, "output": output}
    await caller.line.conversation.item.create(item=item)
    await caller.line.response.create()
    added = await caller.until("conversation.item.done")
    return added["item"]  # type: ignore[no-any-return]


async def speak(caller: Caller, words: str) -> None:
    await caller.append(tones(words, RATE))
    await caller.line.input_audio_buffer.commit()
    await caller.line.response.create()


async def said(caller: Caller) -> str:
    return str((await caller.until("response.output_audio_transcript.done"))["transcript"])


def test_two_tools_are_called_by_voice() -> None:
    async def exchange(caller: Caller, sessions: Sessions) -> None:
        told = await bring(caller, LAMP, HEAT)
        assert ([tool["name"] for tool in told["tools"]], told["tool_choice"]) == (["set_lamp", "get_heat"], "auto")
        await caller.by_hand()
        await speak(caller, "hall on")
        name, arguments, call = await called(caller)
        assert (name, arguments) == ("set_lamp", {"room": "hall", "on": True})
        assert (await give(caller, call, '{"ok": true, "message": "The hall lamp is on."}'))["call_id"] == call
        assert await said(caller) == "The hall lamp is on."
        await caller.until(DONE)
        assert read_tones(caller.sound(), RATE) == "the hall lamp is on."
        await ended(sessions, 1)  # all of it was heard
        await speak(caller, "is it warm")
        name, arguments, call = await called(caller)
        assert (name, arguments) == ("get_heat", {})
        await give(caller, call, '{"temperature": 21, "unit": "degrees"}')
        assert await said(caller) == "temperature 21, unit degrees"

    hold(house(), exchange, asyncio.run)


def test_a_missing_argument_is_asked_for_and_two_calls_follow_each_other() -> None:
    async def exchange(caller: Caller, _: Sessions) -> None:
        await bring(caller, LAMP, HEAT, output_modalities=["text"])
        await caller.type("lamp")
        assert (await caller.until("response.output_text.done"))["text"] == "What should the room be, hall or den?"
        await caller.until(DONE)
        await caller.type("the den")
        arguments, call = (await called(caller))[1:]
        assert arguments == {"room": "den", "on": False}
        await give(caller, call, "ok")
        assert (await caller.until("response.output_text.done"))["text"] == "Done."
        await caller.until(DONE)
        await caller.type("both")
        for expected in ("set_lamp", "get_heat"):
            name, call = (await called(caller))[::2]
            assert name == expected
            await give(caller, call, '{"error": "It is broken."}' if name == "set_lamp" else "It is warm.")
        assert (await caller.until("response.output_text.done"))["text"] == "It is broken. It is warm."

    hold(house(), exchange, asyncio.run)


def test_an_output_that_is_late_or_of_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_calls, "DEADLINE", 0.2)

    async def exchange(caller: Caller, _: Sessions) -> None:
        await bring(caller, HEAT, output_modalities=["text"])
        await give_nothing(caller)
        await caller.type("warm")
        call = (await called(caller))[2]
        assert (await caller.until("response.output_text.done"))["text"] == "That did not answer in time."
        await caller.until(DONE)
        await give(caller, call, "It is warm.")
        assert (await caller.until(DONE))["response"]["status"] == "cancelled"

    async def give_nothing(caller: Caller) -> None:
        item: Any = {"type": "function_call_output", "call_id": "call_none", "output": "x"}
        await caller.line.conversation.item.create(item=item)
        assert (await caller.until("error"))["error"]["code"] == "item_not_found"

    hold(house(), exchange, asyncio.run)


def test_what_is_no_tool_is_told_and_the_rest_is_taken() -> None:
    async def exchange(caller: Caller, _: Sessions) -> None:
        odd: Any = {"type": "function", "name": "odd", "parameters": {"properties": 3}}
        told = await bring(caller, odd, {"type": "function", "name": "not a name"}, HEAT)
        assert [tool["name"] for tool in told["tools"]] == ["odd", "get_heat"]
        assert len(caller.of("error")) == 2

    hold(house(), exchange)
