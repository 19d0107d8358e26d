"""``parley batch``."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.opening import loaded
from pipeline.cli.output import Output
from pipeline.cli.progress import clock, degradations, shown_progress
from pipeline.devices.files.paths import find_audio, shown, unique_names
from pipeline.errors import MediaError
from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.runners.batch.batch import run_batch
from pipeline.runners.batch.claims import SUMMARY, open_folder
from pipeline.runners.batch.results import Summary, json_line

EPILOG = """Examples:

  parley batch question.wav --out answers

  parley batch recordings/ "more/*.mp3" --out answers --graph assistant-plus --jobs 2

  parley batch talk.m4a --out answers --set stages.asr.engine=faster-whisper --json
"""


def batch(  # noqa: PLR0913, PLR0917  typer reads an option from each parameter
    inputs: Annotated[list[str], typer.Argument(metavar="IN...", help="Sound files, folders, or wildcards.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the answers go.")],
    graph: Annotated[
        str, typer.Option("--graph", "-g", help="A graph's name (see: parley graph list) or file.")
    ] = "assistant",
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", "-j", min=1, max=64, help="Recordings at a time; with --user one.", show_default="one a core"
        ),
    ] = os.cpu_count() or 1,
    user: Annotated[
        str | None,
        typer.Option(
            help="The user whose world to act in, in order of recordings; by default each recording is a new guest."
        ),
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value of the graph.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")] = False,
) -> None:
    """Answer recordings: what was heard, meant, done and said, with voice and mouth shapes.

    For each recording, DIR gets NAME.json, the answers' sound in NAME.reply.wav with NAME.visemes.json and .csv,
    NAME.face.json, NAME.reply.srt and .vtt beside it, and NAME.srt and .vtt for the recording itself; summary.json
    tells of all. A recording whose answer would be written over any file but its own earlier answer fails, and the file
    is kept. Exit code 0: all were answered or hold no voice; 1: some failed, or a stage failed and the answer went on
    without it, or the output could not be written; 2: wrong usage.
    """
    try:
        paths = find_audio(inputs, outside=out)
    except MediaError as error:
        raise typer.BadParameter(str(error)) from error
    avatar = open_graph(graph, changes or ())
    open_folder(out)  # fails before models are loaded, which takes minutes
    if user and jobs > 1 and len(paths) > 1:
        _warn(f"one recording at a time, because what {shown(user)} does in one changes the answers to the next")
    output = Output()

    async def run(_: Graph) -> Summary:
        with shown_progress(output, len(paths), as_json) as progress:
            return await run_batch(avatar, unique_names(paths), out, jobs, progress, user)

    summary = asyncio.run(loaded(avatar, run, silent=as_json))
    if as_json:
        output.print_line(json_line(summary))
    else:
        output.print(_told(summary, out), highlight=False, soft_wrap=True)
    for line in degradations(summary):
        _warn(line)
    if output.trouble:
        _warn(
            f"the output could not be written ({output.trouble}), so it ends early; every recording was worked on, "
            f"and {shown(out / SUMMARY)} tells of all"
        )
    raise typer.Exit(1 if summary.failed or summary.degraded or output.trouble else 0)


def _warn(line: str) -> None:
    typer.echo(f"parley: {line}", err=True)


def _told(summary: Summary, out: Path) -> str:
    parts = [
        f"{summary.answered} answered{f' ({summary.degraded} degraded)' if summary.degraded else ''}",
        *([f"{summary.nothing_heard} with nothing heard"] if summary.nothing_heard else []),
        *([f"{summary.failed} failed"] if summary.failed else []),
    ]
    return (
        f"{', '.join(parts)}: {clock(summary.duration_s)} min of sound in {summary.seconds:.1f} s. "
        f"The answers lie in {shown(out)}"
    )
