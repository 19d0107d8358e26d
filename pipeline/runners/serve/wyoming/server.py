"""Listens for Wyoming clients."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wyoming.error import Error
from wyoming.event import async_write_event

from pipeline.errors import PipelineError
from pipeline.runners.serve.parlour import Parlour
from pipeline.runners.serve.wyoming.connection import Connection
from pipeline.runners.serve.wyoming.reading import LINE
from pipeline.runners.serve.wyoming.talks import Talks

log = logging.getLogger(__name__)

CONNECTIONS = 32
"""Open at the same time; Home Assistant opens one for each request."""


@asynccontextmanager
async def serving(parlour: Parlour, host: str, port: int) -> AsyncIterator[int]:
    """Serve Wyoming clients as long as the context; gives the port, which a `port` of 0 leaves to the system.

    The protocol knows no users and no passwords: whoever reaches the port may use the graph. Raises PipelineError
    where the port cannot be had."""
    talks = Talks(parlour)
    tasks: set[asyncio.Task[None]] = set()

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "streams run this in a task"  # noqa: S101  told to mypy
        tasks.add(task)
        talks.tidy(task.get_loop().time())
        try:
            if len(tasks) > CONNECTIONS:
                parlour.totals.refusals["too-many-connections"] += 1
                error = Error(f"all {CONNECTIONS} connections are taken; come back later", "too-many-connections")
                await async_write_event(error.event(), writer)
            else:
                await Connection(parlour, talks, reader, writer).serve()
        except ConnectionError:
            log.debug("a Wyoming client left in the middle")
        except asyncio.CancelledError:
            if not closing:
                raise
        finally:
            tasks.discard(task)
            writer.close()

    closing = False
    try:
        server = await asyncio.start_server(attend, host, port, limit=LINE)
    except OSError as error:
        raise PipelineError(
            f"--wyoming {host}:{port}: cannot listen there: {error.strerror or error}; choose another port"
        ) from error
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        closing = True
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        talks.close()
