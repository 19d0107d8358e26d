"""A headset's connection over WebRTC: voices in Opus, messages on a data channel."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import httpx2
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from av import Packet

from pipeline.devices.network.rtc import CLOCK, LABEL, tap
from pipeline.devices.network.sender import FRAME
from pipeline.devices.opus import OpusDecoder, OpusEncoder
from pipeline.devices.pcm import from_pcm16, to_pcm16
from pipeline.runners.headset.network import Impairment
from pipeline.runners.headset.transport import Data, Transport, TransportError
from pipeline.wire import from_client, from_server
from pipeline.wire.fields import Format
from pipeline.wire.frames import SOUND, Frame, pack, unpack

CONNECT = 10.0
"""Seconds in which the server must answer, and the data channel must open."""
UNSENT = 500
"""The most frames that wait to be sent: 10 s of sound."""
UNREAD = 4096
"""The most messages and frames that wait to be read; beyond it the oldest are dropped."""


class MicrophoneTrack(MediaStreamTrack):
    """The microphone as an RTP track. It sends each frame that it is given, and nothing in between."""

    kind = "audio"

    def __init__(self, sample_rate: int) -> None:
        """`sample_rate` is that of the frames, in Hz."""
        super().__init__()
        self._encode = OpusEncoder(sample_rate, round(FRAME * sample_rate)).encode
        self._unit = Fraction(1, sample_rate)
        self._frames: asyncio.Queue[Frame] = asyncio.Queue(UNSENT)
        self._sending = False

    def put(self, frame: Frame) -> None:
        """Send a frame of 16-bit PCM; it is dropped where too many wait."""
        with suppress(asyncio.QueueFull):
            self._frames.put_nowait(frame)

    async def sent(self) -> None:
        """Wait until all frames have been sent."""
        await self._frames.join()

    async def recv(self) -> Packet[Any]:
        """Wait for the next packet; this call also shows that the one before was sent."""
        if self._sending:
            self._frames.task_done()
            self._sending = False
        frame = await self._frames.get()
        self._sending = True
        packet = Packet(self._encode(from_pcm16(frame.payload)))
        packet.pts, packet.time_base = frame.timestamp, self._unit
        return packet


class PeerTransport(Transport):
    """A WebRTC connection with the interface of a WebSocket: ``hello`` goes with the offer, and sound is 16-bit PCM.

    Packets that the network loses are lost, and those that it delays may overtake each other."""

    paced = True

    def __init__(self, url: str, network: Impairment, seed: int) -> None:
        self._url, self._network, self._chance = url, network, random.Random(seed)  # noqa: S311  no secret
        self._loop = asyncio.get_running_loop()
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._decode = OpusDecoder(CLOCK).decode
        self._microphone: MicrophoneTrack | None = None
        self._channel: RTCDataChannel
        self._came: deque[Data] = deque(maxlen=UNREAD)
        self._wake = asyncio.Event()
        self._over = False

    async def send(self, data: Data) -> None:
        if self._microphone is None:
            await self._greet(from_client.Hello.model_validate_json(data))
        elif isinstance(data, bytes):
            self._microphone.put(unpack(data))
        elif self._channel.readyState != "open":
            raise TransportError(f"{self._url}: the connection has ended")
        elif '"type":"played"' not in data:  # the server's track knows how far it is
            try:
                async with asyncio.timeout(CONNECT):
                    await self._microphone.sent()  # a release does not overtake what was said before it
            except TimeoutError as error:
                raise TransportError(f"{self._url}: the connection stands still") from error
            self._channel.send(data)

    async def received(self) -> AsyncGenerator[Data, None]:
        while not self._over or self._came:
            while self._came:
                yield self._came.popleft()
            self._wake.clear()
            if not self._over:
                await self._wake.wait()

    def cut(self) -> None:
        self._end()

    async def close(self) -> None:
        """End the connection."""
        await self._connection.close()

    async def _greet(self, hello: from_client.Hello) -> None:
        self._microphone = MicrophoneTrack(hello.audio_in.sample_rate)
        tap(self._connection.addTransceiver(self._microphone, "sendrecv").receiver, self._arrive)
        self._channel = self._connection.createDataChannel(LABEL)
        self._channel.on("message", self._put)
        self._channel.on("close", self._end)
        await self._connection.setLocalDescription()
        offer = {"sdp": self._connection.localDescription.sdp, "type": "offer", "hello": hello.model_dump(mode="json")}
        opened = asyncio.Event()
        self._channel.on("open", opened.set)
        answer = await self._post(offer)
        try:
            welcome = from_server.Welcome.model_validate(answer["welcome"])
            microphone = Format(sample_rate=hello.audio_in.sample_rate)
            pcm = {"audio_in": microphone, "audio_out": Format(sample_rate=CLOCK)}
            self._put(welcome.model_copy(update=pcm).model_dump_json())
            await self._connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
            async with asyncio.timeout(CONNECT):
                await opened.wait()
        except (KeyError, ValueError) as error:
            raise TransportError(f"{self._url}: this is no answer of a Parley server: {error}") from error
        except TimeoutError as error:
            raise TransportError(
                f"{self._url}: no connection within {CONNECT:g} s; does a firewall stop UDP?"
            ) from error

    async def _post(self, offer: dict[str, Any]) -> dict[str, Any]:
        try:
            async with httpx2.AsyncClient(timeout=CONNECT) as client:
                response = await client.post(self._url, json=offer)
                told: dict[str, Any] = response.json()
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise TransportError(
                f"no Parley server answers at {self._url} ({error}); start one with: parley serve"
            ) from error
        except ValueError as error:
            raise TransportError(f"{self._url}: no WebRTC is spoken there; a Parley server does at /rtc") from error
        if not response.is_success:
            raise TransportError(
                f"{self._url} refuses: {told.get('code', response.status_code)}: {told.get('message', '')}"
            )
        return told

    def _arrive(self, frame: Frame) -> None:
        """Take a packet, which the simulated network loses or delays."""
        if self._chance.random() >= self._network.loss:
            late = self._network.delay + self._chance.uniform(0.0, self._network.jitter)
            self._loop.call_later(late, self._hear, frame)

    def _hear(self, frame: Frame) -> None:
        payload = to_pcm16(self._decode(frame.payload))
        self._put(pack(SOUND, frame.sequence, frame.timestamp, payload))

    def _put(self, data: Data) -> None:
        self._came.append(data)
        self._wake.set()

    def _end(self) -> None:
        self._over = True
        self._wake.set()
