"""The step asr: from the sound of an utterance to its words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
from pydantic import BaseModel, Field

from models.context import Context
from models.protocols import ANY_LANGUAGE, Hypothesis, Recogniser, Samples
from pipeline.errors import PipelineError
from pipeline.host.host import Host
from pipeline.packets import Audio, Partial, Text, Transcript
from pipeline.stages.stage import Turn

INTERVAL = 0.5
"""Seconds of new sound between two partial hypotheses, unless the graph says otherwise."""
SHARE = 0.25
"""The share of an engine's time that partial hypotheses of one utterance take at most."""
PAUSE = 0.24
"""Seconds of quiet after which the utterance may be over, so that its words are worth knowing now."""
QUIET = 10 ** (-30 / 20)
"""The loudness below which a piece is quiet, relative to the loudest piece so far."""
LIVE = 0.5
"""The share of a piece's length. A piece that was waited for at least so long comes from a user who speaks now. Other
pieces come from a recording, or from the beginning of an utterance that is given again, and need no captions."""


class Options(BaseModel, extra="forbid"):
    """How an utterance is listened to."""

    partials: float | None = Field(None, ge=0.0)
    """Seconds of new sound between two partial captions; 0 gives none. By default 0.5 for an engine whose partial
    hypotheses make the final one quick, and none for the others."""


def loop_time() -> float:
    """The clock of the running event loop, in seconds."""
    return asyncio.get_running_loop().time()


class Asr:
    """Listens to an utterance, and recognises it when it ends. A typed line is its own transcript.

    While the user speaks, it recognises what there is. That gives captions, and leaves an incremental engine little to
    do when the utterance ends. It does so again when the user pauses, because the pause may be the end."""

    def __init__(self, host: Host[Recogniser], options: Options, clock: Callable[[], float] = loop_time) -> None:
        self.host, self.options, self._clock = host, options, clock
        self._interval = options.partials
        if self._interval is None:
            self._interval = INTERVAL if host.engine.incremental else 0.0
        self._busy = 0  # number of utterances of all sessions that wait for the engine

    async def run(self, inputs: AsyncIterator[Audio | Text], turn: Turn) -> AsyncIterator[Partial | Transcript]:
        """Give partial captions while `inputs` last, then the transcript; nothing where there was no sound at all."""
        heard = Heard(self.host.engine.sample_rate)
        captions: Captions = Live(self._interval or 0.0, self._clock)
        if turn.captions is not None:
            captions = Given(turn.captions)
        found = turn.earlier
        waiting_since = self._clock()
        async for packet in inputs:
            if isinstance(packet, Text):
                yield Transcript(
                    packet.text, typed_language(self.host.engine, turn.context), packet.start, packet.start
                )
                continue
            heard.add(packet, self._clock() - waiting_since)
            for samples in captions.due(heard, self._busy > 0):
                found = await self._recognise(heard.take(samples), turn.context, found)
                yield Partial(found.text, heard.at(samples), found.confidence)
            waiting_since = self._clock()
        if heard.samples:
            if found is None or heard.fresh:
                found = await self._recognise(heard.take(heard.samples), turn.context, found)
            yield Transcript(found.text, found.language, heard.start, heard.at(heard.samples), found.confidence)

    async def _recognise(self, samples: Samples, context: Context, earlier: Hypothesis | None) -> Hypothesis:
        self._busy += 1
        try:
            return await self.host.call(lambda engine: engine.transcribe(samples, context, earlier), context.language)
        finally:
            self._busy -= 1


def typed_language(engine: Recogniser, context: Context) -> str:
    """Return the ISO 639-1 code of the language of typed lines, which is the turn's own. In a replay of a journal
    without languages it is the language that the engine was told to expect, or the first that it names."""
    if context.languages:
        return context.language
    expected: str | None = getattr(engine, "language", None)  # an option of engines that know many
    return expected or min(engine.languages - ANY_LANGUAGE, default="en")


