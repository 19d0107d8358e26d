"""Where an utterance begins, pauses and ends in continuous sound, by the voice detector's opinion of each window."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

import numpy as np

from models.protocols import Samples
from pipeline.graph.turns import Turns

RELEASE = 0.15
"""A voice lasts until its probability is this far below the threshold: words fade, and hysteresis keeps them whole."""

BRIEF = 0.25
"""Seconds of quiet after which a sound too short for a word is over."""

FAINT = 0.6
"""Seconds of faint voice in one pause that are the user's after all. Somebody else's last longer, but by then the pause
was long enough for those who had finished."""

FORGETTING = 6.0
"""Decibels a second by which the loudness of the user's voice is forgotten while they are silent."""


class Mark(Enum):
    """What a window of sound meant."""

    BEGAN = auto()
    """The user speaks."""
    PAUSED = auto()
    """They may have finished: `turns.hint` seconds of quiet."""
    WENT_ON = auto()
    """They had not."""
    ENDED = auto()
    """They have; or the utterance grew too long, and goes on as the next (see `Endpointer.carried`)."""
    DISMISSED = auto()
    """That was too short for a word."""


class Endpointer:
    """Follows the user's voice from window to window.

    An utterance begins with its first voiced window, and ends when `pause` seconds went by without voice. One that
    grows past `turns.longest` is cut where it was least voiced, and goes on as the next."""

    def __init__(self, turns: Turns, window: float, *, foreground: bool = False) -> None:
        """`window` is the length of one in seconds. With `foreground`, voices much fainter than the user's are quiet
        for a while, so that nobody waits until those in the background have finished."""
        self.turns, self.window = turns, window
        self._gate = 10 ** (-turns.foreground / 20) if foreground else 0.0
        self._fading = 10 ** (-FORGETTING * window / 20)
        self._loudness = 0.0  # of the user's voice
        self._faint = 0  # windows of faint voice in this pause
        self._returned = 0  # those of them behind silence: more than a word that fades
        self._silent = False  # there was silence in this pause
        self._recent: deque[float] = deque(maxlen=self.count(turns.longest / 4))  # probabilities
        self.pause = turns.pause
        """Seconds of quiet that end the utterance; whoever knows better may change it until it ends."""
        self.length = 0
        """Windows since the utterance began; 0 while nobody speaks."""
        self.quiet = 0
        """Windows since the last voiced one."""
        self.voiced = 0
        """Voiced windows of the utterance."""
        self.lasting = 0
        """Voiced windows of late; each quiet one takes one away, so that a dip within a word counts little."""
        self.carried = 0
        """Windows at the end of an utterance that grew too long which belong to the next."""

    def count(self, seconds: float) -> int:
        """How many windows that is, one at least."""
        return max(1, round(seconds / self.window))

    @property
    def worthy(self) -> bool:
        """Long enough for a word."""
        return self.voiced >= self.count(self.turns.shortest)

    def feed(self, window: Samples, probability: float) -> Mark | None:
        """Take the next window, shape (n,)."""
        voiced = self._is_voiced(window, probability)
        if not self.length:
            self.lasting = 0
            return self._begin() if voiced else None
        self.length += 1
        self._recent.append(probability)
        if voiced:
            paused = self.quiet >= self.count(self.turns.hint)
            self.voiced += 1
            self.lasting += 1
            self.quiet = 0
            if self.length >= self.count(self.turns.longest):
                return self._cut()
            return Mark.WENT_ON if paused else None
        self.quiet += 1
        self.lasting = max(0, self.lasting - 1)
        return self._fall_silent()

    def stop(self) -> Mark | None:
        """The sound is over."""
        if not self.length:
            return None
        return self._end()

    def _begin(self) -> Mark:
        self.length = self.voiced = self.lasting = 1
        self.quiet = self.carried = 0
        self.pause = self.turns.pause
        self._recent.clear()
        return Mark.BEGAN

    def _fall_silent(self) -> Mark | None:
        if self.quiet >= self._needed():
            return self._end()
        if self.length >= self.count(self.turns.longest):
            return self._cut()
        return Mark.PAUSED if self.quiet == self.count(self.turns.hint) else None

    def _needed(self) -> int:
        """Windows of quiet that end the utterance. Where nobody is sure, a faint voice behind silence is no quiet."""
        if not self.worthy:
            return self.count(min(self.pause, BRIEF))
        return self.count(self.pause) + (self._returned if self.pause >= self.turns.patience else 0)

    def _end(self) -> Mark:
        self.length = self.carried = 0
        return Mark.ENDED if self.worthy else Mark.DISMISSED

    def _cut(self) -> Mark:
        """Cut at the least voiced of the latest windows, which begins the next utterance."""
        recent = np.array(self._recent)
        self.carried = self.length = len(recent) - int(np.argmin(recent))
        self.voiced = int(np.count_nonzero(recent[-self.carried :] >= self.turns.threshold))
        self.pause = self.turns.pause
        return Mark.ENDED

    def _is_voiced(self, window: Samples, probability: float) -> bool:
        lasting = self.length > 0 and not self.quiet
        if probability < self.turns.threshold - (RELEASE if lasting else 0.0):
            self._loudness *= self._fading
            self._silent = True
            return False
        loudness = float(np.sqrt(np.square(window).mean())) if self._gate else 0.0
        if loudness < self._gate * self._loudness:
            self._faint += 1
            self._returned += self._silent
            if self._faint < self.count(FAINT):
                return False
        self._loudness = max(loudness, self._loudness * self._fading)
        self._faint = self._returned = 0
        self._silent = False
        return True
