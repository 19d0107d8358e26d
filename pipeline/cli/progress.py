"""Shows the progress of a batch: a bar and lines on a terminal, lines in a pipe, nothing for a machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline.devices.files.paths import shown
from pipeline.runners.batch.results import FileSummary, Summary, TurnResult

DEGRADATIONS = 5
"""The most kinds of failure that are listed."""


class Silent:
    """A batch's progress that is not shown."""

    def began(self, path: Path, expected: float | None) -> None:
        """Ignore that a recording begins."""

    def listened(self, path: Path, seconds: float) -> None:
        """Ignore how far a recording was heard."""

    def answered(self, path: Path, turn: TurnResult) -> None:
        """Ignore an answer."""

    def ended(self, path: Path, summary: FileSummary) -> None:
        """Ignore the end of a recording."""


class Lines(Silent):
    """Prints a line for each answer, and one for each recording without an answer."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def answered(self, path: Path, turn: TurnResult) -> None:
        intent = turn.intent.name if turn.intent else "-"
        said = turn.error or turn.reply
        style = "red" if turn.error else "green"
        self._print(
            f"[bold]{escape(shown(path.name))}[/] {clock(turn.start)}  {escape(turn.transcript)} "
            f"[dim]({escape(intent)})[/] -> [{style}]{escape(said)}[/]"
        )

    def ended(self, path: Path, summary: FileSummary) -> None:
        name = escape(shown(path.name))
        if summary.status == "failed":
            self._print(f"[bold]{name}[/] [red]failed:[/] {escape(summary.error or '')}")
        elif summary.status == "nothing heard":
            self._print(f"[bold]{name}[/] [yellow]nothing heard[/] in {summary.duration_s:.1f} s")
        for note in summary.notes:
            self._print(f"[bold]{name}[/] [yellow]note:[/] {escape(note)}")

    def _print(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, highlight=False)


class Bar(Silent):
    """Shows a bar with the time left, above which another progress may print."""

    def __init__(self, above: Silent, progress: Progress, files: int) -> None:
        self._above, self._progress = above, progress
        self._task = progress.add_task("recordings", total=files)
        self._expected: dict[Path, float] = {}
        self._done: dict[Path, float] = {}

    def began(self, path: Path, expected: float | None) -> None:
        if expected:
            self._expected[path] = expected

    def listened(self, path: Path, seconds: float) -> None:
        if path in self._expected:
            # The last piece is the answer to the last words, which is still to come.
            self._show(path, min(0.95, seconds / self._expected[path]))

    def answered(self, path: Path, turn: TurnResult) -> None:
        self._above.answered(path, turn)

    def ended(self, path: Path, summary: FileSummary) -> None:
        self._above.ended(path, summary)
        self._show(path, 1.0)

    def _show(self, path: Path, share: float) -> None:
        self._done[path] = share
        self._progress.update(self._task, completed=sum(self._done.values()))


@contextmanager
def shown_progress(console: Console, files: int, silent: bool, *, lines: bool = True) -> Iterator[Silent]:
    """The progress that fits the output; with `lines`, it prints each answer."""
    printed = Lines(console) if lines and not silent else Silent()
    if silent or not console.is_terminal:
        yield printed
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("[dim]left[/]"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(printed, progress, files)


def degradations(summary: Summary) -> Iterator[str]:
    """Give a line for each failure despite which a recording was answered, the most frequent first."""
    counts = Counter(notice for file in summary.files for notice in file.degraded)
    for notice, count in counts.most_common(DEGRADATIONS):
        yield f"in {count} recording{'s' if count > 1 else ''}: {shown(notice)}"
    if (rest := len(counts) - DEGRADATIONS) > 0:
        yield f"{rest} more kinds of failure; 'degraded' in the summary has them all"


def clock(seconds: float) -> str:
    """Minutes and seconds as text, such as 1:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
