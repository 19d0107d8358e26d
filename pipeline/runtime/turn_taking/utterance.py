"""An utterance of the user, while it is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import Enum, auto

import numpy as np

from models.protocols import Samples
from pipeline.packets import Audio, Sense


class Phase(Enum):
    """How far an utterance has come."""

    SPEAKING = auto()
    PAUSED = auto()
    """The user may have finished."""
    FINISHED = auto()
    DISMISSED = auto()
    """It was no utterance."""


class Utterance:
    """Sound that grows while the user speaks. An answer reads it from the beginning, as often as needed.

    The floor writes it. The session reads it, and begins again where the user goes on after a pause."""

    def __init__(self, at: float, *, certain: bool) -> None:
        self.at = at
        """The event loop's time at which it began."""
        self.certain = certain
        """Whether it is certainly meant for the avatar, because a key was pressed or a line was typed."""
        self.phase = Phase.SPEAKING
        self.voice = 0.0
        """Seconds of voice in the last moments."""
        self.voiced_at = at
        """The event loop's time at which the latest voice was heard."""
        self._pieces: list[Sense] = []
        self._read = 0
        self._reached_end = False
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def over(self) -> bool:
        """Whether nothing more will be said in it."""
        return self.phase in (Phase.FINISHED, Phase.DISMISSED)

    @property
    def stale(self) -> bool:
        """Whether the latest reader has sound that is not true any more: the user went on, or the end belongs to the
        next utterance."""
        return (self._reached_end and self.phase is Phase.SPEAKING) or self._read > len(self._pieces)

    def sound(self) -> AsyncIterator[Sense]:
        """Give all of it, from the beginning to the next pause or the end. There is one reader at a time: a new one
        begins again."""
        self._read, self._reached_end = 0, False
        return self._follow()

    async def _follow(self) -> AsyncIterator[Sense]:
        while True:
            while self._read < len(self._pieces):
                self._read += 1
                yield self._pieces[self._read - 1]
            if self.phase is not Phase.SPEAKING:
                break
            await self.changed()
        self._reached_end = True

    async def changed(self) -> None:
        """Wait until something about it changes."""
        change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(change)
        await change

    def add(self, *pieces: Sense) -> None:
        """Add what the user said."""
        self._pieces += pieces
        self.touch()

    def count(self, kind: type[Sense]) -> int:
        """Return how many senses of that kind it holds."""
        return sum(isinstance(piece, kind) for piece in self._pieces)

    def move(self, phase: Phase) -> None:
        """Move it to another phase."""
        if self.phase is not phase and not self.over:
            self.phase = phase
            self.touch()

    def touch(self) -> None:
        """Wake those who wait for a change."""
        waiting, self._waiting = self._waiting, []
        for change in waiting:
            if not change.done():
                change.set_result(None)

    def samples(self, seconds: float) -> Samples:
        """Return the latest sound, at most `seconds` of it, shape (n,)."""
        taken: list[Samples] = []
        for piece in reversed(self._pieces):
            if isinstance(piece, Audio) and seconds > 0:
                taken.append(piece.samples[-max(1, round(seconds * piece.sample_rate)) :])
                seconds -= piece.samples.size / piece.sample_rate
        return np.concatenate([np.zeros(0, np.float32), *reversed(taken)])

    def follow(self, earlier: Utterance) -> None:
        """Note that it is the rest of an earlier utterance."""
        self._pieces = earlier._pieces + self._pieces

    def cut(self, seconds: float) -> list[Sense]:
        """Remove its last `seconds` of sound, and what lies between, and return them: they begin the next utterance."""
        carried: list[Sense] = []
        while self._pieces and seconds > 0:
            piece = self._pieces.pop()
            if not isinstance(piece, Audio):
                carried.insert(0, piece)
                continue
            count = min(piece.samples.size, round(seconds * piece.sample_rate))
            kept, taken = piece.samples[: piece.samples.size - count], piece.samples[piece.samples.size - count :]
            if kept.size:
                self._pieces.append(Audio(kept, piece.sample_rate, piece.start))
            carried.insert(0, Audio(taken, piece.sample_rate, piece.start + kept.size / piece.sample_rate))
            seconds -= piece.samples.size / piece.sample_rate
        return carried
