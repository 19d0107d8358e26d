"""The avatar's voice on a WebRTC track, and what is asked of aiortc."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from aiortc import RTCPeerConnection
from aiortc.rtp import RtpPacket

from models.protocols import Samples
from pipeline.devices.network.rtc import CLOCK, LATE, LINES, OpusTrack, Peer, tap
from pipeline.devices.opus import OpusDecoder
from pipeline.errors import MediaError
from pipeline.testing import read, run, tones
from pipeline.wire.frames import Frame

RATE = 24_000
FRAME = 480


class Listener:
    """Takes a track's packets, as aiortc's sender does."""

    def __init__(self) -> None:
        self.went: list[tuple[int, int, int]] = []
        self.track = OpusTrack(RATE, lambda *frame: self.went.append(frame))
        self.track.latest = lambda: self.times[-1]
        self.times: list[int] = []
        self._decoder = OpusDecoder(CLOCK)
        self._sound: list[Samples] = []

    async def listen(self, packets: int) -> None:
        for _ in range(packets):
            packet = await self.track.recv()
            assert packet.pts is not None
            self.times.append(packet.pts)
            self._sound.append(self._decoder.decode(bytes(packet)))

    def heard(self) -> str:
        return read(np.concatenate(self._sound), CLOCK)

    def say(self, text: str) -> int:
        sound = tones(text, RATE)
        for start in range(0, sound.size, FRAME):
            self.track.put(start, 2 * start, np.resize(sound[start : start + FRAME], FRAME))
        return sound.size // FRAME


def test_what_was_sent_ahead_goes_out_in_time() -> None:
    async def main() -> None:
        began = asyncio.get_running_loop().time()
        listener = Listener()
        frames = listener.say("a lantern")
        await listener.listen(1 + frames + 20)
        assert listener.heard() == "a lantern"
        assert np.diff(listener.times).tolist() == [960] * (frames + 20)
        assert asyncio.get_running_loop().time() - began == pytest.approx(0.02 * (frames + 20))
        # The first packet is silent: an answer's RTP timestamps count from one that was sent.
        assert listener.went == [(480 * k, 960 * k, 960 * (k + 1)) for k in range(frames)]

    run(main())


def test_silence_costs_no_encoding() -> None:
    async def main() -> None:
        listener = Listener()
        listener.say("ab")
        await listener.listen(30)
        packets = {bytes(await listener.track.recv()) for _ in range(20)}
        assert len(packets) == 1
        listener.say("cd")
        await listener.listen(30)
        assert listener.heard() == "ab cd"

    run(main())


def test_an_expected_answer_waits_for_the_end_of_a_short_packet_only() -> None:
    async def main() -> None:
        listener = Listener()
        await listener.listen(20)
        listener.track.expecting = True
        await listener.listen(7)
        listener.say("a lantern")
        listener.track.expecting = False
        await listener.listen(40)
        assert np.diff(listener.times).tolist() == [960] * 20 + [480] * 7 + [960] * 39
        assert listener.went[0] == (0, 0, listener.times[27])
        assert listener.heard() == "a lantern"

    run(main())


def test_flush_leaves_only_a_faded_frame() -> None:
    async def main() -> None:
        listener = Listener()
        listener.say("aaaaaaaa")
        await listener.listen(7)
        listener.track.flush()
        await listener.listen(40)
        assert len(listener.went) == 7
        assert listener.heard() in {"a", "aa", "aaa"}

    run(main())


def test_after_a_hold_up_the_rest_moves_and_nothing_is_lost() -> None:
    async def main() -> None:
        listener = Listener()
        frames = listener.say("lantern")
        await listener.listen(5)
        await asyncio.sleep(LATE + 0.5)
        await listener.listen(frames)
        assert len(listener.went) == frames
        steps = np.diff(listener.times)
        assert (steps == 960).sum() == steps.size - 1
        assert steps.max() == pytest.approx(960 + CLOCK * (LATE + 0.48), abs=1000)

    run(main())


def test_aiortc_still_has_what_is_replaced_in_it() -> None:
    """A receiver has a jitter buffer by that name, a sender its latest timestamp; sequence numbers wrap at 2**16."""
    heard: list[Frame] = []

    async def main() -> None:
        connection = RTCPeerConnection()
        receiver: Any = connection.addTransceiver("audio", "sendrecv").receiver
        tap(receiver, heard.append)
        buffer = receiver._RTCRtpReceiver__jitter_buffer
        for number in (65_534, 0, 65_535, 1):
            packet = RtpPacket(payload_type=96, sequence_number=number, timestamp=7, payload=b"x")
            assert buffer.add(packet) == (False, None)
        buffer.add(RtpPacket(payload_type=96, sequence_number=2, timestamp=7, payload=b""))
        sender: Any = connection.getSenders()[0]
        assert sender._RTCRtpSender__rtp_timestamp == 0
        await connection.close()

    asyncio.run(main())
    assert [frame.sequence for frame in heard] == [65_534, 65_536, 65_535, 65_537]


@pytest.mark.parametrize(
    ("offer", "complaint"),
    [
        ("", "of nothing"),
        ("garbage\r\nmore", "of nothing"),
        ("v=0\r\nm=audio x", "no session description"),
        ("v=0\r\n" + "a=x\r\n" * LINES, "lines"),
        ("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "of video"),
    ],
)
def test_an_offer_that_is_none(offer: str, complaint: str) -> None:
    async def main() -> None:
        peer = Peer(lambda _: None, lambda _: None)
        with pytest.raises(MediaError, match=complaint):
            await peer.answer(offer)
        await peer.close()

    asyncio.run(main())
