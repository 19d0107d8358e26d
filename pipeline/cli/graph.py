"""``parley graph``: what avatars are made of; shown, checked and drawn without loading a model."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table

from pipeline.graph import inventory
from pipeline.graph.build import Built, build, open_spec
from pipeline.graph.drawing.mermaid import mermaid, picture
from pipeline.graph.drawing.svg import svg
from pipeline.graph.dump import dump, sections
from pipeline.graph.inventory import Offer
from pipeline.graph.load import load
from pipeline.graph.mistakes import Mistakes, WrongGraph, alternatives
from pipeline.graph.ports import type_names
from pipeline.graph.registry import Registry
from pipeline.graph.wiring import wire

app = typer.Typer(no_args_is_help=True)

WIDE = 160
"""The width of tables in columns, where the output is no terminal."""
WRITERS = {".svg": svg, ".mmd": mermaid}

Name = Annotated[str, typer.Argument(metavar="GRAPH", help="A graph's name (see: parley graph list) or file.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value; null removes it.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

LIST = """Examples:

  parley graph list

  parley graph list --engines
"""
SHOW = """Examples:

  parley graph show assistant-plus

  parley graph show my.yaml --set stages.asr.engine=faster-whisper --json
"""
CHECK = """Examples:

  parley graph check my.yaml

  parley graph check assistant --set stages.asr.engine=faster-whisper
"""
DRAW = """Examples:

  parley graph draw assistant

  parley graph draw my.yaml -o my.svg
"""


@app.callback()
def graph() -> None:
    """Graphs: one file says how an avatar hears, thinks, speaks and moves."""


@app.command("list", epilog=LIST)
def list_graphs(
    engines: Annotated[bool, typer.Option("--engines", help="Show every engine with its package.")] = False,
    as_json: Json = False,
) -> None:
    """Show the graphs that there are, and the stages and engines to build others from."""
    registry = Registry()
    registry.require_stages()
    graphs, kinds, offers = inventory.graphs(), inventory.stages(registry), inventory.engines(registry)
    if as_json:
        found = {"graphs": graphs, "stages": [_row(offer) for offer in kinds], "engines": [_row(e) for e in offers]}
        typer.echo(json.dumps(found, indent=2))
        return
    console = _console()
    if engines:
        console.print(_engines(offers))
        return
    avatars = Table("graph", "", title="Graphs", title_justify="left", box=None)
    for name, description in graphs.items():
        avatars.add_row(name, description)
    console.print(Group(avatars, "", _stages(kinds, offers)))
    if any(offer.problem for offer in (*kinds, *offers)):
        console.print("\n(in brackets: not usable here; parley graph list --engines says why)")


@app.command(epilog=SHOW)
def show(name: Name, changes: Changes = None, as_json: Json = False) -> None:
    """Show a graph as it is after overlays and defaults; what comes from the environment stays hidden."""
    mistakes = Mistakes()
    document = load(name, mistakes, overrides=changes or ())
    mistakes.raise_any()
    if document is not None:
        if as_json:
            typer.echo(json.dumps(sections(document.name, document.root), indent=2, ensure_ascii=False))
        else:
            typer.echo(dump(document.name, document.root), nl=False)


@app.command(epilog=CHECK)
def check(
    names: Annotated[list[str], typer.Argument(metavar="GRAPH...", help="Names or files of graphs.")],
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Find every mistake in graphs without loading a model.

    Exit code 0: all can be run; 1: there are mistakes. Models that would have to be fetched are noted, and no mistake.
    """
    registry = Registry()
    registry.require_stages()
    reports = [_checked(name, changes or [], registry) for name in names]
    if as_json:
        typer.echo(json.dumps(reports, indent=2, ensure_ascii=False))
    for report in () if as_json else reports:
        for mistake in report["mistakes"]:
            typer.echo(mistake["text"])
        if report["ok"]:
            parts = f"{report['stages']} stages, {report['engines']} engines"
            typer.echo(f"{report['graph']}: ok ({parts}; checked in {report['seconds'] * 1000:.0f} ms)")
        else:
            count = len(report["mistakes"])
            typer.echo(f"{report['graph']}: {count} mistake{'s' * (count > 1)}")
        for note in report["notes"]:
            typer.echo(f"  note: {note}")
    raise typer.Exit(0 if all(report["ok"] for report in reports) else 1)


