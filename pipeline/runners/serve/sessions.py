"""All client sessions of a server: they run here, are found again here, and end with the server."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from hmac import compare_digest
from types import TracebackType
from typing import Any, Self

from pipeline.graph.graph import Graph
from pipeline.runners.serve.admission import Admission, Limits, Observe, unobserved
from pipeline.runners.serve.client_session import ClientSession
from pipeline.runners.serve.refusal import Refused

FAREWELL = 5.0
"""Seconds that answers which are being spoken have to finish when the server ends."""


class Sessions(Admission):
    """Admits users, runs their client sessions, and ends them. The server enters it before it serves anyone."""

    def __init__(self, graph: Graph, limits: Limits | None = None, observe: Observe = unobserved) -> None:
        """Serve `graph`, which is loaded before the first user comes."""
        super().__init__(graph, limits, observe)
        self.clients: dict[str, ClientSession] = {}
        """The client sessions that run, by the session's name."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def start(self, client: ClientSession) -> None:
        """Run a client session in a task of its own until it ends."""
        self.clients[client.session.name] = client
        self.spawn(self._run(client))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` in a task of its own; `close` cancels it where it lasts too long."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def find(self, session: str, key: str) -> ClientSession:
        """Return the client session that a client comes back to. Raises Refused where name and key fit none."""
        client = self.clients.get(session)
        if client is None or client.ended or not compare_digest(client.key.encode(), key.encode()):
            raise Refused(
                "unknown-session",
                f"no session waits under that name and key; sessions are kept for {self.limits.resumable:g} s. "
                "Say hello without a session for a new one",
            )
        return client

    async def close(self) -> None:
        """Admit no one else, let answers that are being spoken finish for `FAREWELL` seconds, and end all sessions."""
        self.closing = True
        for client in list(self.clients.values()):
            client.finish()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=FAREWELL)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, client: ClientSession) -> None:
        try:
            await client.run()
        finally:
            del self.clients[client.session.name]
            counts = client.receiver.counts
            self.totals.received += counts.received
            self.totals.lost += counts.lost
            self.totals.late += counts.late
            self.totals.dropped += counts.dropped
            self.totals.sent += getattr(client.sink, "sent", 0)
