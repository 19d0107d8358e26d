"""A WebRTC connection, as aiortc makes it: voices in Opus both ways (RFC 7587), and a data channel (RFC 8831).

Only host candidates are offered, and those of the peer are not needed: the sender of the offer can reach this machine,
and its connectivity checks show their address (RFC 8445, section 7.3.1.3). So nothing is ever sent to an address that
an offer merely names."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from aiortc.sdp import SessionDescription
from av import Packet

from models.protocols import Samples
from pipeline.devices.card.player import FADE
from pipeline.devices.network.sender import FRAME
from pipeline.devices.opus import OpusEncoder
from pipeline.errors import MediaError
from pipeline.wire.frames import SOUND, WRAP, Frame

CLOCK = 48_000
"""Hz of the timestamps of Opus in RTP, whatever the rate of the sound (RFC 7587, section 4.1)."""
LABEL = "parley"
"""The label of the data channel, which the peer opens."""
CHANNELS = 8
"""The most other channels that a peer may open; they are closed at once."""
LATE = 0.06
"""Seconds by which a packet may be late without moving those after it; beyond, their times move as well."""
TAIL = 0.2
"""Seconds of silence that are encoded after sound; from then on the last packet is repeated."""
SHORT = 0.01
"""Seconds of silence in a packet while an answer is expected: the answer has to wait for the packet's end."""
LINES = 300
"""The most lines of an offer. Browsers write about 80, and the time to read them grows with their square."""
MEDIA = ["application", "audio"]
"""The kinds of media that an offer must have, sorted."""


class OpusTrack(MediaStreamTrack):
    """The avatar's voice as an RTP track: frames that are sent ahead wait here until their time.

    Silence is sent as well. A browser that receives none plays the next sound 60 to 90 ms later, because its jitter
    buffer has filled the gap with sound of its own."""

    kind = "audio"

    def __init__(self, sample_rate: int, went: Callable[[int, int, int], None]) -> None:
        """`sample_rate` is that of the frames, in Hz. `went` is called for each frame that is sent, with its timestamp,
        its position and its RTP timestamp."""
        super().__init__()
        self.latest: Callable[[], int] = lambda: 0
        """The RTP timestamp of the packet that was sent last."""
        self.expecting = False
        """True while an answer may begin at any moment."""
        self._went = went
        frame, fade = round(FRAME * sample_rate), round(FADE * sample_rate)
        self._encode, self._short = OpusEncoder(sample_rate, frame).encode, _short_silence(sample_rate)
        self._silence = np.zeros(frame, np.float32)
        self._fade = np.concatenate([np.linspace(1, 0, fade), self._silence[fade:]]).astype(np.float32)
        self._frames: deque[tuple[int, int, Samples]] = deque()
        self._tail, self._last = round(TAIL / FRAME), b""
        self._now = asyncio.get_running_loop().time
        self._began, self._time = 0.0, 0  # samples at `CLOCK` since then: when the next packet is due
        self._length = 0  # length of the packet before, in samples at `CLOCK`

    def put(self, timestamp: int, position: int, samples: Samples) -> None:
        """Add a frame after those that wait: `samples`, shape (n,), and where they lie in the sender's stream and in
        the answer, in samples."""
        self._frames.append((timestamp, position, samples))

    def flush(self) -> None:
        """Fall silent, and drop the frames that wait."""
        if self._frames:
            timestamp, position, samples = self._frames[0]
            self._frames = deque([(timestamp, position, samples * self._fade)])

    async def recv(self) -> Packet[Any]:
        """Wait until the next packet is due, and return it."""
        if not self._last:
            self._began = self._now()  # aiortc asks only once there is a connection
        ahead = self._began + self._time / CLOCK - self._now()
        skipped = round(-ahead * CLOCK) if ahead < -LATE else 0
        if ahead > 0:
            await asyncio.sleep(ahead)
        if self.readyState != "live":
            raise MediaStreamError
        payload, seconds = self._next(skipped + self._length)
        packet = Packet(payload)
        self._time += skipped
        packet.pts, packet.time_base = self._time, Fraction(1, CLOCK)
        self._length = round(seconds * CLOCK)
        self._time += self._length
        return packet

    def _next(self, since: int) -> tuple[bytes, float]:
        """The packet that follows the one before by `since` samples, and its length in seconds.

        The first is silent, because no timestamp is known before it."""
        if self._frames and self._last:
            timestamp, position, samples = self._frames.popleft()
            self._tail, self._last = round(TAIL / FRAME), self._encode(samples)
            self._went(timestamp, position, (self.latest() + since) % WRAP)
        elif self._tail:
            self._tail, self._last = self._tail - 1, self._encode(self._silence)
        elif self.expecting:
            return self._short, SHORT
        return self._last, FRAME


@cache
def _short_silence(sample_rate: int) -> bytes:
    """A silent packet of `SHORT` seconds; another encoder's packets before and after it sound as they would without
    it."""
    frame = np.zeros(round(SHORT * sample_rate), np.float32)
    encode = OpusEncoder(sample_rate, frame.size).encode
    return [encode(frame) for _ in range(round(TAIL / SHORT))][-1]  # the first packets are a beginning