@app.command(epilog=DRAW)
def draw(
    name: Name,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="A picture (.svg) or Mermaid text (.mmd).")
    ] = None,
    changes: Changes = None,
) -> None:
    """Draw a graph: Mermaid text on stdout, or a picture in a file."""
    if out is not None and out.suffix not in WRITERS:
        raise typer.BadParameter(f"found {out.name!r}, expected a name that ends in {alternatives(WRITERS)}")
    registry = Registry()
    registry.require_stages()
    spec = open_spec(name, changes or ())
    wiring = wire(spec, registry)
    spec.mistakes.raise_any()
    drawn = WRITERS[out.suffix if out else ".mmd"](picture(spec, wiring))
    if out is None:
        typer.echo(drawn, nl=False)
        return
    try:
        out.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{out} cannot be written: {error.strerror}") from error
    typer.echo(f"{name} is drawn in {out}", err=True)


def _checked(name: str, changes: list[str], registry: Registry) -> dict[str, Any]:
    """The report about one graph."""
    report: dict[str, Any] = {"graph": name, "ok": True, "mistakes": [], "notes": []}
    begun = time.perf_counter()
    try:
        built: Built = build(open_spec(name, changes), registry)
    except WrongGraph as error:
        report["ok"] = False
        report["mistakes"] = [
            {"file": m.mark.file, "line": m.mark.line, "path": list(m.path), "message": m.message, "text": str(m)}
            for m in error.mistakes
        ]
    else:
        report |= {"stages": len(built.graph.nodes), "engines": len(built.engines)}
        report["notes"] = inventory.missing_weights(built.engines)
    report["seconds"] = round(time.perf_counter() - begun, 4)
    return report


def _console() -> Console:
    console = Console(markup=False, highlight=False)  # no markup: errors may say pip install 'x[extra]'
    if not console.is_terminal:
        console.width = WIDE
    return console


def _row(offer: Offer) -> dict[str, Any]:
    row: dict[str, Any] = {"step": offer.step, "name": offer.name, "from": offer.origin, "problem": offer.problem}
    if offer.ports is not None:
        row |= {"takes": type_names(offer.ports.accepts), "gives": type_names(offer.ports.emits)}
    return row | ({"languages": list(offer.languages)} if offer.languages else {})


def _stages(kinds: list[Offer], offers: list[Offer]) -> Table:
    table = Table("stage", "takes", "gives", "engines", title="Stages", title_justify="left", box=None, padding=(0, 1))
    table.add_row("turns", "sound", "utterances", _names("vad", offers))
    for kind in kinds:
        takes, gives = (type_names(kind.ports.accepts), type_names(kind.ports.emits)) if kind.ports else ("", "")
        step = (kind.ports.engines if kind.ports else kind.step) or ""
        table.add_row(_named(kind), takes, gives, _names(step, offers))
    return table


def _names(step: str, offers: list[Offer]) -> str:
    return ", ".join(_named(offer) for offer in offers if offer.step == step)


def _named(offer: Offer) -> str:
    return f"({offer.name})" if offer.problem else offer.name


def _engines(offers: list[Offer]) -> Group:
    """A table of engines, and the reasons why some cannot be used."""
    table = Table("step", "engine", "languages", "from", "usable here", box=None, padding=(0, 1))
    for offer in offers:
        table.add_row(offer.step, offer.name, " ".join(offer.languages), offer.origin, "no" if offer.problem else "yes")
    problems = [Padding(f"{offer.step}: {offer.problem}", (0, 1)) for offer in offers if offer.problem]
    return Group(table, "", *problems)
