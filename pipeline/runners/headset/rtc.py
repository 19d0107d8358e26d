"""A line over WebRTC: voices in Opus, messages on a data channel."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription

from pipeline.devices.opus import OpusDecoder
from pipeline.devices.rtc import CLOCK, LABEL, VoiceTrack, tap
from pipeline.runners.headset.line import Data, Line, LineError, from_pcm16, pcm16
from pipeline.runners.headset.network import Network
from pipeline.wire import messages as wire
from pipeline.wire.frames import SOUND, Frame, pack, unpack

CONNECT = 10.0
"""Seconds in which the server answers, and the data channel opens."""
UNREAD = 4096
"""Messages and frames that wait to be read at most; the oldest go first."""


class RtcLine(Line):
    """Takes and gives what a WebSocket would: ``hello`` goes with the offer, and sound is 16-bit PCM at both ends.

    Packets that the network loses are lost, and those that it delays may overtake each other."""

    def __init__(self, url: str, network: Network, seed: int) -> None:
        self._url, self._network, self._chance = url, network, random.Random(seed)  # noqa: S311  no secret
        self._loop = asyncio.get_running_loop()
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._decode = OpusDecoder(CLOCK).decode
        self._microphone: VoiceTrack | None = None
        self._channel: RTCDataChannel
        self._came: deque[Data] = deque(maxlen=UNREAD)
        self._wake = asyncio.Event()
        self._over = False
        self._unsent = 0  # frames that the microphone still has
        self._sent = asyncio.Event()
        self._sent.set()

    async def send(self, data: Data) -> None:
        if self._microphone is None:
            await self._greet(wire.Hello.model_validate_json(data))
        elif isinstance(data, bytes):
            self._unsent += 1
            self._sent.clear()
            self._microphone.put(0, 0, from_pcm16(unpack(data).payload))
        elif self._channel.readyState != "open":
            raise LineError(f"{self._url}: the connection has ended")
        elif '"type":"played"' not in data:  # the server's track knows how far it is
            try:
                async with asyncio.timeout(CONNECT):
                    await self._sent.wait()  # a release does not overtake what was said before it
            except TimeoutError as error:
                raise LineError(f"{self._url}: the connection stands still") from error
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

    async def _greet(self, hello: wire.Hello) -> None:
        self._microphone = VoiceTrack(hello.audio_in.sample_rate, self._went)
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
            welcome = wire.Welcome.model_validate(answer["welcome"])
            microphone = wire.Format(sample_rate=hello.audio_in.sample_rate)
            pcm = {"audio_in": microphone, "audio_out": wire.Format(sample_rate=CLOCK)}
            self._put(welcome.model_copy(update=pcm).model_dump_json())
            await self._connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
            async with asyncio.timeout(CONNECT):
                await opened.wait()
        except (KeyError, ValueError) as error:
            raise LineError(f"{self._url}: this is no answer of a Parley server: {error}") from error
        except TimeoutError as error:
            raise LineError(f"{self._url}: no connection within {CONNECT:g} s; does a firewall stop UDP?") from error

    async def _post(self, offer: dict[str, Any]) -> dict[str, Any]:
        try:
            async with httpx2.AsyncClient(timeout=CONNECT) as client:
                response = await client.post(self._url, json=offer)
                told: dict[str, Any] = response.json()
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise LineError(
                f"no Parley server answers at {self._url} ({error}); start one with: parley serve"
            ) from error
        except ValueError as error:
            raise LineError(f"{self._url}: no WebRTC is spoken there; a Parley server does at /rtc") from error
        if not response.is_success:
            raise LineError(f"{self._url} refuses: {told.get('code', response.status_code)}: {told.get('message', '')}")
        return told

    def _went(self, *_: int) -> None:
        """The microphone sent a frame."""
        self._unsent -= 1
        if not self._unsent:
            self._sent.set()

    def _arrive(self, frame: Frame) -> None:
        """A packet, before what the network does to it."""
        if self._chance.random() >= self._network.loss:
            late = self._network.delay + self._chance.uniform(0.0, self._network.jitter)
            self._loop.call_later(late, self._hear, frame)

    def _hear(self, frame: Frame) -> None:
        payload = pcm16(self._decode(frame.payload))
        self._put(pack(SOUND, frame.sequence, frame.timestamp, payload))

    def _put(self, data: Data) -> None:
        self._came.append(data)
        self._wake.set()

    def _end(self) -> None:
        self._over = True
        self._wake.set()
