"""What carries messages and sound between a simulated headset and its server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol, TypeAlias

from pipeline.errors import PipelineError

Data: TypeAlias = str | bytes
"""A JSON message or a binary frame."""


class TransportError(PipelineError):
    """There is no connection to the server, or the connection has ended."""


class Transport(Protocol):
    """One connection to the server. It carries whole messages in both directions, in order."""

    paced: bool
    """True where the server sends sound in its own time and includes silence."""

    async def send(self, data: Data) -> None:
        """Send a message. Raises TransportError where the connection has ended."""
        ...

    def received(self) -> AsyncGenerator[Data, None]:
        """Give what arrives, until the server closes the connection. Raises TransportError where it breaks."""
        ...

    def cut(self) -> None:
        """End the connection without telling the server, as a dead battery does."""
        ...