class Peer:
    """One WebRTC connection. Its callbacks run in the event loop's thread, and must not raise."""

    def __init__(self, heard: Callable[[Frame], None], said: Callable[[str | bytes], None]) -> None:
        """`heard` takes the packets of the peer's voice as they arrive, with timestamps at `CLOCK`; `said` takes its
        messages."""
        self._said = said
        self._early: list[str] = []
        self._channel: RTCDataChannel | None = None
        self._others = 0
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._connection.on("datachannel", self._open)
        voices = self._connection.addTransceiver("audio", "sendrecv")
        voices.setCodecPreferences(
            [codec for codec in RTCRtpSender.getCapabilities("audio").codecs if codec.mimeType == "audio/opus"]
        )
        self._sender = voices.sender
        tap(voices.receiver, heard)

    async def answer(self, offer: str) -> str:
        """The answer to an offer, both in SDP (RFC 8866), with all of this machine's candidates. Raises MediaError."""
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(_checked(offer), "offer"))
            await self._connection.setLocalDescription()
        except MediaError:
            raise
        except Exception as error:  # aiortc raises any error on an offer that it cannot read
            raise MediaError(f"this offer cannot be answered: {error}") from error
        return self._connection.localDescription.sdp

    def speak(self, track: OpusTrack) -> None:
        """Send this track to the peer from now on."""
        track.latest = lambda: int(getattr(self._sender, _LATEST))
        self._sender.replaceTrack(track)

    def send(self, text: str) -> None:
        """Send a message; it waits until the peer has opened the channel."""
        if self._channel is None:
            self._early.append(text)
        elif self._channel.readyState == "open":
            self._channel.send(text)

    @property
    def unsent(self) -> int:
        """Bytes of messages that the peer has not taken yet."""
        return self._channel.bufferedAmount if self._channel else sum(map(len, self._early))

    @property
    def opened(self) -> bool:
        """Whether the peer is there, and has opened the channel."""
        return self._channel is not None

    @property
    def over(self) -> bool:
        """Whether the peer or the network has ended the connection."""
        ended = self._channel is not None and self._channel.readyState != "open"
        return ended or self._connection.connectionState in {"failed", "closed"}

    @property
    def flooding(self) -> bool:
        """Whether the peer sends more than it may. aiortc announces the limit, but takes everything (RFC 9260,
        section 6.2)."""
        association: Any = self._connection.sctp
        return self._others > CHANNELS or (association is not None and association._advertised_rwnd < 0)

    async def received(self) -> int:
        """The number of packets that arrived so far."""
        report: dict[str, Any] = await self._connection.getStats()
        return sum(part.packetsReceived for part in report.values() if part.type == "transport")

    async def close(self) -> None:
        """End the connection and free what it holds."""
        await self._connection.close()

    def _open(self, channel: RTCDataChannel) -> None:
        if channel.label != LABEL or self._channel:
            self._others += 1
            channel.close()
            return
        self._channel = channel
        channel.on("message", self._said)
        for text in self._early:
            channel.send(text)
        self._early.clear()


# These attributes of aiortc are private; tests/pipeline/devices/network/test_rtc.py fails when they change.

_LATEST = "_RTCRtpSender__rtp_timestamp"
_JITTER_BUFFER = "_RTCRtpReceiver__jitter_buffer"


class _Tap:
    """Takes the place of a receiver's jitter buffer, and passes on every packet.

    aiortc's own buffer waits for 80 ms of sound. A lost packet stops it for a third of a second, and that delay stays.
    `pipeline.devices.network.receiver` puts the packets in order instead, without waiting where they are in order."""

    def __init__(self, heard: Callable[[Frame], None]) -> None:
        self._heard = heard
        self._sequence: int | None = None

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        """Pass on a packet. The answer asks aiortc to request no picture and to decode no frame."""
        number = packet.sequence_number
        if self._sequence is None:
            self._sequence = number
        # RTP counts to 2**16, so this is the nearest number with the same last 16 bits
        self._sequence = (self._sequence + (number - self._sequence + 2**15) % 2**16 - 2**15) % WRAP
        if packet.payload:
            self._heard(Frame(SOUND, self._sequence, packet.timestamp, packet.payload))
        return False, None


def tap(receiver: RTCRtpReceiver, heard: Callable[[Frame], None]) -> None:
    """Call `heard` with a receiver's packets as they arrive, with timestamps at `CLOCK`; its track gives no frames."""
    assert hasattr(receiver, _JITTER_BUFFER)  # noqa: S101  fails with another version of aiortc
    setattr(receiver, _JITTER_BUFFER, _Tap(heard))


def _checked(offer: str) -> str:
    """The offer without its candidates. Raises MediaError."""
    lines = offer.splitlines()
    if len(lines) > LINES:
        raise MediaError(f"an offer of {len(lines)} lines; {LINES} are the most")
    text = "".join(f"{line}\r\n" for line in lines if not line.startswith(("a=candidate:", "a=end-of-candidates")))
    try:
        description = SessionDescription.parse(text)
    except Exception as error:  # the parser raises AssertionError, IndexError and others
        raise MediaError(f"the offer is no session description in SDP: {error!r}") from error
    kinds = sorted(media.kind for media in description.media)
    if kinds != MEDIA:
        raise MediaError(f"the offer is of {', '.join(kinds) or 'nothing'}; expected one audio and one data channel")
    bundled = [sorted(group.items) for group in description.group if group.semantic == "BUNDLE"]
    names = {media.rtp.muxId for media in description.media}
    if bundled != [sorted(names)] or len(names) != len(MEDIA):
        raise MediaError("the offer's audio and data channel must be in one BUNDLE group (RFC 9143)")
    if not all(media.dtls and media.dtls.fingerprints for media in description.media):
        raise MediaError("the offer has no fingerprint and setup role for DTLS (RFC 8842)")
    if not any(codec.name.lower() == "opus" for media in description.media for codec in media.rtp.codecs):
        raise MediaError("the offer's audio has no opus/48000/2")
    return text
