"""A user's graph file, with scripted engines in its places."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from models.protocols import Engine, Intent
from pipeline.graph.mistakes import WrongGraph
from pipeline.testing import ScriptedDetector, ScriptedIntents, ScriptedVoice, run, scripted_graph, talking

FILE = """
turns: {policy: hands-free, pause: 0.5, filler: off, idle: off}
stages:
  ears: {use: asr, from: audio, engine: moonshine}
  response: {from: ears, engine: llama-cpp, with: {model: smollm2-135m-instruct}}
  voice:
    use: tts
    from: response
    engine: hibari
    deadline: 2.0
    fallbacks: [{engine: hibari, with: {speed: 1.2}}]
outputs: [voice]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    return path


def test_every_engine_is_replaced_and_all_else_is_the_files() -> None:
    graph = scripted_graph("assistant")
    assert {type(host.engine).__module__ for host in graph.hosts} == {"pipeline.testing.engines"}
    steps = ["asr", "intent", "task", "response", "tts", "lipsync", "expression"]
    assert [node.name for node in graph.nodes] == steps
    assert graph.weights() == ()
    assert isinstance(graph.detector.engine, ScriptedDetector)
    assert graph.detector.engine.window == 512


def test_a_test_chooses_engines_and_keeps_others() -> None:
    voice = ScriptedVoice(48_000)
    graph = scripted_graph("assistant", ["turns.endpoint=null"], {"tts": voice}, keep=["task", "lipsync"])
    engines = {host.name: host.engine for host in graph.hosts}
    assert engines["tts"] is voice
    assert "turns.endpoint" not in engines
    assert {name: type(engines[name]).__name__ for name in ("task", "lipsync", "asr")} == {
        "task": "Skills",
        "lipsync": "Phonemes",
        "asr": "ScriptedRecogniser",
    }


def test_the_files_ranks_and_deadlines_stay(file: Path) -> None:
    late, ready = ScriptedVoice(faults=[inf]), ScriptedVoice()
    graph = scripted_graph(file, engines={"voice": [late, ready]})

    async def main() -> list[tuple[str, float | None]]:
        await graph.load()
        async with talking(graph) as talk:
            talk.room.say("good morning", at=0.5)
            await talk.room.until(10.0)
        return [(turn.heard, turn.sounded and turn.finished and turn.sounded - turn.finished) for turn in talk.turns]

    ((heard, delay),) = run(main())
    assert heard == "I see."
    assert delay == pytest.approx(2.1, abs=0.05)  # the answer is prepared from a tenth of a second on
    assert (late.calls, ready.calls) == (1, 1)


def test_the_file_is_checked_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(FILE.replace("speed: 1.2", "spead: 1.2").replace("moonshine", "moonshin"))
    with pytest.raises(WrongGraph) as found:
        scripted_graph(path)
    assert "did you mean 'moonshine'?" in str(found.value)
    assert "unknown key; did you mean 'speed'?" in str(found.value)


@pytest.mark.parametrize(
    ("engines", "keep", "message"),
    [
        ({"tss": ScriptedVoice()}, [], r"no engine at tss; it has them at turns, turns\.endpoint, "),
        ({}, ["turns.wake"], r"no engine at turns\.wake"),
        ({"tts": []}, [], "tts: 0 engines for 1 ranks, expected 1 to 1"),
        ({"tts": [ScriptedVoice(), ScriptedVoice()]}, [], "tts: 2 engines for 1 ranks"),
    ],
)
def test_places_that_there_are_not(engines: dict[str, Engine | list[Engine]], keep: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scripted_graph("assistant", engines=engines, keep=keep)


def test_an_intent_without_a_skill_is_a_mistake_of_the_test() -> None:
    graph = scripted_graph("assistant", engines={"intent": ScriptedIntents({"buy": Intent("purchase")})})
    with pytest.raises(Exception, match="no skill is called purchase; there are unknown"):
        run(graph.load())
