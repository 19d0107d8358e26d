"""Listens for HTTP and WebSockets: uvicorn inside our own program, with bounds on what strangers may take."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from pipeline.errors import PipelineError
from pipeline.runners.serve.settings import Address

REQUEST: Final = 5.0
"""Seconds within which a request must have arrived, from its connection or its first byte on; and a TLS handshake."""
UNREAD: Final = 30.0
"""Seconds after which a client that takes nothing of an answer is left."""
FINISHING: Final = 3
"""Seconds that connections have to close when the server ends."""
MESSAGE: Final = 1_100_000
"""Bytes of a WebSocket message at most: a picture of 1 MB, its header, and room for an answer that says it is too
long."""
BACKLOG: Final = 1024
"""Connections that the system holds until they are taken: a burst of them is answered, and not dropped."""
FILES: Final = 512
"""That a process has open beside its connections, at most: models, journals, libraries."""
_WHY = b"too many connections are open; come back in 5 s\n"
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (len(_WHY), _WHY)
)
_REMEDIES = {
    errno.EADDRINUSE: "end what listens there, or take another with {option}; {option} 0 takes a free one",
    errno.EACCES: "ports below 1024 are the system's; take another with {option}",
    errno.EADDRNOTAVAIL: "that is no address of this machine; 0.0.0.0 listens on all that it has",
}


class CannotListen(PipelineError):
    """A server cannot be where it was told to be."""


def listen(address: Address, option: str = "--port") -> socket.socket:
    """A socket that listens there, as `option` says. Raises CannotListen."""
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((address.host, address.port), family=family, backlog=BACKLOG)
    except socket.gaierror as error:
        raise CannotListen(f"{address.host}: no machine is called so; {_REMEDIES[errno.EADDRNOTAVAIL]}") from error
    except OSError as error:
        remedy = f"; {_REMEDIES[error.errno].format(option=option)}" if error.errno in _REMEDIES else ""
        raise CannotListen(f"{address}: cannot listen there: {error.strerror}{remedy}") from error


def allow_connections(count: int) -> None:
    """Let this process have so many, where the system grants it: it often starts programs with room for 1,024 files."""
    try:
        import resource
    except ImportError:
        return  # on Windows there is no such limit
    wanted = 2 * count + FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Patient(H11Protocol):
    """A connection that waits for a request, but not for ever, nor beside any number of others.

    Until its first request has arrived it is a stranger. There are `most` of those and as many others at most; a new
    stranger takes the place of the one that has been silent for longest, so that a crowd that asks nothing keeps nobody
    out."""

    def __init__(
        self,
        config: uvicorn.Config,
        state: ServerState,
        loop: asyncio.AbstractEventLoop,
        strangers: dict[Patient, None],
        most: int,
    ) -> None:
        super().__init__(config, state, {}, loop)
        self._strangers, self._most = strangers, most
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._strangers[self] = None
        if len(self._strangers) > self._most:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.transport.abort()
        self._wait(REQUEST)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        self._strangers.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        upgraded = self.transport.get_protocol() is not self
        if upgraded or self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
            self._strangers.pop(self, None)
            self._wait(None)
        elif self._deadline is None:
            self._wait(REQUEST)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        if len(self.connections) - len(self._strangers) > self._most:
            self.transport.write(_BUSY)
            self.transport.close()
            return
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait(UNREAD)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._wait(None)

    def _wait(self, seconds: float | None) -> None:
        """Leave the client in so many seconds, unless something happens before."""
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort) if seconds else None


class PatientSocket(WebSocketsSansIOProtocol):
    """A WebSocket that waits for a client that does not read, but not for ever."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._deadline = self.loop.call_later(UNREAD, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget()

    def _forget(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None


class Server(uvicorn.Server):
    """uvicorn as a part of a program that handles signals itself."""

    def __init__(self, config: uvicorn.Config, connections: int) -> None:
        super().__init__(config)
        self._strangers: dict[Patient, None] = {}
        self._connections = connections

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, but a TLS handshake has no minute to hang in."""
        loop, config = asyncio.get_running_loop(), self.config

        def protocol() -> Patient:
            return Patient(config, self.server_state, loop, self._strangers, self._connections)

        patience = REQUEST if config.ssl else None
        self.servers = [
            await loop.create_server(
                protocol, sock=listener, ssl=config.ssl, backlog=BACKLOG, ssl_handshake_timeout=patience
            )
            for listener in sockets or ()
        ]
        self.started = True


@asynccontextmanager
async def serving(
    app: ASGIApp, listener: socket.socket, encryption: ssl.SSLContext | None, connections: int
) -> AsyncIterator[None]:
    """The app at this socket, with so many connections at once; leaving it ends them within `FINISHING` seconds."""
    config = uvicorn.Config(
        app,
        http=Patient,
        ws=PatientSocket,
        ws_max_size=MESSAGE,
        ws_per_message_deflate=False,  # sound does not shrink, and each connection would hold 100 KB for trying
        lifespan="off",
        log_config=None,
        access_log=False,  # its paths may hold tokens
        proxy_headers=False,
        server_header=False,
        limit_concurrency=2 * connections,  # strangers and others
        timeout_graceful_shutdown=FINISHING,
        ssl_context_factory=(lambda _config, _default: encryption) if encryption else None,
    )
    # Its sansio part hands this logger to websockets, which writes all that is said to it at DEBUG.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    server = Server(config, connections)
    running = asyncio.create_task(server.serve([listener]), name="listening")
    try:
        yield
    finally:
        server.should_exit = True
        await running
