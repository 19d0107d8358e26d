"""Standard output for commands that continue their work when their output can no longer be written."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

from rich.console import Console


class Output(Console):
    """A console that prints to stdout until that fails, and nothing from then on."""

    def __init__(self) -> None:
        # The words of a recogniser or a model may hold characters that the terminal's encoding lacks.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        super().__init__()
        self.trouble = ""
        """The reason why it no longer prints; empty while it prints."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print like any console, if that is possible."""
        if self.trouble:
            return
        try:
            super().print(*objects, **options)
        except OSError as error:
            self._end(error)

    def print_line(self, line: bytes) -> None:
        """Print the bytes of a line, and its end, if that is possible."""
        if self.trouble:
            return
        try:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()
        except OSError as error:
            self._end(error)

    def on_broken_pipe(self) -> None:
        """Raise the error that is handled now; Rich's own console would end the program here."""
        raise  # noqa: PLE0704

    def _end(self, error: OSError) -> None:
        self.trouble = error.strerror or str(error)
        # The rest of the buffers must not fail again when the program ends.
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
