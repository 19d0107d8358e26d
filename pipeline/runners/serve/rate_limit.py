"""How much sound and how many messages a client may send."""

from __future__ import annotations

import asyncio

from pipeline.runners.serve.refusal import Refused

SOUND_RATE, SOUND_BURST = 1.5, 10.0
"""Seconds of sound per second, and seconds of sound at once. A microphone gives one per second; a network may delay
some and deliver it at once."""
MESSAGE_RATE, MESSAGE_BURST = 50.0, 300.0
"""Messages per second, and messages at once."""


class RateLimit:
    """Two token buckets (ITU-T I.371, "generic cell rate algorithm"), one for sound and one for messages."""

    def __init__(self) -> None:
        self._time = asyncio.get_running_loop().time
        self._sound, self._messages = SOUND_BURST, MESSAGE_BURST
        self._at = self._time()
        self.exceeded = False
        """Whether the client has sent too much."""

    def sound(self, seconds: float) -> None:
        """Count `seconds` of sound that came. Raises Refused where it is too much."""
        self._fill()
        self._sound -= seconds
        if self._sound < 0:
            self._refuse(f"more than {SOUND_RATE:g} s of sound a second; send it as fast as it is spoken")

    def message(self) -> None:
        """Count a message that came. Raises Refused where there are too many."""
        self._fill()
        self._messages -= 1
        if self._messages < 0:
            self._refuse(f"more than {MESSAGE_RATE:g} messages a second; report less often")

    def _fill(self) -> None:
        now = self._time()
        passed, self._at = now - self._at, now
        self._sound = min(SOUND_BURST, self._sound + SOUND_RATE * passed)
        self._messages = min(MESSAGE_BURST, self._messages + MESSAGE_RATE * passed)

    def _refuse(self, message: str) -> None:
        self.exceeded = True
        raise Refused("too-fast", message)
