from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.graph.document import LARGEST
from pipeline.graph.load import load, shipped
from pipeline.graph.mistakes import Mistakes, WrongGraph

BASE = """
name: base
description: the base
language: en
turns: {pause: 1.5}
stages:
  asr: {from: audio, engine: moonshine, with: {threads: 2}, deadline: 5}
  intent: {from: asr, engine: nearest}
outputs: [asr, intent]
"""


def loaded(path: Path | str, *overrides: str, **environ: str) -> tuple[str, dict[str, Any]]:
    mistakes = Mistakes()
    document = load(path, mistakes, overrides=overrides, environ=environ)
    mistakes.raise_any()
    assert document is not None
    return document.name, document.root.plain()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def overlay(folder: Path, text: str) -> dict[str, Any]:
    (folder / "over.yaml").write_text(f"extends: base.yaml\n{text}")
    return loaded(folder / "over.yaml")[1]


def test_shipped_graphs_are_called_by_name() -> None:
    assert {"assistant", "assistant-small", "assistant-plus", "captions"} <= shipped().keys()
    assert loaded("assistant")[0] == "assistant"


def test_an_overlay_merges_maps_and_replaces_lists(folder: Path) -> None:
    plain = overlay(folder, "stages: {asr: {with: {beam: 3}}, tts: {from: intent}}\noutputs: [tts]")
    assert plain["stages"]["asr"] == {
        "from": "audio",
        "engine": "moonshine",
        "with": {"threads": 2, "beam": 3},
        "deadline": 5,
    }
    assert plain["stages"]["tts"] == {"from": "intent"}
    assert plain["outputs"] == ["tts"]
    assert plain["turns"] == {"pause": 1.5}


def test_null_removes(folder: Path) -> None:
    plain = overlay(folder, "stages: {intent: null, asr: {deadline: null}}\noutputs: [asr]")
    assert list(plain["stages"]) == ["asr"]
    assert "deadline" not in plain["stages"]["asr"]


def test_null_that_removes_nothing_stays_as_a_value(folder: Path) -> None:
    assert overlay(folder, "stages: {asr: {with: {language: null}}}")["stages"]["asr"]["with"]["language"] is None


def test_options_go_with_the_engine_that_they_were_for(folder: Path) -> None:
    plain = overlay(folder, "stages: {asr: {engine: faster-whisper}}")
    assert plain["stages"]["asr"] == {"from": "audio", "engine": "faster-whisper", "deadline": 5}
    plain = overlay(folder, "stages: {asr: {engine: moonshine}}")
    assert plain["stages"]["asr"]["with"] == {"threads": 2}
    plain = overlay(folder, "stages: {asr: {engine: faster-whisper, with: {beam: 3}}}")
    assert plain["stages"]["asr"]["with"] == {"beam": 3}


def test_names_and_descriptions_are_a_files_own(folder: Path) -> None:
    (folder / "mine.yaml").write_text("extends: base.yaml")
    name, plain = loaded(folder / "mine.yaml")
    assert name == "mine"
    assert "description" not in plain


def test_overlays_on_overlays_find_files_from_where_they_stand(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "middle.yaml").write_text("extends: ../base.yaml\nlanguage: zh")
    (folder / "top.yaml").write_text("extends: deep/middle.yaml\nsample_rate: 8000")
    plain = loaded(folder / "top.yaml")[1]
    assert (plain["language"], plain["sample_rate"], plain["turns"]) == ("zh", 8000, {"pause": 1.5})


def test_a_list_is_laid_on_from_left_to_right_and_the_file_itself_last(folder: Path) -> None:
    (folder / "mandarin.yaml").write_text("language: zh\nstages: {asr: {engine: faster-whisper}}")
    (folder / "slow.yaml").write_text("turns: {pause: 3.0}\nstages: {asr: {with: {beam: 3}}, intent: {deadline: 9}}")
    (folder / "mine.yaml").write_text("extends: [base.yaml, mandarin.yaml, slow.yaml]\nstages: {intent: {deadline: 1}}")
    name, plain = loaded(folder / "mine.yaml")
    assert (name, plain["language"], plain["turns"]) == ("mine", "zh", {"pause": 3.0})
    assert plain["stages"]["asr"] == {"from": "audio", "engine": "faster-whisper", "with": {"beam": 3}, "deadline": 5}
    assert plain["stages"]["intent"] == {"from": "asr", "engine": "nearest", "deadline": 1}


def test_a_part_removes_what_stands_left_of_it(folder: Path) -> None:
    (folder / "deaf.yaml").write_text("stages: {intent: null}\noutputs: [asr]")
    (folder / "mine.yaml").write_text("extends: [base.yaml, deaf.yaml]")
    assert list(loaded(folder / "mine.yaml")[1]["stages"]) == ["asr"]


