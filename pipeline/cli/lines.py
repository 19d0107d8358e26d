"""``parley talk --text``: answers typed lines, in a terminal or a pipe."""

from __future__ import annotations

import asyncio
import os
import sys
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from threading import Thread
from typing import Any, cast

import typer

from pipeline.runners.talk.talk import answer_lines
from pipeline.runtime.record import Fate, Record
from pipeline.runtime.session import Session

STDIN = 0
PROMPT = "› "


async def talk_in_lines(session: Session) -> int:
    """Answer the lines of stdin until it ends, each with one line on stdout. Returns the exit code: 1 if a turn
    failed."""
    prompt = PROMPT if sys.stdin.isatty() and sys.stdout.isatty() else ""
    failed = 0
    async with (
        aclosing(cast("Any", _lines(prompt))) as lines,
        aclosing(cast("Any", answer_lines(session, lines))) as records,
    ):
        async for record in records:
            failed += record.fate is Fate.FAILED
            _tell(record)
    if prompt:
        typer.echo()
    return 1 if failed else 0


def _tell(record: Record) -> None:
    typer.echo(" ".join((record.heard or record.reply).split()))
    for notice in record.notices:
        typer.echo(f"parley: {notice}", err=True)
    if record.error:
        typer.echo(f"parley: {record.error}", err=True)
    sys.stdout.flush()


async def _lines(prompt: str) -> AsyncIterator[str]:
    """Give the lines of stdin, each read only when it is asked for."""
    decode = getincrementaldecoder("utf-8")(errors="replace").decode
    typer.echo(prompt, nl=False)
    rest = ""
    while chunk := await _read():
        *whole, rest = (rest + decode(chunk)).split("\n")
        for line in whole:
            yield line
            typer.echo(prompt, nl=False)
    if rest:
        yield rest


async def _read() -> bytes:
    """The next line of stdin; empty at its end.

    It is read on a thread of its own. A thread of the event loop would keep the process alive until the next line, and
    Python's own stdin fails when the process ends while it is being read."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[bytes] = loop.create_future()

    def give(chunk: bytes) -> None:
        if not found.done():
            found.set_result(chunk)

    def wait() -> None:
        chunk = os.read(STDIN, 4096)
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(give, chunk)

    Thread(target=wait, name="stdin", daemon=True).start()
    return await found
