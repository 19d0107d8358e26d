"""What Prometheus is told, of a real exchange between scripted engines."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from models.protocols import Engine
from pipeline.devices.pcm import to_pcm16
from pipeline.runners.serve.hosting import hosting
from pipeline.runners.serve.settings import Address, Settings
from pipeline.runners.serve.tokens import SHORTEST, Secret
from pipeline.testing import ScriptedRecogniser, run, scripted_graph, tones
from pipeline.wire.frames import SOUND, pack

SECRET = Secret(Path("nowhere"), b"s" * SHORTEST)
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), math.nan)


async def held(engines: Mapping[str, Engine]) -> Samples:
    """The metrics behind a session in which the user asks by voice."""
    graph = scripted_graph("captions", engines=engines)
    async with hosting(graph, Settings(Address(port=0)), secret=SECRET) as host:
        await graph.load()
        async with host.open(), httpx2.AsyncClient(base_url=host.url) as client:
            async with connect(f"ws://127.0.0.1:{host.port}/parley") as line:
                await line.send(json.dumps({"type": "hello"}))
                await line.send(json.dumps({"type": "press"}))
                sound = tones("hello")
                for sequence, start in enumerate(range(0, sound.size, 320)):
                    if sequence != 3:
                        await line.send(pack(SOUND, sequence, start, to_pcm16(sound[start : start + 320])))
                await line.send(json.dumps({"type": "release"}))
                await line.send(json.dumps({"type": "nonsense"}))
                await _until(line, "answered")
                await line.send(json.dumps({"type": "bye"}))
            while host.sessions.count:  # noqa: ASYNC110  the server has no event for it
                await asyncio.sleep(0.01)
            while True:
                answer = await client.get("/metrics")
                assert answer.headers["content-type"].startswith("text/plain; version=")
                told = read(answer.text)
                if of(told, "parley_loop_lag_seconds_count") > 0:  # it is measured now and then
                    break
        await graph.close()
    return told


async def _until(line: Any, kind: str) -> None:
    while json.loads(await line.recv())["type"] != kind:
        pass


def test_an_exchange_is_counted() -> None:
    told = run(held({}))
    assert of(told, "parley_turns_total", fate="answered") == 1
    assert of(told, "parley_turns_total", fate="failed") == 0
    assert of(told, "parley_sessions") == 0
    assert of(told, "parley_stage_seconds_count", stage="asr") == 1
    assert of(told, "parley_stage_queued_seconds_count", stage="asr") == 1
    assert of(told, "parley_frames_total", what="received") >= 10
    assert of(told, "parley_frames_total", what="lost") == 1
    assert of(told, "parley_refusals_total", code="not-understood") == 1
    assert of(told, "parley_bytes_total", direction="received") > 5000
    assert of(told, "parley_bytes_total", direction="sent") > 200
    assert of(told, "parley_loop_lag_seconds_count") > 0
    assert of(told, "process_resident_memory_bytes") > 1e7


def test_a_failure_is_counted_with_its_stage() -> None:
    told = run(held({"asr": ScriptedRecogniser(faults=[RuntimeError("broken")])}))
    assert of(told, "parley_turns_total", fate="failed") == 1
    assert of(told, "parley_failures_total", stage="asr") == 1
