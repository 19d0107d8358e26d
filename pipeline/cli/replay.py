"""``parley replay``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from models.errors import ModelError
from pipeline.cli.opening import loaded
from pipeline.devices.files.atomic import replacing
from pipeline.devices.files.paths import shown
from pipeline.errors import PipelineError
from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.runners.replay.page.scene import UNFINISHED, clock
from pipeline.runners.replay.replay import Replay, Replayed, ReplayedTurn, standing_in
from pipeline.runners.replay.report import as_data, as_page, passed_over, summary, upgrades
from pipeline.runtime.journal import Recorded, read_header, read_journal
from pipeline.runtime.journal.header import GRAPH
from pipeline.runtime.record import Fate

EPILOG = """Examples:

  parley replay talks/monday

  parley replay talks/monday --diff --html monday.html

  parley replay talks/monday --swap asr=faster-whisper --json

  parley replay talks/monday --swap tts.volume=2 --swap response.persona=coach
"""
WRONG = 2
"""The exit code where nothing could be compared."""


def replay(  # noqa: PLR0913, PLR0917  typer reads an option from each parameter
    journal: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that parley talk --record wrote.")],
    swaps: Annotated[
        list[str] | None,
        typer.Option("--swap", metavar="STAGE=ENGINE", help="Change a stage (or STAGE.PATH=VALUE), and start from it."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="STAGE", help="Take what was recorded before this stage.")
    ] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Show the first edge of each turn that differs.")] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Draw the session as a page.")] = None,
    draw_only: Annotated[
        bool, typer.Option("--draw-only", help="With --html: run nothing, so that no model is needed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Run a recorded session again, without its pauses, and compare all that its stages gave.

    Stages that act are not run: their recorded packets stand in for them. Exit code 0: everything is equal, bit by bit;
    1: something differs; 2: it could not be run.
    """
    if draw_only and html is None:
        raise typer.BadParameter("without --html FILE, --draw-only has nothing to draw")
    try:
        changes = [_change(swap) for swap in swaps or []]
        origins = {stage for stage, _ in changes} | ({start} if start else set())
        read_header(journal)  # read before the graph, so that a folder without a journal is named as the mistake
        standing_in(open_graph(journal / GRAPH), origins)  # before the changes, for their message
        graph = open_graph(journal / GRAPH, [change for _, change in changes])
        recorded = read_journal(journal, {kind for node in graph.nodes for kind in node.emits})
        with _drawing(html) as draw:
            if draw_only:
                draw(recorded, graph, None, "")
                return
            again = Replay(graph, recorded, origins)
            teller = _Teller(Console(quiet=as_json), diff=diff)
            replayed = asyncio.run(loaded(again.graph, lambda _: again.run(teller.tell), silent=as_json))
            draw(recorded, graph, replayed, summary(replayed, again.standing_in))
    except (PipelineError, ModelError) as error:
        typer.echo(f"parley: {error}", err=True)
        raise typer.Exit(WRONG) from error
    if as_json:
        typer.echo(json.dumps(as_data(replayed, again.standing_in), indent=2, ensure_ascii=False))
    else:
        teller.conclude(replayed, again.standing_in)
    raise typer.Exit(1 if replayed.differing else 0)


def _change(swap: str) -> tuple[str, str]:
    """The stage that a swap names, and the swap as a change of the graph. Raises BadParameter."""
    path, equals, value = swap.partition("=")
    keys = [key.strip() for key in path.strip().removeprefix("stages.").split(".")]
    if not equals or not all(keys):
        raise typer.BadParameter(f"found {swap!r}, expected STAGE=ENGINE or STAGE.PATH=VALUE", param_hint="--swap")
    whole = keys if len(keys) > 1 else [*keys, "engine"]
    return keys[0], f"stages.{'.'.join(whole)}={value}"


@contextmanager
def _drawing(file: Path | None) -> Iterator[Callable[[Recorded, Graph, Replayed | None, str], None]]:
    """Yield a function that writes the page, if one is wanted. Raises MediaError at once if it cannot be written."""
    if file is None:
        yield lambda *_: None
        return
    with replacing(file) as draft:
        yield lambda *told: draft.write(as_page(*told).encode())
    typer.echo(f"the session is drawn in {shown(file)}", err=True)


class _Teller:
    """Print a line for each turn, and the result."""

    def __init__(self, console: Console, *, diff: bool) -> None:
        self._console, self._diff = console, diff

    def tell(self, turn: ReplayedTurn) -> None:
        """Print whether a turn differs, and how."""
        number = turn.recorded.turn.id.rpartition("/")[2]
        words = turn.record.transcript.text if turn.record.transcript else turn.recorded.turn.prompt
        outcome = "[green]equal[/]"
        if turn.differences:
            outcome = f"[red]differs[/] from {escape(turn.differences[0].node)} on"
        then = turn.recorded.record
        fate = "" if then and then.fate is Fate.ANSWERED else f" [dim]({then.fate if then else UNFINISHED})[/]"
        head = f"[bold]{escape(number):>3}[/] {clock(turn.recorded.began)}"
        self._print(f"{head}  {outcome}  [dim]{turn.compared} packets[/]  {escape(words)}{fate}")
        if self._diff and turn.differences:
            first = turn.differences[0]
            self._print(f"    {escape(first.node)}, packet {first.index + 1}")
            for change in first.changes:
                self._print(f"      {escape(change.place)}")
                self._print(f"        [red]recorded[/]  {escape(change.recorded)}")
                self._print(f"        [green]replayed[/]  {escape(change.replayed)}")

    def conclude(self, replayed: Replayed, standing_in: frozenset[str]) -> None:
        """Print the result, and what may explain differences."""
        recorded = replayed.recorded
        if passed := passed_over(replayed):
            self._print(f"[dim]not run again, because no stage gave anything: {escape(', '.join(passed))}[/]")
        if recorded.stopped:
            self._print(f"[yellow]the journal ends early:[/] {escape(recorded.stopped)}")
        if replayed.differing:
            for name, then, here in upgrades(recorded.header):
                self._print(f"[yellow]since then:[/] {escape(name)} {escape(then)} -> {escape(here)}")
        self._print(escape(summary(replayed, standing_in)))

    def _print(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, highlight=False)
