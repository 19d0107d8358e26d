"""Opus, the codec of voices on networks, encoded and decoded by the FFmpeg in PyAV's wheel."""

from __future__ import annotations

import numpy as np

from models.protocols import Samples
from pipeline.devices.pcm import from_pcm16
from pipeline.devices.resample import Resampler
from pipeline.errors import MediaError

RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
"""The sample rates that Opus knows, in Hz (RFC 6716, section 2.1.3)."""
BITRATE = 32_000
"""Bits a second: speech in its full band (RFC 7587, section 3.1.1: 28 to 40 kbit/s)."""


class OpusEncoder:
    """Encodes one stream of sound, a packet for each frame."""

    def __init__(self, sample_rate: int, frame: int) -> None:
        """`sample_rate` is in Hz, one of `RATES`; `frame` is the samples in a frame: 10, 20, 40 or 60 ms of them."""
        from av.audio.codeccontext import AudioCodecContext
        from av.codec import CodecContext

        context = CodecContext.create("libopus", "w")
        assert isinstance(context, AudioCodecContext)  # noqa: S101  for mypy
        context.sample_rate, context.layout, context.format = sample_rate, "mono", "flt"
        context.bit_rate = BITRATE
        context.options = {
            "application": "voip",
            "frame_duration": str(1000 * frame // sample_rate),
            "fec": "1",
            "packet_loss": "5",
        }
        self._context, self._rate, self._time = context, sample_rate, 0

    def encode(self, samples: Samples) -> bytes:
        """Encode one frame, shape (frame,), as one packet."""
        from av import AudioFrame

        frame = AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
        frame.sample_rate, frame.pts = self._rate, self._time
        self._time += samples.size
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


class OpusDecoder:
    """Decodes the packets of one stream."""

    def __init__(self, sample_rate: int) -> None:
        """`sample_rate`, in Hz, is the stream's and that of the samples that `decode` returns."""
        from av.audio.codeccontext import AudioCodecContext
        from av.codec import CodecContext

        context = CodecContext.create("libopus", "r")
        assert isinstance(context, AudioCodecContext)  # noqa: S101  for mypy
        context.layout = "mono"  # libopus mixes stereo down
        self._context = context
        self._resampler = Resampler(RATES[-1], sample_rate)  # FFmpeg makes libopus decode at its full rate

    def decode(self, packet: bytes) -> Samples:
        """Decode one packet, shape (n,). Raises MediaError where it is no Opus packet."""
        from av import FFmpegError, Packet

        try:
            frames = self._context.decode(Packet(packet))
        except FFmpegError as error:
            raise MediaError(f"a packet of {len(packet)} bytes is no Opus: {error.strerror}") from None
        pieces = [from_pcm16(frame.to_ndarray()[0]) for frame in frames]  # 16-bit integers
        return self._resampler.feed(np.concatenate([np.zeros(0, np.float32), *pieces]))
