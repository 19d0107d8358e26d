"""A global key, on a real X server where nobody has the focus."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from support.needs import needing

WATCH = """
import sys
from pipeline.cli.terminal.hotkey import HotkeyFailed, hotkey
try:
    with hotkey(sys.argv[1], lambda down: print("down" if down else "up", flush=True)):
        print("ready", flush=True)
        sys.stdin.readline()
except HotkeyFailed as error:
    print(error)
"""
TYPE = """
import sys, time
from pynput.keyboard import Controller, Key
keyboard = Controller()
for key in (Key.f9, "x", Key.f8):
    keyboard.press(key)
    time.sleep(0.05)
    keyboard.release(key)
"""


@pytest.fixture(scope="module")
@needing("device")
def display() -> Iterator[dict[str, str]]:
    """The environment of a program on an X server of its own."""
    given, give = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(give), "-screen", "0", "320x200x8", "-nolisten", "tcp", "-noreset"],
        pass_fds=[give],
        stderr=subprocess.DEVNULL,
    )
    os.close(give)
    with os.fdopen(given) as number:
        name = number.readline().strip()
    yield {**os.environ, "DISPLAY": f":{name}"}
    server.terminate()
    server.wait()


def said(key: str, environment: dict[str, str]) -> str:
    """What becomes of watching that key for a moment."""
    run = subprocess.run(
        [sys.executable, "-c", WATCH, key],
        input="\n",
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return run.stdout


def test_the_key_and_no_other_is_heard(display: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WATCH, "f8"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=display, text=True
    ) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline() == "ready\n"
        subprocess.run([sys.executable, "-c", TYPE], env=display, check=True, timeout=30)
        assert [watching.stdout.readline() for _ in range(2)] == ["down\n", "up\n"]
        rest, _ = watching.communicate("\n", timeout=30)
        assert rest == ""


def test_a_wrong_name_is_told_with_a_near_one(display: dict[str, str]) -> None:
    assert "no key is called 'ctrl_x'; did you mean 'ctrl" in said("ctrl_x", display)


def test_without_a_display_it_says_why_and_what_else_there_is() -> None:
    without = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    told = said("f8", without)
    assert told.startswith("--ptt-key: no keyboard can be watched:")
    assert "space talks" in told


def test_without_the_library_it_names_the_extra() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import sys; sys.modules['pynput'] = None\n" + WATCH, "f8"],
        input="\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert "pip install 'parley-avatar[hotkey]'" in run.stdout
