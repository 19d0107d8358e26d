from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from xml.etree import ElementTree

import pytest
import yaml

from pipeline.cli import main


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLEY_MODELS", str(tmp_path / "models"))


@dataclass(frozen=True)
class Output:
    """What a command printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


class Parley(Protocol):
    def __call__(self, *arguments: str) -> Output: ...


@pytest.fixture
def parley(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Parley:
    """The whole command, in this process."""

    def run(*arguments: str) -> Output:
        monkeypatch.setattr(sys, "argv", ["parley", "graph", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Output(int(ended.value.code or 0), *capsys.readouterr())

    return run


def test_list_shows_graphs_stages_and_engines(parley: Parley) -> None:
    told = parley("list")
    assert told.returncode == 0, told.stderr
    for word in (
        "assistant-plus",
        "Holds a conversation",
        "Partial | Transcript",
        "moonshine",
        "faster-whisper",
        "silero",
    ):
        assert word in told.stdout


def test_show_is_a_graph_that_means_the_same(parley: Parley, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "sk-hush-hush")
    Path("g.yaml").write_text('extends: assistant\nstages: {response: {persona: "a ${KEY} b ${NONE:-plain}"}}')
    told = parley("show", "g.yaml", "--set", "stages.asr.engine=faster-whisper")
    assert told.returncode == 0, told.stderr
    shown = yaml.safe_load(told.stdout)
    assert shown["name"] == "g"
    assert "extends" not in shown
    assert shown["stages"]["asr"] == {"from": "audio", "engine": "faster-whisper"}
    assert "hush" not in told.stdout
    assert shown["stages"]["response"]["persona"] == "a ${KEY} b ${NONE:-plain}"
    assert json.loads(parley("show", "assistant", "--json").stdout)["outputs"][:4] == ["asr", "task", "tts", "lipsync"]


def test_check_says_what_is_right_and_notes_what_would_be_fetched(parley: Parley) -> None:
    told = parley("check", "assistant", "captions")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "assistant: ok (7 stages, 9 engines; checked in" in told.stdout
    assert "note: stages.response: qwen2.5-coder-1.5b-instruct" in told.stdout
    assert "parley models pull qwen2.5-coder-1.5b-instruct" in told.stdout


def test_check_tells_every_mistake_of_every_graph(parley: Parley) -> None:
    Path("bad.yaml").write_text("extends: assistant\nstages: {asr: {engine: moonshin}, tts: {form: response}}\n")
    told = parley("check", "bad.yaml", "captions", "nowhere")
    assert told.returncode == 1
    assert "bad.yaml:2: stages.asr.engine: nothing called 'moonshin'; did you mean 'moonshine'?" in told.stdout
    assert "bad.yaml:2: stages.tts.form: unknown key; did you mean 'from'?" in told.stdout
    assert "bad.yaml: 2 mistakes" in told.stdout
    assert "captions: ok" in told.stdout
    assert "nowhere: no graph is called 'nowhere'" in told.stdout
    reports = json.loads(parley("check", "bad.yaml", "--json").stdout)
    assert [(mistake["path"][1:], mistake["line"]) for mistake in reports[0]["mistakes"]] == [
        (["asr", "engine"], 2),
        (["tts", "form"], 2),
    ]


def test_draw_writes_mermaid_and_pictures(parley: Parley) -> None:
    assert parley("draw", "assistant").stdout.startswith("flowchart LR\n")
    assert parley("draw", "assistant", "-o", "a.svg").returncode == 0
    assert ElementTree.parse("a.svg").getroot().tag.endswith("svg")
    assert parley("draw", "assistant", "-o", "a.mmd").returncode == 0
    assert Path("a.mmd").read_text(encoding="utf-8").startswith("flowchart LR\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["draw", "assistant", "-o", "a.png"], "expected a name that ends in .svg or .mmd"),
        (["draw", "assistant", "-o", "gone/a.svg"], "cannot be written"),
        (["draw", "asistant"], "did you mean 'assistant'?"),
        (["show", "asistant"], "did you mean 'assistant'?"),
        (["show", "assistant", "--set", "nonsense"], "expected path=value"),
        (["check"], "Missing argument"),
    ],
)
def test_wrong_usage(parley: Parley, arguments: list[str], told: str) -> None:
    result = parley(*arguments)
    assert result.returncode == 2
    assert told in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr
