"""``parley talk``."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.context import User, known_as
from pipeline.cli.lines import talk_in_lines
from pipeline.cli.opening import loaded
from pipeline.cli.terminal.hotkey import hotkey, require_key
from pipeline.devices.card import portaudio
from pipeline.devices.card.player import Player
from pipeline.devices.files.paths import shown
from pipeline.errors import MediaError, PipelineError
from pipeline.graph.build import Built, build, open_spec
from pipeline.graph.graph import Graph
from pipeline.graph.registry import Registry
from pipeline.graph.turns import Policy
from pipeline.runners.recording import open_journal
from pipeline.runners.talk.talk import NAME, PLAYED, Devices, talk_at_card
from pipeline.runtime.journal import require_new
from pipeline.runtime.session import Session
from pipeline.runtime.turn_taking.conversation import Conversation
from pipeline.runtime.turn_taking.floor import Floor

if TYPE_CHECKING:
    from pipeline.devices.face.osc import Display

EPILOG = """Examples:

  parley talk

  parley talk --hands-free --user ada --record monday

  parley talk --list-devices

  parley talk --osc vmc --osc vrchat:192.168.1.20

  echo "How much is a lantern?" | parley talk --text
"""


def talk(  # noqa: PLR0913, PLR0917  typer reads an option from each parameter
    graph: Annotated[
        str, typer.Option("--graph", "-g", help="A graph's name (see: parley graph list) or file.")
    ] = "assistant",
    hands_free: Annotated[
        bool, typer.Option("--hands-free", help="Just speak: your voice begins and ends your turns.")
    ] = False,
    input_device: Annotated[
        str | None, typer.Option("--input", metavar="DEV", help="Microphone: an index, or a part of its name.")
    ] = None,
    output_device: Annotated[
        str | None, typer.Option("--output", metavar="DEV", help="Loudspeaker: an index, or a part of its name.")
    ] = None,
    list_devices: Annotated[bool, typer.Option("--list-devices", help="Show the sound devices, and end.")] = False,
    suppress_noise: Annotated[
        bool, typer.Option("--suppress-noise", help="Remove noise from the microphone's sound.")
    ] = False,
    text: Annotated[bool, typer.Option("--text", help="Type lines and read answers: no sound, no screen.")] = False,
    record: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Record everything, for parley replay DIR.")
    ] = None,
    user: Annotated[
        str,
        typer.Option(
            help="The user whose world to act in and whose words to remember.",
            show_default="a guest, who is not remembered",
        ),
    ] = "",
    ptt_key: Annotated[
        str | None,
        typer.Option("--ptt-key", metavar="KEY", help="Hold this key (f8, ctrl_r...) to talk, whatever has the focus."),
    ] = None,
    osc: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND[:HOST[:PORT]]",
            help="Show the face elsewhere: vmc (VSeeFace, Warudo; vmc0 for VRM 0.x) or vrchat. May be repeated.",
        ),
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value of the graph.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --list-devices: print JSON.")] = False,
) -> None:
    """Talk with an avatar: hold space and speak, or type.

    Exit code 0: the conversation ended; 1: it could not be held, or with --text some turn failed; 2: wrong usage.
    """
    if list_devices:
        _list_devices(as_json)
        return
    built = build(open_spec(graph, changes or ()), Registry())
    if record:
        require_new(record)
    if text:
        if osc:
            raise typer.BadParameter("with --text nothing sounds that a face could follow", param_hint="--osc")
        raise typer.Exit(asyncio.run(_held(built, known_as(user), record, talk_in_lines)))
    devices = Devices(input_device, output_device, suppress_noise)
    policy: Policy | None = "hands-free" if hands_free else None

    # Misspelt options fail first, then what this machine lacks; only then are models loaded, which takes seconds.
    with _displays(osc or ()) as displays:
        if ptt_key:
            require_key(ptt_key)
        _require_terminal()
        _require_sound(devices)

        async def on_screen(session: Session) -> int:
            await _on_screen(session, policy, devices, ptt_key, displays)
            return 0

        asyncio.run(_held(built, known_as(user), record, on_screen))


async def _held(built: Built, user: User, record: Path | None, hold: Callable[[Session], Awaitable[int]]) -> int:
    """Hold a session with the loaded graph, and record it if that was asked for."""

    async def work(_: Graph) -> int:
        with ExitStack() as stack:
            journal = stack.enter_context(open_journal(record, built, user)) if record else None
            code = await hold(Session(built.graph, NAME, user, [journal] if journal else []))
            if journal and journal.trouble:
                typer.echo(f"parley: the rest was not recorded: {journal.trouble}", err=True)
            return code

    return await loaded(built.graph, work)


def _displays(wanted: Sequence[str]) -> AbstractContextManager[Sequence[Display]]:
    """The displays that show the face. Raises PipelineError when the context is entered."""
    if not wanted:
        return nullcontext(())
    from pipeline.runners.talk.avatar_display import open_displays

    return open_displays(wanted)


async def _on_screen(
    session: Session, policy: Policy | None, devices: Devices, ptt_key: str | None, displays: Sequence[Display]
) -> None:
    from pipeline.cli.terminal.screen import kept_clean, log_path
    from pipeline.cli.terminal.talk_app import TalkApp

    player = Player(PLAYED)
    conversation = Conversation(session, Floor(session.graph, policy), player)
    app = TalkApp(conversation, lambda: talk_at_card(conversation, player, devices, app.show_notice))
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        if displays:
            from pipeline.runners.talk.avatar_display import display_avatar

            await stack.enter_async_context(display_avatar(session, player.position, displays))
        if ptt_key:
            stack.enter_context(hotkey(ptt_key, lambda down: loop.call_soon_threadsafe(app.hold, down)))
        stack.enter_context(kept_clean(log_path()))
        with suppress(NotImplementedError):  # on Windows
            loop.add_signal_handler(signal.SIGTERM, app.exit)
        await app.talk()
    if log_path().exists():
        typer.echo(f"parley: what was printed meanwhile is in {shown(log_path())}", err=True)


def _require_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise PipelineError("talk draws on a terminal, and this is none; in a pipe: parley talk --text")


def _require_sound(devices: Devices) -> None:
    """Find both devices before models are loaded, which takes seconds."""

    def find() -> None:
        portaudio.find(devices.input, "input")
        portaudio.find(devices.output, "output")

    try:
        asyncio.run(portaudio.on_its_thread(find))
    except MediaError as error:
        raise MediaError(f"{error}; without sound: parley talk --text") from error


def _list_devices(as_json: bool) -> None:
    found = asyncio.run(portaudio.on_its_thread(portaudio.devices))
    if as_json:
        rows = [{**asdict(device), "default": sorted(device.default)} for device in found]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    table = Table("", "device", "system", "in", "out", "Hz", "used by default as", box=None)
    for device in found:
        used = ", ".join(portaudio.NAMES[direction] for direction in sorted(device.default))
        channels = (str(count or "") for count in (device.inputs, device.outputs))
        table.add_row(
            str(device.index), escape(device.name), escape(device.system), *channels, f"{device.sample_rate:.0f}", used
        )
    console = Console()
    console.print(table if found else "no sound devices; parley talk --text needs none")
