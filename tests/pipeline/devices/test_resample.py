from __future__ import annotations

import numpy as np
import pytest
from support.waves import dominant, tone

from pipeline.devices.resample import Resampler


@pytest.mark.parametrize(("rate", "wanted"), [(24_000, 48_000), (48_000, 16_000), (44_100, 16_000), (16_000, 22_050)])
@pytest.mark.parametrize("block", [1, 320, 441, 100_000])
def test_pieces_join_without_a_click(rate: int, wanted: int, block: int) -> None:
    sound = tone(0.5, 440.0, sample_rate=rate)
    resampler = Resampler(rate, wanted)
    pieces = [resampler.feed(sound[start : start + block]) for start in range(0, sound.size, block)]
    joined = np.concatenate([*pieces, resampler.flush()])
    assert joined.dtype == np.float32
    assert joined.size == pytest.approx(wanted / 2, abs=8)
    assert dominant(joined, wanted) == pytest.approx(440.0, abs=3.0)
    inner = joined[wanted // 100 : -wanted // 100]
    assert np.abs(np.diff(inner)).max() < 1.05 * np.pi * 440.0 / wanted
    assert np.abs(inner).max() == pytest.approx(0.5, abs=0.02)


def test_little_is_kept_back() -> None:
    for rate, wanted in ((24_000, 48_000), (44_100, 16_000)):
        assert Resampler(rate, wanted).feed(tone(0.5, sample_rate=rate)).size >= 0.498 * wanted


def test_the_same_rate_is_left_alone() -> None:
    resampler, sound = Resampler(16_000, 16_000), tone(0.1)
    assert resampler.feed(sound) is sound
    assert resampler.flush().size == 0


def test_a_new_stream_after_a_flush() -> None:
    resampler = Resampler(24_000, 16_000)
    first, second = (
        np.concatenate([resampler.feed(tone(0.1, sample_rate=24_000)), resampler.flush()]) for _ in range(2)
    )
    assert np.array_equal(first, second)
    assert resampler.feed(np.zeros(0, np.float32)).size == 0
