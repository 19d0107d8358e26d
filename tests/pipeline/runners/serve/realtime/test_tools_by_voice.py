"""A Realtime client with two tools of its own, and a graph with an MCP server: all three called by voice, with the real
recogniser and the real understanding."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.realtime import DONE, RATE, Caller, hold

from models.protocols import Samples
from models.tts.hibari import Hibari
from pipeline.devices.resample import VoiceResampler
from pipeline.runners.serve.sessions import Sessions
from pipeline.testing import scripted_graph

pytestmark = pytest.mark.model

SERVER = str(Path(__file__).parents[4] / "support" / "tool_server.py")
LAMP: Any = {
    "type": "function",
    "name": "set_lamp",
    "description": "Switches a lamp in a room on or off.",
    "parameters": {
        "type": "object",
        "properties": {"room": {"type": "string", "enum": ["kitchen", "bedroom"]}, "on": {"type": "boolean"}},
        "required": ["room", "on"],
    },
}
HEAT: Any = {
    "type": "function",
    "name": "get_temperature",
    "description": "Returns the temperature inside the house.",
    "parameters": {"type": "object", "properties": {}},
}


def spoken(*lines: str) -> list[Samples]:
    voice = Hibari()
    voice.load()
    sounds = []
    for line in lines:
        resampler = VoiceResampler(RATE)
        pieces = [resampler.feed(piece.samples, piece.sample_rate) for piece in voice.speak(line)]
        sounds.append(np.concatenate([*pieces, resampler.flush()]))
    voice.close()
    return sounds


async def answered(caller: Caller, sound: Samples, outputs: dict[str, str]) -> tuple[list[tuple[str, Any]], str]:
    """Say something, carry out what is called, and return the calls and what the avatar said in the end."""
    await caller.append(sound)
    await caller.line.input_audio_buffer.commit()
    await caller.line.response.create()
    calls: list[tuple[str, Any]] = []
    while True:
        (item,) = (await caller.until(DONE))["response"]["output"]
        if item["type"] == "message":
            return calls, item["content"][0]["text"]
        calls.append((item["name"], json.loads(item["arguments"])))
        output: Any = {"type": "function_call_output", "call_id": item["call_id"], "output": outputs[item["name"]]}
        await caller.line.conversation.item.create(item=output)
        await caller.line.response.create()


def test_tools_of_the_client_and_of_a_server_are_called_by_voice() -> None:
    mcp = json.dumps({"house": {"command": [sys.executable, SERVER]}})
    graph = scripted_graph(
        "assistant",
        ["turns.filler=off", "turns.idle=off", "stages.task.with.world=:memory:", f"stages.task.with.mcp={mcp}"],
        keep=["asr", "intent", "task"],
    )
    lamp, heat, server = spoken(
        "Turn on the lamp in the kitchen.", "What is the temperature in the house?", "Turn off the lamp in the den."
    )
    outputs = {"set_lamp": '{"message": "The kitchen lamp is on."}', "get_temperature": "It is 21 degrees inside."}

    async def exchange(caller: Caller, _: Sessions) -> None:
        wishes: Any = {"type": "realtime", "tools": [LAMP, HEAT], "output_modalities": ["text"]}
        wishes["audio"] = {"input": {"turn_detection": None}}
        await caller.line.session.update(session=wishes)
        await caller.until("session.updated")
        told = await answered(caller, lamp, outputs)
        assert told == ([("set_lamp", {"room": "kitchen", "on": True})], "The kitchen lamp is on.")
        assert await answered(caller, heat, outputs) == ([("get_temperature", {})], "It is 21 degrees inside.")
        await caller.line.session.update(session={"type": "realtime", "tools": []})
        await caller.until("session.updated")
        assert await answered(caller, server, outputs) == ([], "The lamp in the den is off.")

    async def main(conversation: Any) -> None:
        await graph.load()
        try:
            await conversation
        finally:
            await graph.close()

    hold(graph, exchange, lambda conversation: asyncio.run(main(conversation)))
