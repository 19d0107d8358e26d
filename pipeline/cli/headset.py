"""``parley headset``."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from pipeline.devices.files.paths import find_audio, unique_names
from pipeline.errors import MediaError, PipelineError

if TYPE_CHECKING:
    from pipeline.runners.headset.exchange import MeasuredExchange
    from pipeline.runners.headset.fleet import Said

EPILOG = """Examples:

  parley headset --wav question.wav

  parley headset --wav recordings/ --loss 3% --jitter 40ms --opus --out heard

  parley headset --wav question.wav --sessions 20 --json
"""
MOST = 2000
"""The most sessions; a process has no sockets for more."""


def headset(  # noqa: PLR0913, PLR0917  typer reads an option from each parameter
    wavs: Annotated[list[str], typer.Option("--wav", metavar="IN", help="What is said: files, folders, wildcards.")],
    url: Annotated[
        str, typer.Option(help="Of the server; http://HOST:PORT/rtc for WebRTC.")
    ] = "ws://127.0.0.1:8088/parley",
    token: Annotated[str, typer.Option(envvar="PARLEY_TOKEN", help="From: parley token create.")] = "",
    hands_free: Annotated[bool, typer.Option("--hands-free", help="No key: the voice begins and ends turns.")] = False,
    opus: Annotated[bool, typer.Option("--opus", help="Send and take Opus instead of PCM.")] = False,
    loss: Annotated[str, typer.Option(metavar="3%", help="Share of the network's segments that are lost.")] = "0%",
    jitter: Annotated[str, typer.Option(metavar="40ms", help="By how much each may be late.")] = "0ms",
    sessions: Annotated[int, typer.Option(min=1, max=MOST, help="Users at the same time.")] = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Where to put what was heard.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    seed: Annotated[int, typer.Option(help="Of all chance: the network's, and when users speak.")] = 1,
) -> None:
    """Talk to a server as a headset does, at real speed, and measure what is heard.

    Each recording is said with the key held, and its answer is played through a simulated loudspeaker. A bad network is
    simulated: over a WebSocket nothing is lost, but late, as TCP has it; over WebRTC what is lost is lost. Exit code 0:
    everything was answered; 1: something was not; 2: wrong usage.
    """
    from pipeline.runners.headset.fleet import Fleet
    from pipeline.runners.headset.measures import as_data, summary
    from pipeline.runners.headset.network import Impairment
    from pipeline.wire.fields import Format
    from pipeline.wire.from_client import Hello

    network = Impairment(
        _number(loss, "%", "--loss", most=50) / 100, _number(jitter, "ms", "--jitter", most=5000) / 1000
    )
    codec: Any = "opus" if opus else "pcm16"
    hello = Hello(
        client="parley headset",
        token=token,
        mode="hands-free" if hands_free else "push-to-talk",
        audio_in=Format(codec=codec),
        audio_out=Format(codec=codec, sample_rate=24_000),
    )
    recordings = _read(wavs, out)
    console = Console(stderr=True, quiet=as_json)
    with _listening(console, sessions * len(recordings), out, many=sessions > 1) as (tell, heard):
        troubles = asyncio.run(Fleet(url, sessions, hello, network, seed).talk(recordings, tell))
    if len(troubles) == sessions:  # no user could connect, or the server ended
        raise PipelineError(troubles[0])
    if as_json:
        rows = [as_data(exchange) for exchange in heard]
        typer.echo(json.dumps({"summary": summary(heard), "exchanges": rows, "troubles": troubles}, indent=1))
    else:
        _show(Console(), heard, troubles, many=sessions > 1)
    raise typer.Exit(1 if troubles or any(one.fate != "answered" for one in heard) else 0)


def _number(text: str, unit: str, option: str, *, most: float) -> float:
    """A number with its unit, which may be left out. Raises BadParameter."""
    try:
        number = float(text.strip().removesuffix(unit))
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise typer.BadParameter(f"found {text!r}, expected 0{unit} to {most}{unit}", param_hint=option)
    return number


def _read(wavs: Sequence[str], out: Path | None) -> list[Said]:
    """Read the recordings that users say. Raises BadParameter, MediaError."""
    from pipeline.devices.files.decoding import SAMPLE_RATE, read
    from pipeline.runners.batch.claims import make_folder
    from pipeline.runners.headset.fleet import Said

    try:
        paths = find_audio(wavs, outside=out)
    except MediaError as error:
        raise typer.BadParameter(str(error), param_hint="--wav") from error
    if out:
        make_folder(out)  # fails before the talk, which takes minutes
    return [Said(name, read(path), SAMPLE_RATE) for path, name in unique_names(paths).items()]


@contextmanager
def _listening(
    console: Console, expected: int, out: Path | None, *, many: bool
) -> Iterator[tuple[Callable[[int, MeasuredExchange], None], list[MeasuredExchange]]]:
    """Yield a function that takes each finished exchange and shows the progress, and the list of what it took."""
    from pipeline.runners.headset.measures import write

    heard: list[MeasuredExchange] = []
    with Progress(
        TextColumn("{task.description}"), MofNCompleteColumn(), BarColumn(), console=console, transient=True
    ) as progress:
        task = progress.add_task("answers", total=expected)

        def tell(session: int, exchange: MeasuredExchange) -> None:
            if out:
                write(exchange, out, f"{session + 1:03d}-{exchange.name}" if many else exchange.name)
            heard.append(replace(exchange, sound=exchange.sound[:0]))
            progress.advance(task)

        yield tell, heard


def _show(console: Console, heard: Sequence[MeasuredExchange], troubles: Sequence[str], *, many: bool) -> None:
    from pipeline.runners.headset.measures import as_data, summary

    if not many:
        table = Table("recording", "heard", "said", "first, ms", "gaps, ms", "lost", "mouth, ms", box=None)
        for one in heard:
            row = as_data(one)
            skew = max(row["mouth_skews_ms"], key=abs, default=None)
            gaps = " ".join(f"{gap:.0f}" for gap in row["gaps_ms"])
            said = one.said if one.fate == "answered" else f"({one.error or one.fate}) {one.said}"
            cells = (one.name, one.heard, said, _whole(row["first_audible_ms"]), gaps, str(one.lost), _whole(skew))
            table.add_row(*map(escape, cells))
        console.print(table)
    measures = Table("ms", "p50", "p90", "p95", "max", box=None)
    results = summary(heard)
    for name, label in (
        ("first_audible_ms", "first audible"),
        ("buffer_ms", "waited in the buffer"),
        ("mouth_skew_ms", "mouth from sound"),
        ("mouth_late_ms", "mouth too late"),
    ):
        if results[name]:
            measures.add_row(label, *(_whole(value) for value in results[name].values()))
    console.print(measures)
    console.print(
        f"{results['answered']} of {results['exchanges']} answered, {results['gaps']} gaps, the largest "
        f"{results['largest_gap_ms']:.0f} ms, {results['lost_frames']} frames lost",
        highlight=False,
    )
    for trouble, count in Counter(troubles).items():
        console.print(f"{count} x {trouble}", style="red", markup=False, highlight=False, soft_wrap=True)


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
