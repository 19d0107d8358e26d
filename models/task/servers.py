"""Servers of tools that speak the Model Context Protocol, by its official SDK: their tools are skills.

A server is a child process (``command``) or an address (``url``). All connections live on one thread with an event loop
of its own, so a server that hangs holds up nobody but the turn that asked it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from threading import Lock, Semaphore
from typing import TYPE_CHECKING, Any, Self

from models.errors import ModelError
from models.language.finding import find_language
from models.manager.tools import Status, Tool, told, tool
from models.protocols import SlotValue

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal
    from mcp import Client
    from mcp.client._transport import Transport
    from mcp.types import CallToolResult
    from mcp.types import Tool as ServerTool

log = logging.getLogger(__name__)

CONNECT = 10.0
"""Seconds to reach a server and to list its tools."""
RECONNECT = 3.0
"""Seconds to reach a server again whose connection was lost."""
CLOSE = 3.0
"""Seconds in which a server may end by itself."""
DEADLINE = 10.0
"""Seconds in which a server must answer a call."""
AT_ONCE = 2
"""Calls that one server answers at the same time; one more is told that it cannot be reached."""
TOOLS = 64
"""Tools of one server that become skills, at most."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where a server is: either a command that starts it, or an address."""

    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    """Names of the environment variables that a child process is given beside the usual ones."""
    url: str = ""
    token_env: str = ""
    """The name of the environment variable that holds the token for the address; empty for none."""

    @classmethod
    def of(cls, name: str, given: Mapping[str, Any]) -> Self:
        """The options in a graph's file. Raises ValueError."""
        where = f"mcp.{name}"
        if strange := given.keys() - {"command", "env", "url", "token_env"}:
            raise ValueError(f"{where}: {min(strange)!r} is no option; there are command, env, url and token_env")
        if not name.isidentifier():
            raise ValueError(f"mcp: {name!r} is no name for a server; expected letters, digits and _")
        if ("command" in given) == ("url" in given):
            raise ValueError(f"{where}: expected either a command, such as [python, server.py], or a url")
        for key in ("command", "env"):
            if not isinstance(given.get(key, []), list) or not all(
                isinstance(part, str) for part in given.get(key, [])
            ):
                raise ValueError(f"{where}.{key}: expected a list of texts")
        url = str(given.get("url", ""))
        if url and not url.startswith(("http://", "https://")):
            raise ValueError(f"{where}.url: expected an address that begins with http:// or https://, found {url!r}")
        if "command" in given and not given["command"]:
            raise ValueError(f"{where}.command: expected a program and its arguments, found nothing")
        command, env = tuple(given.get("command", ())), tuple(given.get("env", ()))
        return cls(command, env, url, str(given.get("token_env", "")))


class Servers:
    """The servers of a graph, and their tools."""

    def __init__(self, options: Mapping[str, ServerOptions]) -> None:
        self._options = options
        self._language = find_language("en")
        """The language that the names and descriptions of tools are read in."""
        self._servers: dict[str, _Server] = {}
        self._stack = ExitStack()
        self.tools: dict[str, Tool] = {}
        """The tools of all servers, by the name of the skill: ``NAME_tool``."""

    def open(self) -> None:
        """Connect to every server. One that cannot be reached is left out, and the log tells why. Raises ModelError
        where the SDK is not installed."""
        if not self._options or self._servers:
            return
        try:
            import mcp  # noqa: F401 - it takes a second, and only graphs that name servers need it
            from anyio.from_thread import start_blocking_portal
        except ImportError as error:
            raise ModelError(f"mcp: {error}; remedy: pip install 'parley-avatar[mcp]'") from error
        portal = self._stack.enter_context(start_blocking_portal())
        for name, options in self._options.items():
            server = _Server(name, options, portal)
            self._stack.callback(server.close)
            try:
                self._learn(server)
            except Exception as error:  # noqa: BLE001  a server may fail in any way, and the others still serve
                log.warning("mcp: server %s is left out: %s", name, _reason(error))

    def close(self) -> None:
        """End all connections, and the child processes with them."""
        self._stack.close()
        self._servers, self.tools = {}, {}

    def call(self, skill: str, slots: Mapping[str, SlotValue]) -> tuple[Status, str]:
        """What came of a call of a tool, and what may be said of it. Raises TimeoutError where the server does not
        answer in time, and ConnectionError where it cannot be reached. Any thread may call this."""
        server = next(server for server in self._servers.values() if skill in server.names)
        return server.call(server.names[skill], self.tools[skill].arguments(slots, self._language))

    def _learn(self, server: _Server) -> None:
        self._servers[server.name] = server
        for each in server.list():
            called = f"{server.name}_{each.name}"
            hint = each.annotations.read_only_hint if each.annotations else None
            about = each.description or each.title or ""
            learnt = tool(each.name, about, each.input_schema, self._language, called=called, looks=hint)
            self.tools[called], server.names[called] = learnt, each.name


