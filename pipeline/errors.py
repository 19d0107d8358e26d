"""Errors of the pipeline side.

PipelineError               anything this package raises on purpose
├── GraphError              a config does not describe a runnable graph
├── EngineFailed            no engine of a stage could do a piece of work; the last cause is chained
├── StageFailed             a stage raised while serving a turn; the cause is chained
├── MediaError              a file cannot be read as sound, or sound cannot be written
└── JournalError            a session cannot be recorded, or what was recorded cannot be read
"""

from __future__ import annotations


class PipelineError(Exception):
    """Anything this package raises on purpose; its message names the place and the remedy."""


class GraphError(PipelineError):
    """A config does not describe a runnable graph."""


class EngineFailed(PipelineError):
    """No engine of a stage could do a piece of work."""


class StageFailed(PipelineError):
    """A stage raised while serving a turn."""

    def __init__(self, stage: str, turn: str, cause: BaseException) -> None:
        super().__init__(f"{stage}: {cause} (turn {turn})")
        self.stage, self.turn = stage, turn


class MediaError(PipelineError):
    """A file cannot be read as sound, or sound cannot be written."""


class JournalError(PipelineError):
    """A session cannot be recorded, or what was recorded cannot be read."""
