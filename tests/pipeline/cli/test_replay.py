"""The command, on a session with real engines."""

from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest


def parley(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.cli", "replay", *map(str, words)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)


def test_a_session_runs_again_bit_by_bit(journal: Path, tmp_path: Path) -> None:
    """Words, sound and mouth, of the language model's answer too."""
    done = parley(journal, "--json", "--html", tmp_path / "page.html")
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout)
    assert found["equal"] is True
    assert found["standing_in"] == ["task"]
    heard = {
        turn["transcript"]: turn["heard"] for turn in found["turns"] if turn["fate"] in ("answered", "interrupted")
    }
    assert list(heard) == ["How much is the telescope?", "Where am I?", "Stop.", "Hello, how are you today?"]
    assert heard["How much is the telescope?"] == "A telescope costs 120 coins."
    assert heard["Where am I?"].startswith("You are at the plaza.")
    assert "library" not in heard["Where am I?"]  # its last words were never heard
    page = (tmp_path / "page.html").read_text("utf-8")
    HTMLParser().feed(page)
    assert "A telescope costs 120 coins." in page


def test_what_differs_is_shown(journal: Path) -> None:
    done = parley(journal, "--swap", "tts.volume=2", "--diff")
    assert done.returncode == 1
    assert "differs from tts on" in done.stdout
    assert "Speech.voiced.samples[" in done.stdout
    assert "recorded packets stood in for asr, intent, response, task" in done.stdout


def test_a_page_is_drawn_without_running_anything(journal: Path, tmp_path: Path) -> None:
    done = parley(journal, "--draw-only", "--html", tmp_path / "page.html")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Where am I?" in (tmp_path / "page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--swap", "tss=hibari"], "no stage is called 'tss'; did you mean 'tts'?"),
        (["--swap", "tts"], "expected STAGE=ENGINE"),
        (["--swap", "tts=nothing"], "nothing called 'nothing'"),
        (["--from", "task"], "'task' acts on the world outside"),
        (["--draw-only"], "has nothing to draw"),
        (["--html", "no/such/folder.html"], "folder.html: cannot be written"),
    ],
)
def test_wrong_usage(journal: Path, words: list[str], told: str) -> None:
    done = parley(journal, *words)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.replace("│", " ").split())


def test_a_folder_without_a_journal(tmp_path: Path) -> None:
    done = parley(tmp_path)
    assert done.returncode == 2
    assert "holds no journal" in done.stderr
