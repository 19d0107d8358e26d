"""The command as a person or a script meets it: whole, in a process of its own."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.needs import needing
from support.waves import cut, noise, silence, wav_bytes

from audio_samples import FOLDER

MEMORY = "stages.task.with.world=:memory:"


def parley(*words: str | Path, limit: int | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command; `limit` is the largest file in bytes that it may write."""

    def confine() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-m", "pipeline.cli", *map(str, words)]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=300, preexec_fn=confine, cwd=cwd
    )


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two good recordings among everything that can be wrong with one."""
    folder = tmp_path_factory.mktemp("recordings")
    good = (FOLDER / "navigate.wav").read_bytes()
    made: dict[str, bytes] = {
        "a_good.wav": good,
        "empty.wav": b"",
        "zero_length.wav": wav_bytes(silence(0.0)),
        "text.wav": b"These are words, but not spoken ones.\n" * 20,
        "random.wav": os.urandom(5000),
        "silence.wav": wav_bytes(silence(3.0)),
        "noise.wav": wav_bytes(noise(3.0)),
        "z_good.wav": (FOLDER / "stop.wav").read_bytes(),
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    cut(folder / "truncated.wav", 0.7) if (folder / "truncated.wav").write_bytes(good) else None
    os.mkfifo(folder / "pipe.wav")
    (folder / "dangling.wav").symlink_to(folder / "nowhere.wav")
    return folder


@pytest.fixture(scope="module")
@needing("model")
def run(faults: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Any, Path]:
    out = tmp_path_factory.mktemp("out")
    done = parley("batch", faults, faults / "never_was.wav", "--out", out, "--set", MEMORY)
    return done, json.loads((out / "summary.json").read_text("utf-8")), out


@pytest.mark.model
def test_some_failed_is_exit_code_1_and_the_good_are_answered(run: Any) -> None:
    done, summary, out = run
    assert done.returncode == 1, done.stderr
    status = {Path(file["source"]).name: file["status"] for file in summary["files"]}
    assert status == {
        "a_good.wav": "answered",
        "z_good.wav": "answered",
        "truncated.wav": "answered",
        "silence.wav": "nothing heard",
        "noise.wav": "nothing heard",
        **dict.fromkeys(
            ["empty.wav", "zero_length.wav", "text.wav", "random.wav", "pipe.wav", "dangling.wav", "never_was.wav"],
            "failed",
        ),
    }
    assert (out / "a_good.reply.wav").stat().st_size > 10_000


def test_each_failure_is_one_clear_line(run: Any) -> None:
    done, summary, _ = run
    for file in summary["files"]:
        if file["status"] == "failed":
            name = Path(file["source"]).name
            assert file["error"].count("\n") == 0
            assert name in file["error"]
            assert sum(f"{name} failed:" in line for line in done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stdout + done.stderr


def test_what_is_cut_off_is_answered_with_a_note(run: Any) -> None:
    _, summary, _ = run
    (file,) = (file for file in summary["files"] if file["source"].endswith("truncated.wav"))
    assert "cut off" in file["notes"][0]


def test_a_pipe_gets_plain_lines(run: Any) -> None:
    done, _, _ = run
    assert "\x1b" not in done.stdout
    assert "a_good.wav 0:00" in done.stdout
    assert "-> I am taking you to the library." in done.stdout


@pytest.mark.model
def test_json_is_all_that_is_printed(tmp_path: Path) -> None:
    done = parley("batch", FOLDER / "stop.wav", "--out", tmp_path / "out", "--set", MEMORY, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answered"] == 1
    assert done.stdout.count("\n") == 1


@pytest.mark.model
def test_recordings_with_the_same_name_get_answers_of_their_own(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.wav").write_bytes((FOLDER / "stop.wav").read_bytes())
    done = parley("batch", "one", "two", "--out", "out", "--set", MEMORY, "--json", cwd=tmp_path)
    results = [file["result"] for file in json.loads(done.stdout)["files"]]
    assert len(set(results)) == 2
    assert all((tmp_path / "out" / result).is_file() for result in results)


@pytest.mark.model
def test_a_full_disk_costs_what_does_not_fit_and_nothing_else(tmp_path: Path) -> None:
    # `stop` gets a short answer, `where` a long one.
    paths = [FOLDER / "where.wav", FOLDER / "stop.wav"]
    done = parley("batch", *paths, "--out", tmp_path, "--set", MEMORY, "--jobs", "1", limit=100_000)
    assert done.returncode == 1
    where, stop = json.loads((tmp_path / "summary.json").read_text("utf-8"))["files"]
    assert where["status"] == "failed"
    assert "where.reply.wav: cannot be written" in where["error"]
    assert stop["status"] == "answered"
    assert {path.name for path in tmp_path.iterdir()} == {
        "where.json",
        "stop.json",
        "stop.reply.wav",
        *stop["tracks"],
        "summary.json",
    }


@pytest.mark.model
def test_a_name_that_is_no_utf_8_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    path.write_bytes((FOLDER / "stop.wav").read_bytes())
    done = parley("batch", path, "--out", tmp_path / "out", "--set", MEMORY, "--json")
    (file,) = json.loads(done.stdout)["files"]
    assert file["status"] == "answered", file["error"]
    assert {file["result"], file["speech"], *file["tracks"], "summary.json"} == set(os.listdir(tmp_path / "out"))
    (turn,) = json.loads((tmp_path / "out" / file["result"]).read_bytes())["turns"]
    assert turn["speech"]["file"] == file["speech"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nowhere/*.wav", "--out", "out"], "no sound file found"),
        (["--out", "out"], "Missing argument"),
        (["x.wav"], "Missing option"),
        (["{stop}", "--out", "out", "--graph", "asistant"], "did you mean 'assistant'?"),
        (["{stop}", "--out", "out", "--set", "stages.asr.engine=moonshin"], "did you mean 'moonshine'?"),
        (["{stop}", "--out", "out", "--jobs", "0"], "--jobs"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_is_wrong(tmp_path: Path, words: list[str], complaint: str) -> None:
    done = parley("batch", *(word.format(stop=FOLDER / "stop.wav") for word in words), cwd=tmp_path)
    assert done.returncode == 2
    assert complaint in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_a_folder_for_answers_that_is_a_file_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    done = parley("batch", FOLDER / "stop.wav", "--out", tmp_path / "out", "--set", MEMORY)
    assert done.returncode == 1
    assert "out: cannot be made a folder" in done.stderr


@pytest.mark.model
def test_a_reader_that_leaves_costs_no_answers(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline.cli", "batch", *(FOLDER / name for name in ("stop.wav", "buy.wav"))]
    end, start = os.pipe()
    os.close(end)
    done = subprocess.run(
        [*map(str, command), "--out", str(tmp_path), "--set", MEMORY],
        stdout=start,
        stderr=subprocess.PIPE,
        check=False,
        text=True,
        timeout=300,
    )
    os.close(start)
    assert done.returncode == 1
    assert "parley: the output could not be written (Broken pipe)" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((tmp_path / "summary.json").read_text("utf-8"))["answered"] == 2


@pytest.mark.model
def test_a_language_model_that_is_away_is_told_once_and_in_the_exit_code(tmp_path: Path) -> None:
    away = ["engine=openai", "with.model=x", "with.base_url=http://127.0.0.1:9/v1", "unknown=chat"]
    changes = [word for change in away for word in ("--set", f"stages.response.{change}")]
    paths = [FOLDER / "hello.wav", FOLDER / "story.m4a"]
    done = parley("batch", *paths, "--out", tmp_path, "--set", MEMORY, *changes)
    assert done.returncode == 1
    assert "2 answered (2 degraded)" in done.stdout
    (told,) = [line for line in done.stderr.splitlines() if "openai failed" in line]
    assert told.startswith("parley: in 2 recordings: response: openai failed, so a template answers: ModelUnavailable:")


@pytest.mark.model
def test_the_recordings_of_a_user_are_answered_one_at_a_time_and_that_is_said(tmp_path: Path) -> None:
    paths = [FOLDER / "buy.wav", FOLDER / "inventory.wav"]
    done = parley("batch", *paths, "--out", tmp_path, "--set", MEMORY, "--user", "ada", "--jobs", "2")
    assert done.returncode == 0
    assert "parley: one recording at a time, because what ada does" in done.stderr
    (turn,) = json.loads((tmp_path / "inventory.json").read_bytes())["turns"]
    assert "2 apples" in turn["reply"]


def test_help_shows_examples() -> None:
    done = parley("batch", "--help")
    assert "parley batch question.wav --out answers" in done.stdout
