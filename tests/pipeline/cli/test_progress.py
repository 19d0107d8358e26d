"""What a person sees while a batch runs."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.cli.progress import Bar, Lines, Silent, clock, shown_progress
from pipeline.runners.batch.results import FileSummary, TurnResult

PATH = Path("recordings/[odd] name.wav")
TURN = TurnResult(
    start=65.0,
    end=66.0,
    transcript="Stop [now].",
    language="en",
    intent=None,
    task=None,
    reply="Okay.",
    speech=None,
    visemes=[],
    timings={},
    error=None,
)


def summary(status: str, error: str | None = None, notes: tuple[str, ...] = ()) -> FileSummary:
    return FileSummary.model_validate(
        {
            "source": str(PATH),
            "result": None,
            "speech": None,
            "tracks": [],
            "status": status,
            "turns": 0,
            "duration_s": 3.0,
            "seconds": 0.1,
            "notes": notes,
            "error": error,
        }
    )


def watch(*, terminal: bool, silent: bool = False, lines: bool = True) -> tuple[type[Silent], str]:
    """Everything that can happen, shown; the kind of progress, and what it printed."""
    out = StringIO()
    console = Console(file=out, force_terminal=terminal, width=100)
    with shown_progress(console, 2, silent, lines=lines) as progress:
        progress.began(PATH, 10.0)
        progress.listened(PATH, 5.0)
        progress.answered(PATH, TURN)
        progress.ended(PATH, summary("failed", error="[odd] name.wav: is empty", notes=("cut off",)))
        progress.ended(Path("b.wav"), summary("nothing heard"))
        kind = type(progress)
    return kind, out.getvalue()


def test_a_pipe_gets_a_line_for_each_answer_and_each_failure() -> None:
    kind, printed = watch(terminal=False)
    assert kind is Lines
    assert printed.splitlines() == [
        "[odd] name.wav 1:05  Stop [now]. (-) -> Okay.",
        "[odd] name.wav failed: [odd] name.wav: is empty",
        "[odd] name.wav note: cut off",
        "b.wav nothing heard in 3.0 s",
    ]


def test_a_terminal_gets_a_bar_beneath_the_lines() -> None:
    kind, printed = watch(terminal=True)
    assert kind is Bar
    assert "recordings" in printed
    assert "Stop [now]." in printed


def test_the_bar_alone_where_a_table_follows() -> None:
    _, printed = watch(terminal=True, lines=False)
    assert "recordings" in printed
    assert "Stop" not in printed


@pytest.mark.parametrize("terminal", [True, False])
def test_a_machine_gets_nothing(terminal: bool) -> None:
    assert watch(terminal=terminal, silent=True) == (Silent, "")


def test_minutes_and_seconds() -> None:
    assert [clock(seconds) for seconds in (0.0, 65.4, 3600.0)] == ["0:00", "1:05", "60:00"]
