"""How late frames arrive that are sent at their own pace, and when to play them so that later ones arrive in time."""

from __future__ import annotations

from collections import deque

from pipeline.wire.frames import since

WINDOW = 200
"""The number of latest frames that count: about four seconds of them."""
SPARED = 2
"""How many of these frames may arrive too late: one bad moment is not worth a longer wait."""


class Lateness:
    """Gives the time to play a frame from the delays of the latest ones: later as soon as more of them are late, and
    earlier again once those are `WINDOW` frames ago.

    Only the part of the delay that varies counts (RFC 5481, section 4.2). Sound waits for a quantile of it, as in Moon,
    Kurose and Towsley, "Packet audio playback delay adjustment: performance bounds and algorithms", 1998. All times are
    seconds of one clock."""

    def __init__(self, sample_rate: int) -> None:
        """`sample_rate`, in Hz, is the unit of timestamps."""
        self._rate = sample_rate
        self._latest: tuple[int, float] | None = None  # a timestamp, and the time that it stands for
        self._ways: deque[float] = deque(maxlen=WINDOW)
        self._way = 0.0

    def came(self, timestamp: int, now: float) -> None:
        """Note that the frame of that timestamp arrived."""
        sent = now if self._latest is None else self._sent(timestamp)
        self._latest = timestamp, sent
        self._ways.append(now - sent)
        self._way = sorted(self._ways)[-min(SPARED + 1, len(self._ways))]

    def due(self, timestamp: int) -> float:
        """The time to play the frame of that timestamp, after at least one frame has arrived."""
        return self._sent(timestamp) + self._way

    def _sent(self, timestamp: int) -> float:
        """The time at which the frame was sent, as if the first frame had taken no time to arrive."""
        assert self._latest  # noqa: S101  for mypy
        latest, time = self._latest
        return time + since(timestamp, latest) / self._rate
