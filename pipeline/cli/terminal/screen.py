"""Keeps the screen for the interface: output of libraries goes to a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_log_path

STDERR = 2


def log_path() -> Path:
    """The file that holds what was printed during the latest talk."""
    return user_log_path("parley", appauthor=False) / "talk.log"


@contextmanager
def kept_clean(log: Path) -> Iterator[None]:
    """Write everything that goes to stderr, from Python's logging or from C libraries, to `log`.

    A log that stays empty is removed. Textual draws on ``sys.__stderr__``, which remains the screen."""
    log.parent.mkdir(parents=True, exist_ok=True)
    into = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    screen = os.fdopen(os.dup(STDERR), "w", encoding="utf-8")
    before = sys.__stderr__
    sys.stderr.flush()
    os.dup2(into, STDERR)
    os.close(into)
    sys.__stderr__ = screen  # type: ignore[misc]  # final in typeshed; Textual draws there
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(screen.fileno(), STDERR)
        sys.__stderr__ = before  # type: ignore[misc]
        screen.close()
        if not log.stat().st_size:
            log.unlink()