class _Server:
    """One server. A connection that is lost is made again by the next call."""

    def __init__(self, name: str, options: ServerOptions, portal: BlockingPortal) -> None:
        self.name = name
        self.names: dict[str, str] = {}
        """The server's own names of its tools, by skill."""
        self._options, self._portal = options, portal
        self._line: Client | None = None
        self._task: Future[None] | None = None
        self._connecting, self._free = Lock(), Semaphore(AT_ONCE)

    def list(self) -> Sequence[ServerTool]:
        """The server's tools. Raises whatever the SDK raises."""
        return self._portal.call(_listed, self._connected(CONNECT))

    def call(self, name: str, arguments: Mapping[str, Any]) -> tuple[Status, str]:
        """Call a tool. Raises TimeoutError and ConnectionError."""
        if not self._free.acquire(blocking=False):
            raise ConnectionError(f"{self.name} is busy with earlier calls")
        try:
            result = self._portal.call(_answered, self._connected(RECONNECT), name, dict(arguments))
        except TimeoutError:
            raise
        except Exception as error:
            self.close()
            log.warning("mcp: a call of %s failed: %s", self.name, _reason(error))
            raise ConnectionError(f"{self.name} cannot be reached") from error
        finally:
            self._free.release()
        texts = [part.text for part in result.content if part.type == "text"]
        status, said = told("\n".join(texts))
        return ("refused" if result.is_error else status), said

    def close(self) -> None:
        """End the connection, if there is one."""
        with self._connecting:
            task, self._task, self._line = self._task, None, None
            if task is not None:
                task.cancel()
                wait([task], CLOSE)

    def _connected(self, seconds: float) -> Client:
        with self._connecting:
            if self._line is None or self._task is None or self._task.done():
                ready: Future[Client] = Future()
                self._task = self._portal.start_task_soon(_hold, self._options, ready)
                try:
                    self._line = ready.result(seconds)
                except BaseException:
                    self._task.cancel()
                    raise
            return self._line


async def _hold(options: ServerOptions, ready: Future[Client]) -> None:
    """Hold a connection until this is cancelled."""
    from anyio import sleep_forever
    from mcp import Client

    try:
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(Client(await _transport(options, stack)))
            ready.set_result(client)
            await sleep_forever()
    except Exception as error:  # noqa: BLE001  whoever waits for the connection is told
        if ready.done():
            log.warning("mcp: a connection ended: %s", _reason(error))
        else:
            ready.set_exception(error)


async def _transport(options: ServerOptions, stack: AsyncExitStack) -> Transport:
    from mcp.client.stdio import StdioServerParameters, get_default_environment, stdio_client
    from mcp.client.streamable_http import streamable_http_client

    if options.command:
        given = {name: os.environ[name] for name in options.env if name in os.environ}
        program, *arguments = options.command
        env = get_default_environment() | given
        return stdio_client(StdioServerParameters(command=program, args=arguments, env=env))
    token = os.environ.get(options.token_env, "") if options.token_env else ""
    if not token:
        return streamable_http_client(options.url)
    from httpx2 import AsyncClient, Timeout

    http = AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=Timeout(CONNECT, read=None))
    return streamable_http_client(options.url, http_client=await stack.enter_async_context(http))


async def _listed(line: Client) -> list[ServerTool]:
    from anyio import fail_after

    tools: list[ServerTool] = []
    cursor: str | None = None
    with fail_after(CONNECT):
        while len(tools) < TOOLS:
            page = await line.list_tools(cursor=cursor)
            tools += page.tools
            cursor = page.next_cursor
            if not cursor:
                break
    return tools[:TOOLS]


async def _answered(line: Client, name: str, arguments: dict[str, Any]) -> CallToolResult:
    from anyio import fail_after

    with fail_after(DEADLINE):
        return await line.call_tool(name, arguments)


def _reason(error: BaseException) -> str:
    """The first cause of a failure, in a line. Exceptions of a task group hold others."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
