"""Endpointing: where an utterance begins, pauses and ends in continuous sound, from the probability of voice of each
window."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

import numpy as np

from models.protocols import Samples
from pipeline.graph.turns import Turns

RELEASE = 0.15
"""How far below the threshold the probability falls before a voice ends. Words fade, and this hysteresis keeps them
whole."""

BRIEF = 0.25
"""Seconds of quiet after which a sound too short for a word is over."""

FAINT = 0.6
"""Seconds of faint voice in one pause that still belong to the user. Other people's voices last longer, but after so
long a pause a user who had finished has been answered."""

FORGETTING = 6.0
"""Decibels per second by which the remembered loudness of the user's voice falls while the user is silent."""


class Mark(Enum):
    """What a window of sound tells of the utterance."""

    BEGAN = auto()
    """The user began to speak."""
    PAUSED = auto()
    """The user may have finished: `turns.hint` seconds of quiet have passed."""
    WENT_ON = auto()
    """The user had not finished."""
    ENDED = auto()
    """The user has finished, or the utterance grew too long and goes on as the next one (see `Endpointer.carried`)."""
    DISMISSED = auto()
    """The sound was too short for a word."""


class Endpointer:
    """Follows the user's voice from window to window.

    An utterance begins with its first voiced window, and ends after `pause` seconds without voice. An utterance that
    grows past `turns.longest` is cut where it was least voiced, and goes on as the next one."""

    def __init__(self, turns: Turns, window: float, *, foreground: bool = False) -> None:
        """`window` is the length of a window in seconds. With `foreground`, voices much fainter than the user's count
        as quiet for a while, so that the user need not wait until people in the background have finished."""
        self.turns, self.window = turns, window
        self._gate = 10 ** (-turns.foreground / 20) if foreground else 0.0
        self._fading = 10 ** (-FORGETTING * window / 20)
        self._loudness = 0.0  # loudness of the user's voice
        self._faint = 0  # windows of faint voice in this pause
        self._returned = 0  # those of them after silence, which are more than a word that fades
        self._silent = False  # whether there was silence in this pause
        self._recent: deque[float] = deque(maxlen=self.count(turns.longest / 4))  # probabilities of the latest windows
        self.pause = turns.pause
        """Seconds of quiet that end the utterance. The floor may change it until the utterance ends."""
        self.length = 0
        """Windows since the utterance began; 0 while the user is silent."""
        self.quiet = 0
        """Windows since the last voiced window."""
        self.voiced = 0
        """Voiced windows of the utterance."""
        self.lasting = 0
        """Voiced windows of the last moments. Each quiet window takes one away, so that a dip within a word counts
        little."""
        self.carried = 0
        """Windows at the end of an utterance that grew too long; they belong to the next one."""

    def count(self, seconds: float) -> int:
        """Return the number of windows in `seconds`, at least one."""
        return max(1, round(seconds / self.window))

    @property
    def worthy(self) -> bool:
        """Whether the utterance is long enough for a word."""
        return self.voiced >= self.count(self.turns.shortest)

    def feed(self, window: Samples, probability: float) -> Mark | None:
        """Take the next window, shape (n,), and return what it tells."""
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
        """End the sound, and return what that tells."""
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
        """Return the windows of quiet that end the utterance. Where it is not certain, a faint voice after silence is
        not quiet."""
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