def test_a_base_that_two_overlays_share_undoes_neither_and_no_file_extends_itself_by_a_list(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "left.yaml").write_text("extends: base.yaml\nlanguage: zh")
    (folder / "right.yaml").write_text("extends: base.yaml\nturns: {pause: 2.0}")
    (folder / "both.yaml").write_text("extends: [left.yaml, right.yaml]")
    plain = loaded("both.yaml")[1]
    assert (plain["language"], plain["turns"]) == ("zh", {"pause": 2.0})
    (folder / "loop.yaml").write_text("extends: [base.yaml, loop.yaml]")
    assert refusal("loop.yaml").startswith(
        "loop.yaml:1: extends: graphs extend each other in a loop: loop.yaml -> loop"
    )


def test_an_overlay_on_a_shipped_graph(folder: Path) -> None:
    (folder / "over.yaml").write_text("extends: ${BASE:-assistant}")
    assert loaded(folder / "over.yaml")[1]["stages"].keys() >= {"asr", "lipsync"}


def test_overrides_come_last_and_in_order(folder: Path) -> None:
    plain = loaded(
        folder / "base.yaml",
        "stages.asr.engine=faster-whisper",
        "stages.asr.with.beam=3",
        "outputs=[asr]",
        "stages.intent=null",
        "turns.pause=0.4",
        "language=no",
    )[1]
    assert plain["stages"] == {"asr": {"from": "audio", "engine": "faster-whisper", "with": {"beam": 3}, "deadline": 5}}
    assert plain["outputs"] == ["asr"]
    assert plain["turns"] == {"pause": 0.4}
    assert plain["language"] == "no"


def test_a_variable_is_wanted_only_where_it_is_still_read(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace("nearest", '"${SECRET_ENGINE}"'))
    assert overlay(folder, "stages: {intent: {engine: llm}}")["stages"]["intent"]["engine"] == "llm"
    with pytest.raises(WrongGraph, match=r"base\.yaml:8: stages\.intent\.engine: .* SECRET_ENGINE is not set"):
        loaded(folder / "base.yaml")


def refusal(path: Path | str, *overrides: str) -> str:
    with pytest.raises(WrongGraph) as refused:
        loaded(path, *overrides)
    return str(refused.value)


def test_names_that_are_nowhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert refusal("asistant") == "asistant: no graph is called 'asistant'; did you mean 'assistant'?"
    assert "no such file: gone.yaml; give a graph file, or one of assistant," in refusal("gone.yaml")
    assert "a folder:" in refusal(folder)
    (folder / "mine").write_text(BASE)
    assert refusal("mine").endswith("; the file here is given as ./mine")
    assert loaded("./mine")[0] == "base"


def test_loops_of_overlays_are_drawn(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "a.yaml").write_text("extends: b.yaml")
    (folder / "b.yaml").write_text("name: b\nextends: ./c.yaml")
    (folder / "c.yaml").write_text("extends: a.yaml")
    assert refusal("a.yaml") == (
        "c.yaml:1: extends: graphs extend each other in a loop: a.yaml -> b.yaml -> c.yaml -> a.yaml; "
        "take one 'extends' out"
    )
    (folder / "self.yaml").write_text("extends: self.yaml")
    assert "self.yaml -> self.yaml" in refusal("self.yaml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"extends: gone", "g.yaml:1: extends: no graph and no role is called 'gone'; choose from assistant,"),
        (
            b"extends: {base: 1}",
            "g.yaml:1: extends: found a map, expected the name of a graph or",
        ),
        (b"extends: []", "g.yaml:1: extends: found an empty list, expected the name of a graph"),
        (
            b"extends:\n- captions\n- gone",
            "g.yaml:3: extends: no graph and no role is called 'gone'; choose from assistant,",
        ),
        (
            b"extends:\n- captions\n- [assistant]",
            "g.yaml:3: extends: found a list, expected the name of a graph",
        ),
        (b"extends:", "g.yaml:1: extends: found null"),
        (b"just words", "g.yaml:1: found 'just words', expected a map with 'stages' and 'outputs'"),
        (b"name: ok\nstages: \xff\xfe", "g.yaml:2: byte 17 is not UTF-8; save the file as UTF-8 text"),
        (b"#" * (LARGEST + 1), "g.yaml: larger than 1,000,000 bytes, which no graph is; is it the right file?"),
        (b"", "g.yaml:1: the file is empty"),
    ],
)
def test_files_that_are_no_graphs(folder: Path, monkeypatch: pytest.MonkeyPatch, text: bytes, told: str) -> None:
    monkeypatch.chdir(folder)
    (folder / "g.yaml").write_bytes(text)
    assert refusal("g.yaml").startswith(told)


@pytest.mark.parametrize("text", [":memory:", "C: drive", "a: b"])
def test_a_colon_in_an_override_is_text(folder: Path, text: str) -> None:
    _, root = loaded(folder / "base.yaml", f"stages.asr.with={text}")
    assert root["stages"]["asr"]["with"] == text


@pytest.mark.parametrize("override", ["stages.asr.engine", "=x", "stages..engine=x", "stages.=x"])
def test_overrides_that_are_none(folder: Path, override: str) -> None:
    assert f"found '{override}', expected path=value" in refusal(folder / "base.yaml", override)


def test_mistakes_in_an_override_name_it(folder: Path) -> None:
    assert refusal(folder / "base.yaml", "stages.asr.with=[1").startswith("override stages.asr.with: not YAML")
