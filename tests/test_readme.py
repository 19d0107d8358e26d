"""What the README shows is true: its commands run, and its error message is the one that is given."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audio_samples import FOLDER

README = Path(__file__).parents[1].joinpath("README.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]


def parley(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    assert "parley " in command
    ours = f'parley() {{ {shlex.quote(sys.executable)} -m pipeline.cli "$@"; }}; {command}'
    return subprocess.run(["bash", "-c", ours], check=False, capture_output=True, text=True, timeout=300, cwd=cwd)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader would have: recordings, and the graph of the README."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "recordings").mkdir()
    (folder / "more").mkdir()
    shutil.copy(FOLDER / "navigate.wav", folder / "question.wav")
    shutil.copy(FOLDER / "where.wav", folder / "recordings")
    shutil.copy(FOLDER / "timer.mp3", folder / "more")
    graph = next(text for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if text.startswith("# mine.yaml"))
    (folder / "mine.yaml").write_text(graph, "utf-8")
    return folder


@pytest.mark.model
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(folder: Path, command: str) -> None:
    done = parley(command, folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 8


def test_the_error_shown_is_the_one_that_is_given(folder: Path) -> None:
    text = (folder / "mine.yaml").read_text("utf-8").replace("faster-whisper", "faster-wisper")
    (folder / "typo").mkdir()
    (folder / "typo" / "mine.yaml").write_text(text, "utf-8")
    done = parley("parley graph check mine.yaml", folder / "typo")
    assert done.returncode == 1
    (shown,) = re.findall(r"`(mine\.yaml:\d+: .*?)`", README)
    assert shown in done.stdout + done.stderr


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert Path(__file__).parents[1].joinpath(target).exists(), target
