"""A WebRTC client of the Parley protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from models.protocols import Samples
from pipeline.devices.network.rtc import CLOCK, LABEL, OpusTrack, tap
from pipeline.devices.opus import OpusDecoder
from pipeline.wire.frames import WRAP, Frame

RATE = 16_000
"""Hz of the microphone."""
PATIENCE = 60.0
"""Seconds in which a server answers, and a line is there."""
FRAME = 320
"""Samples in what the microphone gives at once."""


class RtcClient:
    """One connection: a microphone that is silent until somebody says something, an ear, and messages."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.welcome: dict[str, Any] = {}
        self.messages: list[dict[str, Any]] = []
        """All that the server told, with the time of arrival as ``at``."""
        self.packets: list[tuple[float, int, Samples]] = []
        """All that was heard: time of arrival, RTP timestamp, sound at `CLOCK`."""
        self._microphone = OpusTrack(RATE, self._went)
        self._unsent = 0  # frames
        self._decoder = OpusDecoder(CLOCK)
        self._news = asyncio.Event()
        tap(self.connection.addTransceiver(self._microphone, "sendrecv").receiver, self._hear)
        self.channel = self.connection.createDataChannel(LABEL)
        self.channel.on("message", self._told)

    async def offer(self) -> str:
        """The offer, in SDP."""
        await self.connection.setLocalDescription()
        return self.connection.localDescription.sdp

    async def connect(self, url: str, hello: dict[str, Any]) -> None:
        """Say hello; returns when the data channel is open. Raises HTTPError."""
        opened = asyncio.Event()
        self.channel.on("open", opened.set)
        answer = await post(url, {"sdp": await self.offer(), "type": "offer", "hello": {"type": "hello", **hello}})
        self.welcome = answer["welcome"]
        await self.connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        await opened.wait()

    async def say(self, samples: Samples) -> None:
        """Speak, at `RATE`; returns when the last of it has been sent."""
        frames = np.append(samples, np.zeros(-samples.size % FRAME, np.float32)).reshape(-1, FRAME)
        for frame in frames:
            self._microphone.put(0, 0, frame)
        self._unsent += len(frames)
        while self._unsent:  # a slow machine takes longer than the sound
            self._news.clear()
            await self._news.wait()
        await asyncio.sleep(FRAME / RATE)  # the last is on its way out

    def send(self, kind: str, **fields: Any) -> None:
        """Send a message."""
        self.channel.send(json.dumps({"type": kind, **fields}))

    async def told(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The latest message of that type, once so many have come."""
        while len(found := [message for message in self.messages if message["type"] == kind]) < count:
            self._news.clear()
            await self._news.wait()
        return found[-1]

    def heard(self) -> Samples:
        """All that was heard, with silence where nothing came, shape (n,), at `CLOCK`."""
        if not self.packets:
            return np.zeros(0, np.float32)
        first = self.packets[0][1]
        ends = [(stamp - first) % WRAP + samples.size for _, stamp, samples in self.packets]
        sound = np.zeros(max(ends), np.float32)
        for end, (_, _, samples) in zip(ends, self.packets, strict=True):
            sound[end - samples.size : end] = samples
        return sound

    async def close(self) -> None:
        """Hang up."""
        await self.connection.close()

    def _went(self, *_: int) -> None:
        self._unsent -= 1
        self._news.set()

    def _hear(self, frame: Frame) -> None:
        now = asyncio.get_running_loop().time()
        self.packets.append((now, frame.timestamp, self._decoder.decode(frame.payload)))

    def _told(self, text: str) -> None:
        self.messages.append({**json.loads(text), "at": asyncio.get_running_loop().time()})
        self._news.set()


@asynccontextmanager
async def calling(url: str, **hello: Any) -> AsyncIterator[RtcClient]:
    """A client that is connected to the server at this URL."""
    client = RtcClient()
    try:
        async with asyncio.timeout(PATIENCE):
            await client.connect(url, hello)
        yield client
    finally:
        await client.close()


async def post(url: str, body: Any, token: str = "") -> dict[str, Any]:
    """What the server answers to an offer. Raises HTTPError."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = Request(f"{url.rstrip('/')}/rtc", data, headers)

    def send() -> dict[str, Any]:
        with urlopen(request, timeout=PATIENCE) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    return await asyncio.to_thread(send)


def refusal(error: HTTPError) -> dict[str, Any]:
    """What the server says in place of an answer."""
    with error:
        told: dict[str, Any] = json.load(error)
        return told
