"""``parley models``: lists, fetches, checks and removes the models that Parley knows by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from models.errors import ModelError
from models.store.remedies import megabytes
from models.store.store import Store
from pipeline.cli.bars import bars, say

app = typer.Typer(no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Row = dict[str, Any]

WIDE = 160
"""The width of the table of all models, in columns."""

LIST = """Examples:

  parley models list

  parley models list --json
"""
PULL = """Examples:

  parley models pull moonshine-tiny-en smollm2-135m-instruct

  parley models pull --graph assistant-plus

  PARLEY_MODELS=/mnt/models parley models pull --all
"""
CHECK = """Examples:

  parley models check

  parley models check moonshine-tiny-en --json
"""
REMOVE = """Examples:

  parley models remove whisper-base
"""


@app.callback()
def models() -> None:
    """The models that Parley knows by name: weights, voices, and recordings for tests.

    They are kept in the folder that PARLEY_MODELS names, or in your cache folder.
    """


@app.command("list", epilog=LIST)
def list_models(as_json: Json = False) -> None:
    """Show every model, and whether it is on this machine."""
    store = Store()
    rows = [_row(store, name) for name in store.catalog.entries]
    if as_json:
        typer.echo(json.dumps({"cache": str(store.root), "models": rows}, indent=2))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    console.print(_table(rows) if console.width >= WIDE else _lines(rows))
    say(console, f"\nThe cache is {store.root}")


@app.command(epilog=PULL)
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Models, or hub ids such as hub:ORG/REPO#FILE.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Fetch the whole catalogue.")] = False,
    graph: Annotated[str | None, typer.Option("--graph", "-g", help="Fetch what this graph loads.")] = None,
    as_json: Json = False,
) -> None:
    """Fetch models that are not on this machine yet."""
    if sum((bool(names), every, graph is not None)) != 1:
        raise typer.BadParameter("name the models to fetch, or say --all, or --graph with a graph", param_hint="NAME")
    store = Store()
    if every:
        names = list(store.catalog.entries)
    elif graph is not None:
        names = _weights(graph)
    with bars(Console(stderr=True), silent=as_json) as report:
        _each(_known(store, names), as_json, lambda name: {"path": str(store.locate(name, report))})


@app.command(epilog=CHECK)
def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Models; without any, all that are here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read every file of the models on this machine, and compare it with its checksum."""
    store = Store()
    wanted = _known(store, names) or [name for name in store.catalog.entries if store.state(name).where != "absent"]

    def examine(name: str) -> Row:
        findings = store.check(name, report)
        if problems := [finding.problem for finding in findings if finding.problem]:
            raise ModelError("\n".join(problems))
        return {"files": len(findings), "path": str(store.state(name).path)}

    with bars(Console(stderr=True), silent=as_json) as report:
        _each(wanted, as_json, examine)


@app.command(epilog=REMOVE)
def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models.")], as_json: Json = False
) -> None:
    """Delete models from the cache. What an installed package carries is left alone."""
    store = Store()
    _each(
        _known(store, names), as_json, lambda name: {"freed": store.remove(name), "state": _row(store, name)["state"]}
    )


def _each(names: Sequence[str], as_json: bool, work: Callable[[str], Row]) -> None:
    """Do `work` on each model, print its result, and exit: 0 if all succeeded, 1 if some failed."""
    results: list[Row] = []
    for name in names:
        try:
            results.append({"model": name, "error": None, **work(name)})
        except ModelError as error:
            results.append({"model": name, "error": str(error)})
        if not as_json:
            _tell(results[-1])
    if as_json:
        typer.echo(json.dumps(results, indent=2))
    if any(result["error"] for result in results):
        raise typer.Exit(1)


def _shown(row: Row) -> tuple[str, ...]:
    """A model's facts for people: step, languages, size, licence, state."""
    languages = " ".join(row["languages"]).replace("*", "many")
    return row["step"], languages, megabytes(row["size"]), row["licence"], row["state"]


def _table(rows: Sequence[Row]) -> Table:
    table = Table("name", "step", "languages", "size", "licence", "state", "purpose", box=None, pad_edge=False)
    table.columns[3].justify = "right"
    for row in rows:
        table.add_row(row["name"], *_shown(row), row["purpose"])
    return table


def _lines(rows: Sequence[Row]) -> Group:
    """Two lines for each model, for narrow terminals."""
    return Group(
        *(
            Text.assemble((row["name"], "bold"), "  ", " · ".join(_shown(row)), f"\n    {row['purpose']}")
            for row in rows
        )
    )


def _tell(result: Row) -> None:
    if result["error"]:
        say(Console(stderr=True), result["error"])
    elif "freed" in result:
        say(Console(), f"{result['model']}: {megabytes(result['freed'])} freed, now {result['state']}")
    elif "files" in result:
        say(Console(), f"{result['model']}: right, {result['files']} file(s) in {result['path']}")
    else:
        say(Console(), f"{result['model']}: {result['path']}")


def _row(store: Store, name: str) -> Row:
    entry, state = store.entry(name), store.state(name)
    words = {
        "cache": "here",
        "package": f"in {entry.files[0].sources[0][0].name}",
        "partial": "incomplete",
        "absent": "not fetched",
    }
    return {
        "name": name,
        "step": entry.step,
        "languages": list(entry.languages),
        "size": entry.size,
        "licence": entry.licence,
        "state": words[state.where],
        "path": str(state.path) if state.path else None,
        "purpose": entry.purpose,
    }


def _known(store: Store, names: Sequence[str] | None) -> list[str]:
    """The names, each once. Raises BadParameter for an unknown one."""
    for name in names or ():
        if not name.startswith("hub:"):
            try:
                store.entry(name)
            except ModelError as error:
                raise typer.BadParameter(str(error), param_hint="NAME") from error
    return list(dict.fromkeys(names or ()))


def _weights(graph: str) -> list[str]:
    """The models of a graph that can be fetched: local paths cannot."""
    from pipeline.graph.build import open_graph  # other commands do not need it

    store = Store()
    return [name for name in open_graph(graph).weights() if name in store.catalog.entries or name.startswith("hub:")]
