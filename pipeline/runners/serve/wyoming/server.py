"""The server that Wyoming clients connect to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import socket

from wyoming.error import Error
from wyoming.event import async_write_event

from pipeline.runners.serve.sessions import Sessions
from pipeline.runners.serve.wyoming.conversations import Conversations
from pipeline.runners.serve.wyoming.event_reader import LINE
from pipeline.runners.serve.wyoming.request_handler import RequestHandler

log = logging.getLogger(__name__)

CONNECTIONS = 32
"""Connections at the same time at most; Home Assistant opens one for each request."""


@asynccontextmanager
async def serving(sessions: Sessions, listener: socket) -> AsyncIterator[None]:
    """Serve Wyoming clients at this socket while the context lasts; leaving it closes the socket.

    The protocol has no users and no passwords: every program that reaches the socket may use the graph."""
    conversations = Conversations(sessions)
    tasks: set[asyncio.Task[None]] = set()

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "streams run this in a task"  # noqa: S101  told to mypy
        tasks.add(task)
        conversations.tidy(task.get_loop().time())
        try:
            if len(tasks) > CONNECTIONS:
                sessions.totals.refusals["too-many-connections"] += 1
                error = Error(f"all {CONNECTIONS} connections are taken; come back later", "too-many-connections")
                await async_write_event(error.event(), writer)
            else:
                await RequestHandler(sessions, conversations, reader, writer).serve()
        except ConnectionError:
            log.debug("a Wyoming client left in the middle")
        except asyncio.CancelledError:
            if not closing:
                raise
        finally:
            tasks.discard(task)
            writer.close()

    closing = False
    server = await asyncio.start_server(attend, sock=listener, limit=LINE)
    try:
        yield
    finally:
        closing = True
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        conversations.close()
