"""How late frames come that are sent in their own time, and when to play one so that those behind it keep up."""

from __future__ import annotations

from collections import deque

from pipeline.wire.frames import since

WINDOW = 200
"""Frames that are looked back on: about four seconds."""
SPARED = 2
"""Of them, so many may be later than what is waited for: one bad moment is not worth a longer wait."""


class Lateness:
    """Tells when to play, from how late the latest frames came: later as soon as more of them are late, and sooner
    again when those are `WINDOW` frames ago.

    What varies of the time on the way counts, not what is the same for all (RFC 5481, section 4.2); a quantile of it is
    how long sound waits, as in Moon, Kurose and Towsley, "Packet audio playback delay adjustment: performance bounds
    and algorithms", 1998. All times are seconds of one clock."""

    def __init__(self, sample_rate: int) -> None:
        """`sample_rate` in Hz: what timestamps count."""
        self._rate = sample_rate
        self._latest: tuple[int, float] | None = None  # a timestamp, and the time that it stands for
        self._ways: deque[float] = deque(maxlen=WINDOW)
        self._way = 0.0

    def came(self, timestamp: int, now: float) -> None:
        """A frame came."""
        sent = now if self._latest is None else self._sent(timestamp)
        self._latest = timestamp, sent
        self._ways.append(now - sent)
        self._way = sorted(self._ways)[-min(SPARED + 1, len(self._ways))]

    def due(self, timestamp: int) -> float:
        """When to play the frame of that timestamp; one has come before."""
        return self._sent(timestamp) + self._way

    def _sent(self, timestamp: int) -> float:
        """The time that it stands for, as if the first frame had taken no time."""
        assert self._latest  # noqa: S101  for mypy
        latest, time = self._latest
        return time + since(timestamp, latest) / self._rate
