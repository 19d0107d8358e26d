"""The standard output of a command that goes on with its work when nobody can read it any more."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

from rich.console import Console


class Output(Console):
    """Prints to stdout until that fails, and nothing from then on."""

    def __init__(self) -> None:
        # What a recogniser or a model wrote may hold characters that the terminal's encoding has not.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        super().__init__()
        self.trouble = ""
        """Why it prints no more; empty while it does."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as any console, if that is possible."""
        if self.trouble:
            return
        try:
            super().print(*objects, **options)
        except OSError as error:
            self._end(error)

    def print_line(self, line: bytes) -> None:
        """Print a line without its end as it is, if that is possible."""
        if self.trouble:
            return
        try:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()
        except OSError as error:
            self._end(error)

    def on_broken_pipe(self) -> None:
        """Called while the error is handled; a console of Rich's own would end the program here."""
        raise  # noqa: PLE0704

    def _end(self, error: OSError) -> None:
        self.trouble = error.strerror or str(error)
        # What is left in the buffers must not fail again, and not when the program ends.
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
