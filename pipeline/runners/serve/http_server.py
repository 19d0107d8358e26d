"""The HTTP and WebSocket server: uvicorn inside this program, with limits on what unknown clients may take."""

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
"""Seconds in which a request must arrive after its connection or its first byte; also the limit of a TLS handshake."""
UNREAD: Final = 30.0
"""Seconds after which a connection is closed whose client does not read."""
FINISHING: Final = 3
"""Seconds that connections have to close when the server ends."""
MESSAGE: Final = 1_100_000
"""Bytes of a WebSocket message at most: a picture of 1 MB, its header, and room to answer that a message is too
long."""
BACKLOG: Final = 1024
"""Connections that the operating system holds until the server accepts them, so that none is dropped in a burst."""
FILES: Final = 512
"""Files that a process has open besides its connections, at most: models, journals, libraries."""
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
    """A server cannot listen where it was told to."""


def listen(address: Address, option: str = "--port") -> socket.socket:
    """Return a socket that listens at `address`; `option` is the command's option that set it. Raises CannotListen."""
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((address.host, address.port), family=family, backlog=BACKLOG)
    except socket.gaierror as error:
        raise CannotListen(f"{address.host}: no machine is called so; {_REMEDIES[errno.EADDRNOTAVAIL]}") from error
    except OSError as error:
        remedy = f"; {_REMEDIES[error.errno].format(option=option)}" if error.errno in _REMEDIES else ""
        raise CannotListen(f"{address}: cannot listen there: {error.strerror}{remedy}") from error


def allow_connections(count: int) -> None:
    """Let this process have `count` connections where the system allows it; programs often start with room for 1,024
    files."""
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
    """A connection that waits for a request, within limits of time and number.

    A client whose first request has not arrived is a stranger. At most `most` strangers and `most` other clients are
    connected. A new stranger replaces the one that has been silent for longest, so that a crowd that asks nothing keeps
    no user out."""

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
        """Close the connection in `seconds`, unless something happens before; None waits without a limit."""
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort) if seconds else None


class PatientSocket(WebSocketsSansIOProtocol):
    """A WebSocket that waits `UNREAD` seconds for a client that does not read."""

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
        """Listen as uvicorn does, with a shorter limit for TLS handshakes than its minute."""
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
    """Serve `app` at a socket, with up to `connections` clients at once; leaving the context ends them within
    `FINISHING` seconds."""
    config = uvicorn.Config(
        app,
        http=Patient,
        ws=PatientSocket,
        ws_max_size=MESSAGE,
        ws_per_message_deflate=False,  # sound does not compress, and each connection would need 100 KB to try
        lifespan="off",
        log_config=None,
        access_log=False,  # paths may hold tokens
        proxy_headers=False,
        server_header=False,
        limit_concurrency=2 * connections,  # strangers and other clients
        timeout_graceful_shutdown=FINISHING,
        ssl_context_factory=(lambda _config, _default: encryption) if encryption else None,
    )
    # uvicorn gives this logger to websockets, which logs every message at DEBUG.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    server = Server(config, connections)
    running = asyncio.create_task(server.serve([listener]), name="listening")
    try:
        yield
    finally:
        server.should_exit = True
        await running
