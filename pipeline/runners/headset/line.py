"""The line between a headset and its server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from models.protocols import Samples
from pipeline.errors import PipelineError
from pipeline.runners.headset.network import Network, Path

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

Data: TypeAlias = str | bytes
"""A JSON message or a binary frame."""


def pcm16(samples: Samples) -> bytes:
    """`samples`, shape (n,), as 16-bit little-endian."""
    return bytes(np.rint(np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2"))


def from_pcm16(payload: bytes) -> Samples:
    """The way back, shape (n,)."""
    return np.frombuffer(payload, "<i2").astype(np.float32) / 32767.0


class LineError(PipelineError):
    """No line to the server, or the server ended it."""


class Line(Protocol):
    """Takes and gives whole messages, in order."""

    paced: bool
    """Sound comes in its own time, silence included."""

    async def send(self, data: Data) -> None:
        """Send a message. Raises LineError where the line has ended."""
        ...

    def received(self) -> AsyncGenerator[Data, None]:
        """What comes, until the server closes the line. Raises LineError where it breaks."""
        ...

    def cut(self) -> None:
        """End it as a dead battery does: without a word."""
        ...


class WebSocketLine(Line):
    """A WebSocket, as it is."""

    paced = False

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, data: Data) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await self._socket.send(data)
        except ConnectionClosed as error:
            raise LineError(f"the line has ended: {error}") from error

    async def received(self) -> AsyncGenerator[Data, None]:
        from websockets.exceptions import ConnectionClosedError

        try:
            async for data in self._socket:
                yield data
        except ConnectionClosedError as error:
            raise LineError(f"the line broke: {error}") from error

    def cut(self) -> None:
        self._socket.transport.abort()


class BadLine(Line):
    """A line behind a bad network, both ways. Whoever makes it owns `carry_up` and `carry_down`."""

    paced = False

    def __init__(self, line: Line, network: Network, seed: int) -> None:
        self._line = line
        self._up: Path[Data] = Path(network, seed)
        self._down: Path[Data | LineError | None] = Path(network, seed + 1)

    async def send(self, data: Data) -> None:
        await self._up.put(data, len(data))

    async def received(self) -> AsyncGenerator[Data, None]:
        while (data := await self._down.get()) is not None:
            if isinstance(data, LineError):
                raise data
            yield data

    def cut(self) -> None:
        self._line.cut()

    async def carry_up(self) -> None:
        """Carry to the server what is on its way, until the line ends."""
        while True:
            data = await self._up.get()
            try:
                await self._line.send(data)
            except LineError:
                return  # `received` tells

    async def carry_down(self) -> None:
        """Carry what comes from the server, until the line ends."""
        end: LineError | None = None
        try:
            async with aclosing(self._line.received()) as messages:
                async for data in messages:
                    await self._down.put(data, len(data))
        except LineError as error:
            end = error
        await self._down.put(end, 0)

    def close(self) -> None:
        """Lose what is on its way."""
        self._up.close()
        self._down.close()


@asynccontextmanager
async def open_line(url: str, network: Network, seed: int) -> AsyncIterator[Line]:
    """A line to the server at `url`, through `network`: a WebSocket, or WebRTC for ``http``. Raises LineError."""
    if url.startswith("http"):
        from pipeline.runners.headset.rtc import RtcLine

        rtc = RtcLine(url, network, seed)
        try:
            yield rtc
        finally:
            await rtc.close()
        return
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidHandshake, InvalidURI

    try:
        # Sound does not shrink by deflate, and each frame would cost its time.
        socket = await connect(url, compression=None)
    except InvalidURI as error:
        raise LineError(
            f"{url} is no address of a server, such as ws://127.0.0.1:8088/parley or http://127.0.0.1:8088/rtc"
        ) from error
    except (OSError, InvalidHandshake) as error:
        raise LineError(f"no Parley server answers at {url} ({error}); start one with: parley serve") from error
    async with socket:
        line = WebSocketLine(socket)
        if not network.bad:
            yield line
            return
        bad = BadLine(line, network, seed)
        carrying = [asyncio.create_task(bad.carry_up()), asyncio.create_task(bad.carry_down())]
        try:
            yield bad
        finally:
            for task in carrying:
                task.cancel()
            await asyncio.wait(carrying)
            bad.close()
