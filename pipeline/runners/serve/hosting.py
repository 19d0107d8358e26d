"""The life of a server: it listens, opens when its graph is loaded, and closes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from socket import socket
from typing import Final

from pipeline.graph.graph import Graph
from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.app import app
from pipeline.runners.serve.certificate import Certificate
from pipeline.runners.serve.gate import Standing, Status
from pipeline.runners.serve.http_server import allow_connections, listen, serving
from pipeline.runners.serve.metrics import Metrics
from pipeline.runners.serve.observers import Journals, Observers
from pipeline.runners.serve.security import AccessControl
from pipeline.runners.serve.sessions import Sessions
from pipeline.runners.serve.settings import Settings, WrongSetting
from pipeline.runners.serve.tokens import Secret, secret_of_this_user
from pipeline.runners.serve.tracing import Tracing

BESIDE: Final = 200
"""Connections that are allowed besides those of sessions: pages that load, metrics, clients before their hello."""


class Hosting:
    """A server that listens. Until it is open, clients are told to wait."""

    def __init__(self, sessions: Sessions, settings: Settings, port: int, wyoming: socket | None) -> None:
        self.sessions, self._settings = sessions, settings
        self.port = port
        self.wyoming_port: int | None = wyoming.getsockname()[1] if wyoming else None
        """The port of the Wyoming protocol; None where it is not served."""
        self.standing = Standing()
        self._wyoming = wyoming

    @property
    def url(self) -> str:
        """The URL of the page."""
        return self._settings.url(self.port)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve clients while the context lasts; the graph is loaded before. Leaving the context lets answers that are
        being spoken finish for a while."""
        async with AsyncExitStack() as stack:
            stack.enter_context(settled_memory())
            if self._wyoming:
                from pipeline.runners.serve import wyoming

                await stack.enter_async_context(wyoming.serving(self.sessions, self._wyoming))
            self.standing.status = Status.READY
            try:
                yield
            finally:
                self.standing.status = Status.SHUTTING_DOWN
                await self.sessions.close()

    def hurry(self) -> None:
        """End all sessions at once."""
        for client in list(self.sessions.clients.values()):
            client.end()


@contextmanager
def settled_memory() -> Iterator[None]:
    """Keep the garbage collector from searching what is loaded by now. That took 64 ms with the embedded graph, in
    which no sound was read."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@asynccontextmanager
async def hosting(
    graph: Graph,
    settings: Settings,
    limits: Limits | None = None,
    *,
    journals: Journals | None = None,
    tracing: Tracing | None = None,
    secret: Secret | None = None,
) -> AsyncIterator[Hosting]:
    """Run a server of `graph` that listens while the context lasts. Raises CannotListen, WrongSetting, SecretUnusable.

    Where no `secret` is given, the secret of this machine's user is taken."""
    limits, secret = limits or Limits(), secret or secret_of_this_user()
    if settings.tokens_required and secret.read() is None:
        raise WrongSetting(
            f"at {settings.address} users need tokens, and none was made yet; "
            "make the first: parley token create --user NAME"
        )
    encryption = Certificate(settings.certificate, settings.key).context if settings.certificate else None
    access = AccessControl(secret, required=settings.tokens_required, origins=settings.origins, default=settings.user)
    metrics = Metrics()

    observers = Observers(graph.name, metrics, tracing, journals)
    async with AsyncExitStack() as stack:
        if journals:
            stack.push_async_callback(journals.close)
        if tracing:
            stack.push_async_callback(asyncio.to_thread, tracing.close)
        connections = limits.sessions + BESIDE
        allow_connections(connections)
        listener = listen(settings.address)
        stack.callback(listener.close)
        wyoming = listen(settings.wyoming, "--wyoming") if settings.wyoming else None
        if wyoming:
            stack.callback(wyoming.close)
        host = Hosting(Sessions(graph, limits, observers.of), settings, listener.getsockname()[1], wyoming)
        metrics.observe(host.sessions)
        lag = asyncio.create_task(metrics.follow_loop(), name="event loop's lag")
        stack.callback(lag.cancel)
        await stack.enter_async_context(
            serving(app(host.sessions, access, metrics, host.standing), listener, encryption, connections)
        )
        yield host
