"""docs/extending.md is followed to the letter: each of its packages is built, installed and used as the page says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.packages import Beside, install_beside, lines_of

from audio_samples import FOLDER
from pipeline.devices.files.decoding import read
from pipeline.devices.pcm import from_pcm16, to_pcm16

pytestmark = pytest.mark.model  # what is added answers a recording together with the real engines

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"
_FILE = re.compile(r"\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)```", re.DOTALL)
_COMMANDS = re.compile(r"```sh\n(.*?)```", re.DOTALL)
LONGEST = 60
"""Lines of a package that is short to write."""


def sections() -> dict[str, str]:
    """The page by its headings."""
    heads = re.split(r"^## (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(heads[1::2], heads[2::2], strict=True))


def follow(section: str, folder: Path) -> tuple[Beside, list[str]]:
    """Do what a section says, up to its commands: they are given back."""
    files = dict(_FILE.findall(section))
    package = {
        name.partition("/")[2]: text for name, text in files.items() if name.startswith("parley-") and "/" in name
    }
    assert lines_of(package) < LONGEST
    beside = install_beside(folder, package) if package else Beside(folder, dict(os.environ))
    for name, text in files.items():
        if "/" not in name:
            (folder / name).write_text(text, "utf-8")
    shutil.copy(FOLDER / "navigate.wav", folder / "question.wav")
    return beside, [line for block in _COMMANDS.findall(section) for line in block.splitlines()]


def run(beside: Beside, command: str) -> str:
    python = shlex.quote(sys.executable)
    ours = f'python() {{ {python} "$@"; }}; parley() {{ python -m pipeline.cli "$@"; }}; {command}'
    done = subprocess.run(
        ["bash", "-c", ours],
        check=False, capture_output=True, text=True, timeout=300, cwd=beside.folder, env=beside.environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def outputs(heading: str, folder: Path) -> str:
    """What the commands of a section print."""
    beside, commands = follow(sections()[heading], folder)
    assert commands
    return "".join(run(beside, command) for command in commands)


@pytest.mark.model
def test_an_engine(tmp_path: Path) -> None:
    outputs("An engine", tmp_path)
    sound = read(tmp_path / "answers" / "question.reply.wav")
    spectrum = np.abs(np.fft.rfft(sound))
    assert abs(np.argmax(spectrum) * 16_000 / sound.size - 700) < 10


@pytest.mark.model
def test_a_skill_with_a_kind_of_slot_of_its_own(tmp_path: Path) -> None:
    said = outputs("A skill with a kind of slot of its own", tmp_path)
    assert "I painted the bakery deep blue." in said


@pytest.mark.model
def test_a_world(tmp_path: Path) -> None:
    assert "I am taking you to the bridge. We go north." in outputs("A world", tmp_path)


@pytest.mark.model
def test_a_role(tmp_path: Path) -> None:
    assert "I know the way to every place here, and I have stories." in outputs("A role", tmp_path)


@pytest.mark.model
def test_a_step(tmp_path: Path) -> None:
    outputs("A step", tmp_path)


def test_a_language(tmp_path: Path) -> None:
    said = outputs("A language", tmp_path)
    assert "600 seconds; Mi ne komprenas. pomo, mapo kaj kajto\nTrue\n" in said


@pytest.mark.model
def test_a_transport(tmp_path: Path) -> None:
    (program,) = _FILE.findall(sections()["A transport"])
    (tmp_path / program[0]).write_text(program[1], "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, tmp_path / program[0], str(port)]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert serving.stdout is not None
    try:
        assert serving.stdout.readline() == "ready\n"
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            client.sendall(to_pcm16(read(FOLDER / "navigate.wav")))
            client.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: client.recv(65_536), b""))
    finally:
        serving.kill()
        serving.wait()
        serving.stdout.close()
    assert np.abs(from_pcm16(answer)).max() > 0.05


def test_every_section_is_followed() -> None:
    tried = "an engine, a skill with a kind of slot of its own, a world, a role, a step, a language, a transport"
    assert {heading.casefold() for heading in sections()} - {"contributing"} == set(tried.split(", "))
