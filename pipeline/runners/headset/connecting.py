"""Connects a simulated headset to its server, over a WebSocket or over WebRTC, through a good or a bad network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from pipeline.runners.headset.network import Impairment, Path
from pipeline.runners.headset.transport import Data, Transport, TransportError

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection


class SocketTransport(Transport):
    """A WebSocket to the server."""

    paced = False

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, data: Data) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await self._socket.send(data)
        except ConnectionClosed as error:
            raise TransportError(f"the connection has ended: {error}") from error

    async def received(self) -> AsyncGenerator[Data, None]:
        from websockets.exceptions import ConnectionClosedError

        try:
            async for data in self._socket:
                yield data
        except ConnectionClosedError as error:
            raise TransportError(f"the connection broke: {error}") from error

    def cut(self) -> None:
        self._socket.transport.abort()


class ImpairedTransport(Transport):
    """A transport whose messages pass through a bad network in both directions.

    Its owner runs `carry_up` and `carry_down` as tasks."""

    paced = False

    def __init__(self, transport: Transport, network: Impairment, seed: int) -> None:
        self._transport = transport
        self._up: Path[Data] = Path(network, seed)
        self._down: Path[Data | TransportError | None] = Path(network, seed + 1)

    async def send(self, data: Data) -> None:
        await self._up.put(data, len(data))

    async def received(self) -> AsyncGenerator[Data, None]:
        while (data := await self._down.get()) is not None:
            if isinstance(data, TransportError):
                raise data
            yield data

    def cut(self) -> None:
        self._transport.cut()

    async def carry_up(self) -> None:
        """Carry messages to the server until the connection ends."""
        while True:
            data = await self._up.get()
            try:
                await self._transport.send(data)
            except TransportError:
                return  # `received` raises it

    async def carry_down(self) -> None:
        """Carry messages from the server until the connection ends."""
        end: TransportError | None = None
        try:
            async with aclosing(self._transport.received()) as messages:
                async for data in messages:
                    await self._down.put(data, len(data))
        except TransportError as error:
            end = error
        await self._down.put(end, 0)

    def close(self) -> None:
        """Drop the messages that are on their way."""
        self._up.close()
        self._down.close()


@asynccontextmanager
async def open_transport(url: str, network: Impairment, seed: int) -> AsyncIterator[Transport]:
    """Connect to the server at `url` through `network`: over WebRTC where `url` is ``http``, else over a WebSocket.

    Leaving closes the connection. Raises TransportError."""
    if url.startswith("http"):
        from pipeline.runners.headset.peer import PeerTransport

        peer = PeerTransport(url, network, seed)
        try:
            yield peer
        finally:
            await peer.close()
        return
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidHandshake, InvalidURI

    try:
        # Sound does not shrink by deflate, and each frame would cost its time.
        socket = await connect(url, compression=None)
    except InvalidURI as error:
        raise TransportError(
            f"{url} is no address of a server, such as ws://127.0.0.1:8088/parley or http://127.0.0.1:8088/rtc"
        ) from error
    except (OSError, InvalidHandshake) as error:
        raise TransportError(f"no Parley server answers at {url} ({error}); start one with: parley serve") from error
    async with socket:
        transport = SocketTransport(socket)
        if not network.bad:
            yield transport
            return
        bad = ImpairedTransport(transport, network, seed)
        carrying = [asyncio.create_task(bad.carry_up()), asyncio.create_task(bad.carry_down())]
        try:
            yield bad
        finally:
            for task in carrying:
                task.cancel()
            await asyncio.wait(carrying)
            bad.close()
