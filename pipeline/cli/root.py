"""``parley``: the commands and their common parts."""

from __future__ import annotations

import logging
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from models.errors import ModelError
from pipeline.cli import batch, demo, graph, headset, models, replay, serve, talk, token
from pipeline.cli.logs import log_to
from pipeline.errors import GraphError, PipelineError

WRONG_USAGE, FAILED, INTERRUPTED = 2, 1, 130

app = typer.Typer(
    name="parley",
    help="A person speaks; an avatar understands, acts and answers, with voice and face.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("talk", epilog=talk.EPILOG)(talk.talk)
app.command("serve", epilog=serve.EPILOG)(serve.serve)
app.command("demo", epilog=demo.EPILOG)(demo.demo)
app.command("batch", epilog=batch.EPILOG)(batch.batch)
app.command("replay", epilog=replay.EPILOG)(replay.replay)
app.command("headset", epilog=headset.EPILOG)(headset.headset)
app.add_typer(graph.app, name="graph")
app.add_typer(models.app, name="models")
app.add_typer(token.app, name="token")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"parley {version('parley-avatar')}")
        raise typer.Exit


@app.callback()
def common(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell on stderr what goes on inside.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Set up logging for every command."""
    if not logging.getLogger().handlers:  # a program that runs commands within itself has its own
        log_to(sys.stderr, logging.INFO if verbose else logging.ERROR)


def main() -> None:
    """Run the command line; an expected error ends it with one clear line and an exit code."""
    try:
        app()
    except GraphError as error:
        _fail(error, WRONG_USAGE)
    except (PipelineError, ModelError) as error:
        _fail(error, FAILED)
    except KeyboardInterrupt:
        typer.echo("parley: interrupted; what was finished is kept", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of the output is gone; Python would fail once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)


def _fail(error: Exception, code: int) -> None:
    typer.echo(f"parley: {error}", err=True)
    sys.exit(code)
