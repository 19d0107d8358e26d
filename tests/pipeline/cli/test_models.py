"""``parley models`` as a person or a script runs it, on real models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from support.registries import UNREACHABLE, point_clients_at
from typer.testing import CliRunner

from models.store.fetching import Progress
from models.store.store import Store
from pipeline.cli.bars import bars
from pipeline.cli.root import app

MODEL = "moonshine-tiny-en"


def parley(*arguments: str, cache: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "models", *arguments]
    environment = {**os.environ, "PARLEY_MODELS": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def states(cache: Path) -> dict[str, Any]:
    done = parley("list", "--json", cache=cache)
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)["models"]}


@pytest.mark.model
def test_a_model_comes_is_checked_is_damaged_is_mended_and_goes(tmp_path: Path) -> None:
    assert states(tmp_path)[MODEL]["state"] == "not fetched"

    done = parley("pull", MODEL, cache=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{MODEL}: {tmp_path / MODEL}\n"), done.stderr
    assert f"{MODEL}: ready" in done.stderr
    assert states(tmp_path)[MODEL]["path"] == str(tmp_path / MODEL)
    assert parley("check", MODEL, cache=tmp_path).returncode == 0

    file = tmp_path / MODEL / "tokenizer.bin"
    right = file.read_bytes()
    file.write_bytes(bytes(len(right)))
    done = parley("check", MODEL, "--json", cache=tmp_path)
    [result] = json.loads(done.stdout)
    assert done.returncode == 1
    assert f"{file} does not match its checksum; remedy: parley models remove {MODEL}" in result["error"]

    assert parley("pull", MODEL, cache=tmp_path).returncode == 0
    assert file.read_bytes() == right

    done = parley("remove", MODEL, cache=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{MODEL}: 44 MB freed, now not fetched\n")
    assert not (tmp_path / MODEL).exists()


def test_the_list_is_a_table_of_everything(tmp_path: Path) -> None:
    done = parley("list", cache=tmp_path)
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["name", "step", "languages", "size", "licence", "state", "purpose"]
    assert sum(line.split(" ")[0] in Store().catalog.entries for line in lines) == len(Store().catalog.entries)
    assert any(line.split()[:2] == ["hibari-voice", "tts"] and "in hibari-tts" in line for line in lines)
    assert lines[-1] == f"The cache is {tmp_path}"


def test_check_reads_what_is_here_whoever_brought_it(tmp_path: Path) -> None:
    done = parley("check", cache=tmp_path)
    assert done.returncode == 0
    assert {line.partition(":")[0] for line in done.stdout.splitlines()} >= {"multilingual-e5-small", "hibari-voice"}
    done = parley("check", "whisper-base", cache=tmp_path)
    assert done.returncode == 1
    assert "remedy: parley models pull whisper-base" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pull", "moonshine-tiny"], "moonshine-tiny-en"),
        (["pull"], "--all"),
        (["pull", MODEL, "--all"], "--all"),
        (["remove"], "NAME"),
        (["check", "no-such-model"], "no-such-model"),
        (["fetch"], "fetch"),
    ],
)
def test_wrong_usage_is_told_apart_from_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str], said: str
) -> None:
    monkeypatch.setenv("PARLEY_MODELS", str(tmp_path))
    done = CliRunner().invoke(app, ["models", *arguments])
    assert done.exit_code == 2
    assert said in done.stderr


def test_without_a_network_the_others_are_still_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_clients_at(monkeypatch, UNREACHABLE)
    done = parley("pull", "multilingual-e5-small", MODEL, "hibari-voice", "--json", cache=tmp_path)
    assert done.returncode == 1
    assert done.stderr == ""
    first, second, third = json.loads(done.stdout)
    assert first["error"] is third["error"] is None
    assert "the package index cannot be reached" in second["error"]


@pytest.mark.parametrize("command", ["list", "pull", "check", "remove"])
def test_every_command_has_examples(command: str) -> None:
    done = CliRunner().invoke(app, ["models", command, "--help"])
    assert done.exit_code == 0
    assert f"parley models {command}" in done.stdout


def test_a_terminal_gets_bars_a_pipe_gets_lines_and_a_script_gets_nothing(tmp_path: Path) -> None:
    steps = [Progress("toy", "waiting", 0, 100), *(Progress("toy", "fetching", done, 100) for done in range(101))]
    shown = []
    for terminal, silent in ((True, False), (False, False), (False, True)):
        with (tmp_path / "out").open("w+") as out:
            with bars(Console(file=out, force_terminal=terminal, width=100), silent=silent) as report:
                for step in steps:
                    report(step)
            out.seek(0)
            shown.append(out.read())
    assert "100/100 bytes" in shown[0]
    assert len(shown[1].splitlines()) == 6
    assert shown[2] == ""
