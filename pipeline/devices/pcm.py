"""Sound as signed 16-bit integers: the one place that converts between them and floating point numbers.

Full scale is 2**15 in both directions, as in FFmpeg and WebRTC. Dividing by a power of two is exact, so a 16-bit sample
that is read and written again stays the same, bit by bit. The integers reach one step less far above zero than below
it, so samples of 1.0 and more become 32767.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.protocols import Samples

FULL_SCALE = np.float32(2**15)
LOWEST, HIGHEST = np.float32(-1.0), np.float32(1.0 - 2**-15)
"""The samples that the least and the greatest integer stand for."""
WIDTH = 2
"""Bytes in a sample."""


def to_pcm16(samples: Samples) -> bytes:
    """Write `samples`, shape (n,), as 16-bit little-endian integers, each the nearest; none of `samples` may be NaN.

    What exceeds full scale is clipped."""
    within = np.minimum(np.maximum(samples, LOWEST), HIGHEST)  # np.clip takes twice as long for a frame of 20 ms
    return np.rint(within * FULL_SCALE).astype("<i2").tobytes()


def from_pcm16(data: bytes | bytearray | memoryview[int] | NDArray[np.int16]) -> Samples:
    """Read 16-bit little-endian integers as samples, shape (n,). Raises ValueError for an odd number of bytes."""
    return np.frombuffer(data, "<i2").astype(np.float32) / FULL_SCALE
