"""A terminal for tests: keys go in, the screen comes out. Debian: tmux."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

PATIENCE = 120.0
"""Seconds until what should be on the screen counts as missing."""


class Terminal:
    """Runs one command in a terminal of its own, on a tmux server of its own; a context manager."""

    def __init__(
        self, folder: Path, command: list[str], environment: Mapping[str, str], columns: int = 80, rows: int = 24
    ) -> None:
        self._socket, self._ended = folder / "tmux", folder / "ended"
        exports = [f"{name}={value}" for name, value in environment.items()]
        whole = shlex.join(["env", *exports, *command]) + f"; echo $? > {shlex.quote(str(self._ended))}; cat"
        self._start = ["-f", os.devnull, "new-session", "-d", "-x", str(columns), "-y", str(rows), whole]

    def __enter__(self) -> Self:
        self._tmux(*self._start)
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: ``Space``, ``Escape``, ``C-q``, ``a``..."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type letters."""
        self._tmux("send-keys", "-l", text)

    def screen(self) -> str:
        """What a person sees."""
        return self._tmux("capture-pane", "-p")

    def colours(self) -> str:
        """Likewise, with the escape sequences that colour it."""
        return self._tmux("capture-pane", "-e", "-p")

    def wait_for(self, pattern: str) -> str:
        """Wait until the screen shows what matches, across lines; gives the match."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, screen := self.screen(), re.DOTALL)):
            assert time.monotonic() < deadline, f"no {pattern!r} on the screen:\n{screen}"
            time.sleep(0.05)
        return found[0]

    def kill(self) -> None:
        """End the command as a crash would, at once and without a word to it."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        (command,) = Path(f"/proc/{shell}/task/{shell}/children").read_text("ascii").split()
        os.kill(int(command), signal.SIGKILL)

    def wait_for_end(self) -> int:
        """The exit code of the command."""
        deadline = time.monotonic() + PATIENCE
        while not (self._ended.exists() and (code := self._ended.read_text().strip())):
            assert time.monotonic() < deadline, f"it does not end:\n{self.screen()}"
            time.sleep(0.05)
        return int(code)

    def _tmux(self, *command: str) -> str:
        run = subprocess.run(
            ["tmux", "-S", str(self._socket), *command], capture_output=True, text=True, check=True, timeout=PATIENCE
        )
        return run.stdout
