"""One key that is tapped or held to talk, whatever the terminal tells of it."""

from __future__ import annotations

TAP = 0.3
"""Seconds: a key let go sooner was tapped, and talking goes on until the next tap."""
REPEAT = 0.15
"""Seconds: presses that follow each other faster are one held key that repeats itself (systems repeat it every 30 to
90 ms)."""
DELAY = 0.8
"""Seconds until a held key begins to repeat, at most (systems wait for 250 to 660 ms)."""
LET_GO = 0.2
"""Seconds without a repetition after which a held key was let go."""


class TalkKey:
    """Tap to begin and tap to end, or hold while talking.

    Few terminals tell when a key is let go. On the others a held key repeats itself, and is let go when that ends; so a
    press that may be the first repetition waits for the second one. Times are seconds on any clock."""

    def __init__(self) -> None:
        self.talking = False
        self._pressed = float("-inf")  # the latest press
        self._began = float("-inf")
        self._down = False  # known from a terminal that tells of releases
        self._tells = False  # whether it does
        self._repeats = False
        self._doubtful = False  # the latest press may have been a repetition

    def press(self, at: float) -> bool:
        """The key is down, or repeats itself; true while the user talks."""
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
        """The terminal says that the key was let go."""
        self._tells, self._down = True, False
        self._doubtful = self._repeats = False
        if self.talking and at - self._began >= TAP:
            self._turn(False, at)
        return self.talking

    def tick(self, at: float) -> bool:
        """To be called some ten times a second or more often."""
        quiet = at - self._pressed
        if (self._repeats and quiet > LET_GO) or (self._doubtful and quiet > REPEAT):
            self._turn(False, at)
        return self.talking

    def stop(self) -> None:
        """Talking ended for another reason."""
        self._turn(False, self._began)

    def _turn(self, talking: bool, at: float) -> None:
        self.talking, self._repeats, self._doubtful = talking, False, False
        if talking:
            self._began = at
