"""The command ``parley serve``."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.logs import log_to
from pipeline.cli.opening import loaded
from pipeline.graph.build import build, open_spec
from pipeline.graph.graph import Graph
from pipeline.graph.registry import Registry

if TYPE_CHECKING:
    from pipeline.runners.serve.admission import Limits
    from pipeline.runners.serve.hosting import Hosting
    from pipeline.runners.serve.observers import Journals
    from pipeline.runners.serve.settings import Settings
    from pipeline.runners.serve.tracing import Tracing

log = logging.getLogger(__name__)

EPILOG = """Examples:

  parley serve --open

  parley serve --graph assistant-plus --hands-free --record sessions

  adb reverse tcp:8088 tcp:8088      (a headset on a cable then finds http://localhost:8088/ in its browser)

  parley token create --user ada     (once for each user, before others get there)

  parley serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
"""


def serve(  # noqa: PLR0913, PLR0917  typer reads an option from each parameter
    graph: Annotated[
        str, typer.Option("--graph", "-g", help="A graph's name (see: parley graph list) or file.")
    ] = "assistant",
    host: Annotated[str, typer.Option(help="Where to listen; 0.0.0.0 for other machines too.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8088,
    user: Annotated[
        str,
        typer.Option(help="The user for clients that name none.", show_default="a new guest for each"),
    ] = "",
    hands_free: Annotated[
        bool, typer.Option("--hands-free", help="Users just speak, unless their client has a key to talk.")
    ] = False,
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Certificate (PEM): HTTPS, which microphones elsewhere need. May be renewed meanwhile."
        ),
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key (PEM).")] = None,
    require_token: Annotated[
        bool, typer.Option("--require-token", help="Want tokens on this machine too; elsewhere they always are.")
    ] = False,
    origins: Annotated[
        list[str] | None, typer.Option("--origin", metavar="URL", help="A site whose pages may use this server too.")
    ] = None,
    sessions: Annotated[int, typer.Option(min=1, max=10_000, help="Open at the same time, at most.")] = 200,
    sessions_per_user: Annotated[
        int, typer.Option(min=1, help="Sessions of one user at the same time; each guest is a new user.")
    ] = 8,
    wyoming: Annotated[
        str | None, typer.Option(metavar="[HOST:]PORT", help="Serve Home Assistant (the Wyoming protocol) there.")
    ] = None,
    wyoming_open: Annotated[
        bool, typer.Option("--wyoming-open", help="Let anyone who gets there use Wyoming: it knows no tokens.")
    ] = False,
    record: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Record each session below DIR, for parley replay.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value of the graph.")
    ] = None,
    browse: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="Log to stderr, a JSON object a line.")] = False,
) -> None:
    """Serve an avatar to browsers, headsets and other programs: a page, WebSockets, WebRTC.

    Listens on this machine alone unless told otherwise. Ctrl-C ends it. Exit code 0: it was ended; 1: it could not be
    run; 2: wrong usage.
    """
    from pipeline.runners.serve.admission import Limits
    from pipeline.runners.serve.observers import Journals
    from pipeline.runners.serve.settings import Address, Settings, WrongSetting, read_wyoming

    try:
        settings = Settings(
            address=Address(host, port),
            certificate=tls_cert,
            key=tls_key,
            require_token=require_token,
            origins=tuple(origins or ()),
            user=user,
            wyoming=read_wyoming(wyoming) if wyoming else None,
            wyoming_open=wyoming_open,
        )
    except WrongSetting as error:
        raise typer.BadParameter(str(error)) from error
    overrides = [*(changes or ()), *(["turns.policy=hands-free"] if hands_free else ())]
    built = build(open_spec(graph, overrides), Registry())
    limits = Limits(sessions=sessions, sessions_per_user=sessions_per_user)
    journals = Journals(record, built) if record else None
    level = logging.INFO if json_logs else logging.WARNING
    log_to(sys.stderr, min(level, logging.getLogger().level), as_json=json_logs)
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        runner.run(_serve(built.graph, settings, limits, journals, partial(_greet, settings, browse), silent=json_logs))


async def _serve(
    graph: Graph,
    settings: Settings,
    limits: Limits,
    journals: Journals | None,
    greet: Callable[[Hosting], None],
    *,
    silent: bool,
) -> None:
    """Listen first, so that a port that is taken is reported at once; then load the graph, and serve until told to
    end."""
    from pipeline.runners.serve.hosting import hosting

    async with hosting(graph, settings, limits, journals=journals, tracing=_tracing()) as host:

        async def work(_: Graph) -> None:
            with _ending(host.hurry) as told_to_end:
                async with host.open():
                    greet(host)
                    await told_to_end.wait()
                    if count := host.sessions.count:
                        log.warning("open sessions: %d; they finish what is being said; Ctrl-C again ends them", count)

        await loaded(graph, work, silent=silent)


def _greet(settings: Settings, browse: bool, host: Hosting) -> None:
    for hint in settings.hints(host.url):
        log.warning(hint)
    typer.echo(f"parley: {host.url} serves {host.sessions.graph.name}; Ctrl-C ends it")
    if host.wyoming_port:
        typer.echo(f"parley: Wyoming is served on port {host.wyoming_port}")
    sys.stdout.flush()
    if browse:
        Thread(target=webbrowser.open, args=(host.url,), daemon=True).start()  # some browsers do not return at once


def _tracing() -> Tracing | None:
    """Return the tracing that the environment asks for. Where it cannot be used, the server runs without traces."""
    from pipeline.runners.serve.tracing import TracingUnusable, open_tracing

    try:
        return open_tracing(os.environ)
    except TracingUnusable as error:
        log.warning("no traces are sent: %s", error)
        return None


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's event loop where it is installed; Windows has none."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


@contextmanager
def _ending(hurry: Callable[[], None]) -> Iterator[asyncio.Event]:
    """Give an event that is set when the process is told to end. Told a second time, it calls `hurry`."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        if told.is_set():
            hurry()
        told.set()

    with ExitStack() as stack:
        with suppress(NotImplementedError):  # on Windows, Ctrl-C cancels the tasks that wait
            for each in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(each, end)
                stack.callback(loop.remove_signal_handler, each)
        yield told
