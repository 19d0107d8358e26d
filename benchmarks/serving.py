"""Starts `parley serve` for benchmarks, as a user does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

OVERRIDES = ["stages.task.with.world=:memory:", "turns.filler=off", "turns.idle=off"]
"""Options of the graph: nothing is kept, and no filler or idle phrase passes for an answer."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that is listening."""

    port: int
    pid: int

    @property
    def socket(self) -> str:
        """The address that speaks the Parley protocol."""
        return f"ws://127.0.0.1:{self.port}/parley"

    @property
    def rtc(self) -> str:
        """The address of WebRTC."""
        return f"http://127.0.0.1:{self.port}/rtc"

    @property
    def memory(self) -> float:
        """The memory of the process in megabytes (Linux)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@asynccontextmanager
async def served(graph: str, *options: str) -> AsyncIterator[Served]:
    """A server of this graph on its own port, with its models loaded."""
    sets = [part for change in OVERRIDES for part in ("--set", change)]
    command = ["-m", "pipeline.cli", "serve", "--graph", graph, "--port", "0", *sets, *options]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    try:
        assert process.stdout
        told = (await process.stdout.readline()).decode()
        if "serves" not in told:
            raise SystemExit(f"parley serve did not start: {told}")
        yield Served(int(told.split("/ serves")[0].rpartition(":")[2]), process.pid)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()
