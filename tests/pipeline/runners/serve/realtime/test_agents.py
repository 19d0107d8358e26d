"""OpenAI's agents for JavaScript (``@openai/agents``) talk to a graph, with nothing but their URL changed."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import numpy as np
import pytest
from support.needs import needing
from support.node import installed, run
from support.reading import read_speech, word_error_rate
from support.realtime import RATE, serving

from audio_samples import FOLDER
from models.protocols import Samples
from pipeline.devices.files.decoding import read
from pipeline.devices.pcm import from_pcm16, to_pcm16
from pipeline.graph.graph import Graph


@pytest.fixture(scope="session")
@needing("browser")
def node() -> None:
    installed()


def samples(audio: str) -> Samples:
    return from_pcm16(base64.b64decode(audio))


def words(item: dict[str, Any]) -> str:
    return "".join(part.get("transcript") or part.get("text") or "" for part in item["content"])


@pytest.mark.usefixtures("node")
def test_an_agent_types_speaks_and_interrupts(assistant: Graph) -> None:
    spoken = np.concatenate([read(FOLDER / "navigate.wav", RATE), np.zeros(2 * RATE, np.float32)])

    async def talk() -> Any:
        async with serving(assistant) as (port, sessions):
            url = f"ws://127.0.0.1:{port}/v1/realtime"
            written = await run("agent.mjs", url, given=to_pcm16(spoken))
            assert sessions.totals.refusals.total() == 0
            return json.loads(written)

    told = asyncio.run(talk())
    assert told["errors"] == []
    history = [item for item in told["history"] if item["type"] == "message"]
    assert [item["role"] for item in history] == ["user", "assistant"] * 3
    asked, price, wish, way, request, _ = map(words, history)
    assert (asked, request) == ("How much is a lantern?", "Tell me a story")
    assert word_error_rate("take me to the library please", wish) == 0
    assert "library" in way
    assert word_error_rate(way, read_speech(samples(told["answers"][1]), RATE)) < 0.2
    assert told["interrupted"] == 2
    full = read_speech(samples(told["answers"][0]), RATE)
    assert len(price) < len(full)  # it was cut as soon as it was there
