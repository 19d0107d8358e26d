"""``parley demo``."""

from __future__ import annotations

import asyncio
import os
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipeline.cli.largest import largest
from pipeline.cli.opening import loaded
from pipeline.cli.progress import degradations, shown_progress
from pipeline.devices.files.paths import find_audio, shown, unique_names
from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.runners.batch.batch import run_batch
from pipeline.runners.batch.claims import open_folder
from pipeline.runners.batch.results import FileResult, Summary, TurnResult

EPILOG = """Examples:

  parley demo

  parley demo --out /tmp/answers --graph assistant-plus
"""

WIDTH = 160
"""The width of the table in columns, where the output is no terminal."""


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the answers go.")] = Path("answers"),
    graph: Annotated[
        str | None,
        typer.Option(
            "--graph", "-g", help="A graph's name or file. By default the largest of the assistants that fits here."
        ),
    ] = None,
) -> None:
    """Answer the recordings that come with Parley, and show what came of them."""
    if graph is None:
        choice = largest()
        typer.echo(f"parley: {choice}", err=True)
        graph = choice.graph
    avatar = open_graph(graph)
    open_folder(out)  # fails before models are loaded, which takes minutes
    with resources.as_file(resources.files("audio_samples")) as folder:
        inputs = unique_names(find_audio([str(folder)]))

        async def run(_: Graph) -> Summary:
            with shown_progress(Console(stderr=True), len(inputs), silent=False, lines=False) as progress:
                return await run_batch(avatar, inputs, out, os.cpu_count() or 1, progress)

        summary = asyncio.run(loaded(avatar, run))
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    console.print(_table(summary, out))
    console.print(
        f"{summary.duration_s:.0f} s of sound answered in {summary.seconds:.1f} s. The answers lie in {shown(out)}: "
        "NAME.reply.wav to hear, NAME.json with mouth shapes and timings, summary.json.",
        highlight=False,
        soft_wrap=True,
    )
    for line in degradations(summary):
        typer.echo(f"parley: {line}", err=True)
    raise typer.Exit(1 if summary.failed or summary.degraded else 0)


def _table(summary: Summary, out: Path) -> Table:
    table = Table("file", "heard", "intent", "task", "said", "seconds", row_styles=["", "dim"])
    for file in summary.files:
        name = Path(file.source).name
        result = out / file.result if file.result else None
        turns = FileResult.model_validate_json(result.read_bytes()).turns if result else []
        if not turns:
            table.add_row(name, f"({file.error or file.status})", "", "", "", "")
        for turn in turns:
            table.add_row(name, *_cells(turn))
            name = ""
    return table


def _cells(turn: TurnResult) -> tuple[str, ...]:
    intent, task = turn.intent, turn.task
    slots = " ".join(f"{name}={value}" for name, value in intent.slots.items()) if intent else ""
    actions = ", ".join(action.kind for action in task.actions) if task else ""
    ended = max((times.ended or 0.0 for times in turn.timings.values()), default=0.0)
    return (
        turn.transcript,
        f"{intent.name} {slots}".strip() if intent else "",
        f"{task.status}{f': {actions}' if actions else ''}" if task else "",
        turn.error or turn.reply,
        f"{ended:.2f}",
    )
