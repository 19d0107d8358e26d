"""Shows the progress of downloads: bars on a terminal, a few lines in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from models.store.fetching import Progress, Report

STEPS = 4
"""The lines about one download that are written to a pipe."""


@contextmanager
def bars(console: Console, *, silent: bool = False) -> Iterator[Report]:
    """Yield a `report` for the model store. Nothing is shown for models that are on this machine already."""
    if silent:
        yield lambda progress: None
    elif console.is_terminal:
        with _drawn(console) as report:
            yield report
    else:
        yield _lines(console)


@contextmanager
def _drawn(console: Console) -> Iterator[Report]:
    columns = (
        TextColumn("{task.fields[model]}", markup=False),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console) as drawn:
        tasks = {}

        def report(progress: Progress) -> None:
            if progress.model not in tasks:
                tasks[progress.model] = drawn.add_task(progress.doing, total=progress.size, model=progress.model)
            drawn.update(tasks[progress.model], completed=progress.done, description=progress.doing)

        yield report


def _lines(console: Console) -> Report:
    told: dict[str, tuple[str, int]] = {}

    def report(progress: Progress) -> None:
        step = (progress.doing, STEPS * progress.done // progress.size)
        if told.get(progress.model) != step:
            told[progress.model] = step
            say(console, f"{progress.model}: {progress.doing}, {progress.done:,} of {progress.size:,} bytes")

    return report


def say(console: Console, text: str) -> None:
    """Print text without interpreting markup in it, and without breaking lines."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)
