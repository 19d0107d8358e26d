"""``parley talk`` as a user has it: in a pipe, and on a terminal with a sound card."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.needs import needing
from support.osc import receiving
from support.pulse import RATE, SoundCard
from support.reading import read_speech
from support.sessions import spoken
from support.tmux import Terminal

from pipeline.cli.lines import PROMPT
from pipeline.packets import Speech
from pipeline.runtime.journal import read_journal
from pipeline.runtime.journal.reader import KILLED
from pipeline.runtime.record import Fate, Record

PARLEY = [sys.executable, "-m", "pipeline.cli"]
FRESH = ["--set", "stages.task.with.world=:memory:"]


@pytest.fixture(scope="module")
@needing("device")
def card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundCard]:
    with SoundCard(tmp_path_factory.mktemp("card")) as plugged:
        yield plugged


@pytest.fixture
def no_card(card: SoundCard) -> dict[str, str]:
    """The environment of a machine whose sound system does not answer."""
    return {**card.environment, "PULSE_SERVER": "unix:/nowhere"}


def parley(*arguments: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PARLEY, "talk", *arguments],
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=os.environ | environment,
    )


def records(journal: Path) -> list[Record]:
    return [turn.record for turn in read_journal(journal).turns if turn.record]


@pytest.mark.model
def test_a_line_in_is_an_answer_out_and_everything_is_recorded(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    run = parley("--text", *FRESH, "--record", str(journal), said="How much is a lantern?\n\nTake me to the library.")
    assert (run.returncode, run.stderr) == (0, "")
    price, way = run.stdout.splitlines()
    assert "lantern" in price
    assert "coins" in price
    assert "library" in way
    assert [(turn.fate, turn.heard) for turn in records(journal)] == [(Fate.ANSWERED, price), (Fate.ANSWERED, way)]


@pytest.mark.model
@pytest.mark.device
def test_a_terminal_without_a_screen_has_a_prompt(tmp_path: Path) -> None:
    with Terminal(tmp_path, [*PARLEY, "talk", "--text", "--graph", "captions"], {}) as terminal:
        terminal.wait_for(PROMPT.strip())
        terminal.type("Hello.")
        terminal.press("Enter", "C-d")
        assert terminal.wait_for_end() == 0


def test_a_pipe_is_told_of_text() -> None:
    run = parley()
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "parley: talk draws on a terminal, and this is none; in a pipe: parley talk --text\n"


def test_without_a_sound_device_it_says_what_else_to_do(tmp_path: Path, no_card: dict[str, str]) -> None:
    with Terminal(tmp_path, [*PARLEY, "talk"], no_card) as terminal:
        told = terminal.wait_for("parley: .*--text")
        assert "microphone" in told
        assert terminal.wait_for_end() == 1
        assert "Traceback" not in terminal.screen()


def test_a_face_elsewhere_needs_a_voice() -> None:
    run = parley("--text", "--osc", "vmc")
    assert (run.returncode, run.stdout) == (2, "")
    assert "nothing sounds that a face could follow" in run.stderr


def test_what_is_misspelt_is_told_before_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").touch()
    for option, value, told in (
        ("--osc", "vmx", "vmx: no way to show a face; expected vmc"),
        ("--ptt-key", "f88", "--ptt-key: "),
        ("--record", str(tmp_path), f"{tmp_path}: holds events.jsonl already"),
    ):
        run = parley(option, value)
        assert (run.returncode, run.stdout) == (1, "")
        assert run.stderr.startswith(f"parley: {told}")


def test_devices_are_listed_for_people_and_machines(card: SoundCard) -> None:
    listed = json.loads(parley("--list-devices", "--json", **card.environment).stdout)
    assert any(device["inputs"] and device["outputs"] and device["default"] for device in listed)
    table = parley("--list-devices", **card.environment).stdout
    assert all(device["name"] in table for device in listed)


@pytest.mark.model
def test_keys_and_a_voice_in_a_screen_a_voice_and_a_face_out(card: SoundCard, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    command = [*PARLEY, "talk", *FRESH, "--record", str(journal), "--osc"]
    with (
        receiving() as face,
        Terminal(tmp_path, [*command, f"vmc:127.0.0.1:{face.port}"], card.environment) as terminal,
    ):
        terminal.wait_for("○ idle.*Hold space and speak.*space talk")
        assert "48;2;" not in terminal.colours()  # colours are the terminal's own, so light and dark ones fit
        card.heard()
        terminal.press("Space")
        terminal.wait_for("● listening")
        card.say(asyncio.run(spoken("price.flac")))
        terminal.wait_for("mic ━")
        while card.saying:
            time.sleep(0.05)
        terminal.wait_for("mic ─")  # all of it was heard, and silence
        terminal.press("Space")
        terminal.wait_for("▶ speaking")
        terminal.wait_for(
            "○ idle.*you +How much is the telescope.*price item=telescope → done.*avatar +A telescope costs"
        )
        terminal.wait_for(r"\d+ ms to the first sound")
        assert "telescope" in read_speech(card.heard(), RATE).lower()

        terminal.type("take me to the library")
        terminal.press("Enter")
        terminal.wait_for("▶ speaking")
        terminal.press("Escape")
        terminal.wait_for("○ idle.*avatar.*— interrupted")
        terminal.press("C-q")
        assert terminal.wait_for_end() == 0
    opened = [weights["aa"] for _, weights in face.frames()]
    assert max(opened) > 0.5
    assert opened[0] == opened[-1] == 0.0
    price, way = (turn for turn in records(journal) if turn.confirmed is not None)
    assert (price.fate, price.heard) == (Fate.ANSWERED, price.reply)
    assert (way.fate, way.transcript and way.transcript.text) == (Fate.INTERRUPTED, "take me to the library")
    assert way.reply.startswith(way.heard)


def test_a_killed_session_is_replayed(card: SoundCard, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    command = [*PARLEY, "talk", *FRESH, "--hands-free", "--record", str(journal)]
    with Terminal(tmp_path, command, card.environment) as terminal:
        terminal.wait_for("○ idle.*Just speak")
        card.say(asyncio.run(spoken("price.flac")))
        terminal.wait_for("○ idle.*avatar +A telescope costs")
        terminal.type("tell me a story about a dragon")
        terminal.press("Enter")
        terminal.wait_for("▶ speaking.*avatar +Here is")
        time.sleep(1.0)
        terminal.kill()
        assert terminal.wait_for_end() == 128 + signal.SIGKILL
    recorded = read_journal(journal)
    assert recorded.stopped == KILLED
    assert recorded.turns[-1].record is None
    assert any(isinstance(crossing.packet, Speech) for crossing in recorded.turns[-1].crossings)
    replayed = subprocess.run(
        [*PARLEY, "replay", str(journal), "--json"], capture_output=True, text=True, check=False, timeout=240
    )
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert json.loads(replayed.stdout)["equal"] is True


def test_an_unplugged_card_is_waited_for(card: SoundCard, tmp_path: Path) -> None:
    with Terminal(tmp_path, [*PARLEY, "talk", "--graph", "captions", "--hands-free"], card.environment) as terminal:
        terminal.wait_for("○ idle.*Just speak")
        card.wait_until_used()
        card.unplug()
        terminal.wait_for("! the microphone .*gives no sign of life")
        card.plug()
        terminal.wait_for("Parley captions(?!.*! the)")
        card.say(asyncio.run(spoken("price.flac")))
        terminal.wait_for("you +How much is the telescope")
        terminal.press("C-c")
        assert terminal.wait_for_end() == 0
