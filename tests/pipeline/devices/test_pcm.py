from __future__ import annotations

import numpy as np
import pytest

from pipeline.devices.pcm import from_pcm16, to_pcm16


def test_every_integer_comes_back_as_it_was() -> None:
    integers = np.arange(-(2**15), 2**15, dtype="<i2")
    samples = from_pcm16(integers.tobytes())
    assert samples.dtype == np.float32
    assert (samples.min(), samples.max(), samples[2**15]) == (-1.0, 1.0 - 2**-15, 0.0)
    assert to_pcm16(samples) == integers.tobytes()


def test_the_nearest_integer_is_written_and_none_wraps() -> None:
    steps = np.array([0.49, 0.51, -0.49, -0.51, 1.6], np.float32) / 2**15
    loud = np.array([1.0, -1.0, 3e38, -np.inf, np.inf], np.float32)
    written = np.frombuffer(to_pcm16(np.concatenate([steps, loud])), "<i2")
    assert written.tolist() == [0, 1, 0, -1, 2, 32767, -32768, 32767, -32768, 32767]


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of element size"):
        from_pcm16(b"\0\0\0")