class Heard:
    """The sound of an utterance so far."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.start = 0.0
        """The session time of the first sample, in seconds."""
        self.samples = 0
        """The number of samples."""
        self.fresh = 0
        """The number of samples after those that were taken last."""
        self.live = False
        """Whether the latest piece comes from a user who speaks now."""
        self._pieces: list[Samples] = []
        self._quiet = 0  # number of samples at the end
        self._loudest = 0.0
        self._taken = False

    def add(self, audio: Audio, waited: float) -> None:
        """Take the next piece, which was waited for `waited` seconds. Raises PipelineError at another sample rate than
        the engine's."""
        if audio.sample_rate != self.sample_rate:
            raise PipelineError(
                f"asr: sound at {audio.sample_rate} Hz, expected the engine's {self.sample_rate} Hz; "
                "remedy: resample it where it enters the graph"
            )
        size = audio.samples.size
        if not size:
            return
        if not self._pieces:
            self.start = audio.start
        self._pieces.append(audio.samples)
        self.samples += size
        self.fresh += size
        self.live = waited >= LIVE * size / self.sample_rate
        level = float(np.sqrt(np.square(audio.samples).mean()))
        self._loudest = max(self._loudest, level)
        if level > QUIET * self._loudest:
            self._quiet, self._taken = 0, False
        else:
            self._quiet += size

    def at(self, samples: int) -> float:
        """Return the session time in seconds at which the first `samples` samples end."""
        return self.start + samples / self.sample_rate

    def index(self, at: float) -> int:
        """Return the number of samples that end at a session time: the inverse of `at`."""
        return round((at - self.start) * self.sample_rate)

    @property
    def seconds(self) -> float:
        """The length of the sound in seconds."""
        return self.samples / self.sample_rate

    @property
    def quiet(self) -> bool:
        """Whether the user pauses."""
        return self._quiet >= PAUSE * self.sample_rate

    @property
    def paused(self) -> bool:
        """Whether the user has fallen silent, and the words before have not been taken since."""
        return self.quiet and not self._taken

    def take(self, samples: int) -> Samples:
        """Return the first `samples` samples, and note that they were taken."""
        self._pieces = [np.concatenate(self._pieces)]
        self._taken, self.fresh = self.quiet, self.samples - samples
        return self._pieces[0][:samples]


class Captions(Protocol):
    """Decides when the words so far are worth recognising."""

    def due(self, heard: Heard, busy: bool) -> Iterator[int]:
        """Give the numbers of samples heard that are to be recognised now. The next number is asked for when the last
        one is done. `busy` tells that the engine has other utterances to serve."""
        ...


class Live(Captions):
    """Asks for captions at intervals and in pauses while a user speaks, as far as the engine has time."""

    def __init__(self, interval: float, clock: Callable[[], float]) -> None:
        """`interval` is in seconds of sound; 0 makes no captions."""
        self._interval, self._clock = interval, clock
        self._next: float | None = None

    def due(self, heard: Heard, busy: bool) -> Iterator[int]:
        if not self._interval or not heard.live:
            return
        if self._next is None:  # sound given at once, such as silence before the first word, needs none
            self._next = heard.seconds + self._interval
        if busy or not (heard.seconds >= self._next or heard.paused):
            return
        asked = self._clock()
        yield heard.samples
        self._next = heard.seconds + max(self._interval, (self._clock() - asked) / SHARE)


class Given(Captions):
    """Asks for captions at the points of a session that is replayed."""

    def __init__(self, ends: Sequence[float]) -> None:
        """`ends` are the ends of each caption's sound, in seconds of session time, ascending."""
        self._ends = iter(ends)
        self._end = next(self._ends, None)

    def due(self, heard: Heard, busy: bool) -> Iterator[int]:
        while self._end is not None and (samples := heard.index(self._end)) <= heard.samples:
            if samples > 0:
                yield samples
            self._end = next(self._ends, None)
