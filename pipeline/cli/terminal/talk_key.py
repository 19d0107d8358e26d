"""One key that is tapped or held to talk, on terminals with and without release events."""

from __future__ import annotations

TAP = 0.3
"""Seconds within which a released key was tapped: talking then goes on until the next tap."""
REPEAT = 0.15
"""Seconds within which presses that follow each other are one held key that repeats itself (systems repeat it every 30
to 90 ms)."""
DELAY = 0.8
"""The most seconds until a held key begins to repeat (systems wait for 250 to 660 ms)."""
LET_GO = 0.2
"""Seconds without a repetition after which a held key counts as released."""


class TalkKey:
    """Tap to begin and tap to end, or hold while talking.

    Few terminals report when a key is released. On the others a held key repeats itself, and counts as released when
    that ends, so a press that may be the first repetition waits for the second one. Times are seconds on any clock."""

    def __init__(self) -> None:
        self.talking = False
        self._pressed = float("-inf")  # the latest press
        self._began = float("-inf")
        self._down = False  # known from a terminal that reports releases
        self._tells = False  # whether the terminal reports releases
        self._repeats = False
        self._doubtful = False  # the latest press may have been a repetition

    def press(self, at: float) -> bool:
        """Take a press or a repetition of the key; returns whether the user talks."""
        gap, self._pressed = at - self._pressed, at
        if self._tells:
            if not self._down:
                self._turn(not self.talking, at)
            self._down = True
        elif gap < REPEAT:
            self._repeats, self._doubtful = self.talking, False
        elif self.talking and at - self._began < DELAY and not self._doubtful:
            self._doubtful = True
        else:
            self._turn(not self.talking, at)
        return self.talking

    def release(self, at: float) -> bool:
        """Take the terminal's report that the key was released; returns whether the user talks."""
        self._tells, self._down = True, False
        self._doubtful = self._repeats = False
        if self.talking and at - self._began >= TAP:
            self._turn(False, at)
        return self.talking

    def tick(self, at: float) -> bool:
        """Check the time; call it ten times a second or more often. Returns whether the user talks."""
        quiet = at - self._pressed
        if (self._repeats and quiet > LET_GO) or (self._doubtful and quiet > REPEAT):
            self._turn(False, at)
        return self.talking

    def stop(self) -> None:
        """Note that talking ended for another reason."""
        self._turn(False, self._began)

    def _turn(self, talking: bool, at: float) -> None:
        self.talking, self._repeats, self._doubtful = talking, False, False
        if talking:
            self._began = at
