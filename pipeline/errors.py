"""Errors of the pipeline side.

PipelineError               anything this package raises on purpose
├── GraphError              a config does not describe a runnable graph
├── EngineFailed            no engine of a stage could do a piece of work; the last cause is chained
├── StageFailed             a stage raised while serving a turn; the cause is chained
├── MediaError              a file cannot be read as sound, or sound cannot be written
└── JournalError            a session cannot be recorded, or what was recorded cannot be read
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path


class PipelineError(Exception):
    """Anything this package raises on purpose; its message names the place and the remedy."""


class GraphError(PipelineError):
    """A config does not describe a runnable graph."""


class EngineFailed(PipelineError):
    """No engine of a stage could do a piece of work."""

    def __init__(self, message: str, engine: str = "") -> None:
        """`engine` is the name of the last that was asked, where the work was a turn's."""
        super().__init__(message)
        self.engine = engine


class StageFailed(PipelineError):
    """A stage raised while serving a turn."""

    def __init__(self, stage: str, turn: str, cause: BaseException) -> None:
        super().__init__(f"{stage}: {cause} (turn {turn})")
        self.stage, self.turn = stage, turn


class MediaError(PipelineError):
    """A file cannot be read as sound, or sound cannot be written."""


class JournalError(PipelineError):
    """A session cannot be recorded, or what was recorded cannot be read."""


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it came from, and so on, as a traceback would tell it."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def traced(error: BaseException) -> str:
    """What an error was and where it rose, and likewise its causes, for logs: ``EngineFailed (host.py:131) from
    ValueError (openai.py:97)``.

    Their messages are left out: an engine's may quote what a user said."""
    return " from ".join(f"{type(each).__name__}{_place(each)}" for each in causes(error))


def _place(error: BaseException) -> str:
    """The line that raised it; nothing of an error that was never raised."""
    lines = list(traceback.walk_tb(error.__traceback__))
    if not lines:
        return ""
    frame, line = lines[-1]
    return f" ({Path(frame.f_code.co_filename).name}:{line})"
