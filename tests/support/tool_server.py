"""A real server of tools, by the official SDK: ``python tool_server.py`` for stdio, or with a port for HTTP."""

from __future__ import annotations

import os
import sys
import time
from typing import Literal

from mcp.server.mcpserver import MCPServer

server = MCPServer("house")


@server.tool()
def set_lamp(room: Literal["hall", "den"], on: bool) -> str:
    """Switches a lamp in a room on or off."""
    return f"The lamp in the {room} is {'on' if on else 'off'}."


@server.tool()
def get_secret() -> str:
    """Returns what the environment holds."""
    return f"It is {os.environ.get('HOUSE_KEY', 'not there')} and {os.environ.get('OTHER_KEY', 'not there')}."


@server.tool()
def get_nothing() -> str:
    """Waits for ever."""
    time.sleep(60)
    return ""


@server.tool()
def break_down() -> str:
    """Raises an error."""
    raise RuntimeError("the fuse is blown")


@server.tool()
def leave() -> str:
    """Ends the server in the middle of a call."""
    os._exit(1)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
