"""python-osc's own server, on a thread, and what it received."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer


class Received:
    """Messages in order, each its address and its values."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.messages: list[tuple[str, tuple[Any, ...]]] = []

    def of(self, address: str) -> list[tuple[Any, ...]]:
        return [values for each, values in self.messages if each == address]

    def frames(self) -> list[tuple[float, dict[str, float]]]:
        """VMC: the time of each frame, and its blend shapes."""
        frames: list[tuple[float, dict[str, float]]] = []
        for address, values in self.messages:
            match address:
                case "/VMC/Ext/T":
                    frames.append((values[0], {}))
                case "/VMC/Ext/Blend/Val":
                    frames[-1][1][values[0]] = values[1]
                case _:
                    pass
        return frames


@contextmanager
def receiving() -> Iterator[Received]:
    dispatcher = Dispatcher()
    dispatcher.set_default_handler(lambda address, *values: received.messages.append((address, values)))
    with BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher) as server:
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        received = Received(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield received
        finally:
            settle(received)
            server.shutdown()
            thread.join()


def settle(received: Received) -> None:
    """Wait until what was sent has come."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        for _ in range(600):
            last.sendto(b"/end\0\0\0\0,\0\0\0", ("127.0.0.1", received.port))
            for _ in range(10):
                if any(address == "/end" for address, _ in received.messages):
                    return
                threading.Event().wait(0.01)
    raise TimeoutError("the server did not take what was sent")
