from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.waves import dominant, loudness, tone

from pipeline.devices.opus import BITRATE, RATES, OpusDecoder, OpusEncoder
from pipeline.errors import MediaError


@pytest.mark.parametrize(("rate", "milliseconds"), [*((rate, 20) for rate in RATES), (48_000, 10), (24_000, 60)])
def test_what_is_encoded_is_heard_again(rate: int, milliseconds: int) -> None:
    size = rate * milliseconds // 1000
    encoder, decoder, sound = OpusEncoder(rate, size), OpusDecoder(rate), tone(1.2, 440.0, 0.3, rate)
    packets = [encoder.encode(sound[start : start + size]) for start in range(0, sound.size, size)]
    heard = np.concatenate([decoder.decode(packet) for packet in packets])
    assert all(packets), "one packet for each frame, at once"
    assert heard.dtype == np.float32
    assert heard.size / rate == pytest.approx(1.2, abs=0.01)
    middle = heard[rate // 4 : -rate // 4]
    assert dominant(middle, rate) == pytest.approx(440.0, abs=4)
    assert loudness(middle) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)
    assert 8 * sum(map(len, packets)) / 1.2 < 2 * BITRATE


@given(st.binary(min_size=1, max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_packet_or_none(packet: bytes) -> None:
    decoder = OpusDecoder(48_000)
    with suppress(MediaError):
        assert np.isfinite(decoder.decode(packet)).all()


def test_a_packet_that_is_none_says_so_and_the_next_is_heard() -> None:
    encoder, decoder = OpusEncoder(16_000, 320), OpusDecoder(16_000)
    with pytest.raises(MediaError, match="a packet of 1 bytes is no Opus"):
        decoder.decode(b"\xff")
    assert decoder.decode(encoder.encode(tone(0.02))).size
