"""Cuts continuous sound into windows, and a recording into its utterances."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np

from models.protocols import Samples, VoiceDetector, VoiceTrack
from pipeline.graph.turns import Turns
from pipeline.host.host import Host
from pipeline.packets import Audio
from pipeline.runtime.turn_taking.endpointing import Endpointer, Mark


@dataclass(frozen=True, slots=True)
class Passage:
    """An utterance in a recording: the sound of one turn of the user."""

    samples: Samples
    start: float
    """Seconds since the recording began."""


class Windows:
    """Cuts one stream of sound, at the detector's sample rate, into windows of its size, and has them judged."""

    def __init__(self, detector: Host[VoiceDetector]) -> None:
        self._detector = detector
        self._track: VoiceTrack | None = None
        self._rest = np.zeros(0, np.float32)

    async def take(self, samples: Samples) -> list[tuple[Samples, float]]:
        """Return the windows that the stream's next samples, shape (n,), complete, each with its probability of
        voice."""
        size = self._detector.engine.window
        self._rest = np.concatenate([self._rest, samples])
        windows = self._rest[: self._rest.size - self._rest.size % size].reshape(-1, size)
        self._rest = self._rest[windows.size :]
        if not len(windows):
            return []
        judged = await self._detector.call(lambda engine: self._opened(engine).probabilities(windows))
        return list(zip(windows, judged, strict=True))

    async def flush(self) -> list[tuple[Samples, float]]:
        """Return the last window, filled up with silence, if anything is left of the stream."""
        return await self.take(np.zeros(-self._rest.size % self._detector.engine.window, np.float32))

    def _opened(self, engine: VoiceDetector) -> VoiceTrack:
        if self._track is None:
            self._track = engine.open()
        return self._track


async def utterances(
    audio: AsyncIterator[Audio], detector: Host[VoiceDetector], turns: Turns
) -> AsyncIterator[Passage]:
    """Cut a recording into utterances, and give each one as soon as it has ended."""
    windows = Windows(detector)
    cutter = Cutter(turns, detector.engine.sample_rate, detector.engine.window)
    async for piece in audio:
        for window, probability in await windows.take(piece.samples):
            if utterance := cutter.feed(window, probability):
                yield utterance
    for window, probability in await windows.flush():
        if utterance := cutter.feed(window, probability):
            yield utterance
    if utterance := cutter.flush():
        yield utterance


class Cutter:
    """Keeps the windows of an utterance, with `turns.lead` seconds before it and `turns.tail` seconds after it."""

    def __init__(self, turns: Turns, sample_rate: int, window: int) -> None:
        self._endpointer = Endpointer(turns, window / sample_rate)
        self._lead, self._tail = (self._endpointer.count(seconds) for seconds in (turns.lead, turns.tail))
        self._seconds = window / sample_rate
        self._windows: deque[Samples] = deque()
        self._first = 0  # index of `_windows[0]`, counted from the start of the recording

    def feed(self, window: Samples, probability: float) -> Passage | None:
        """Take the next window, shape (window,), and return the utterance that it completes, or None."""
        self._windows.append(window)
        done = self._finish(self._endpointer.feed(window, probability))
        if not self._endpointer.length:
            self._keep(self._lead)
        return done

    def flush(self) -> Passage | None:
        """Return the utterance that the end of the sound completes, or None."""
        return self._finish(self._endpointer.stop())

    def _finish(self, mark: Mark | None) -> Passage | None:
        if mark is not Mark.ENDED:
            return None
        if carried := self._endpointer.carried:
            return self._take(len(self._windows) - carried)
        return self._take(len(self._windows) - max(0, self._endpointer.quiet - self._tail))

    def _take(self, count: int) -> Passage:
        start = self._first * self._seconds
        samples = np.concatenate([self._windows.popleft() for _ in range(count)])
        self._first += count
        return Passage(samples, start)

    def _keep(self, count: int) -> None:
        while len(self._windows) > count:
            self._windows.popleft()
            self._first += 1
