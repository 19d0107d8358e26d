"""asr: from the sound of an utterance to its words."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

import numpy as np
from pydantic import BaseModel, Field

from models.protocols import Hypothesis, Recogniser, Samples
from pipeline.errors import PipelineError
from pipeline.packets import Audio, Partial, Transcript
from pipeline.stages.lift import Host
from pipeline.stages.stage import Turn

INTERVAL = 0.5
"""Seconds of new sound between two partial hypotheses, unless the graph says otherwise."""
SHARE = 0.25
"""Of an engine's time, partial hypotheses of one utterance take no more."""
PAUSE = 0.24
"""Seconds of quiet after which the utterance may be over, so that its words are worth knowing now."""
QUIET = 10 ** (-30 / 20)
"""Of the loudest piece so far: less than this is quiet."""
LIVE = 0.5
"""Of the speed of speech. Sound that comes more than twice as fast is a recording, whose captions nobody waits for."""


class Options(BaseModel, extra="forbid"):
    """How an utterance is listened to."""

    partials: float | None = Field(None, ge=0.0)
    """Seconds of new sound between two partial captions; 0 gives none. By default 0.5 for an engine whose partial
    hypotheses make the final one quick, and none for the others."""


class Asr:
    """Listens to an utterance, and recognises it when it ends.

    While the user speaks, it recognises what there is: that gives captions, and leaves an incremental engine little to
    do when the utterance ends. It does so again as soon as the user pauses, because that may have been the end."""

    def __init__(self, host: Host[Recogniser], options: Options, clock: Callable[[], float] = time.monotonic) -> None:
        self.host, self.options, self._clock = host, options, clock
        self._interval = options.partials
        if self._interval is None:
            self._interval = INTERVAL if host.engine.incremental else 0.0
        self._busy = 0  # utterances of all sessions that wait for the engine

    async def run(self, inputs: AsyncIterator[Audio], turn: Turn) -> AsyncIterator[Partial | Transcript]:
        """Partial captions while `inputs` last, then the transcript; nothing where there was no sound at all."""
        began = self._clock()
        heard = Utterance(self.host.engine.sample_rate)
        earlier: Hypothesis | None = None
        due = self._interval
        caption = ""
        async for audio in inputs:
            heard.add(audio)
            if not due or not (heard.seconds >= due or heard.paused):
                continue
            asked = self._clock()
            if self._busy or asked - began < LIVE * heard.seconds:
                continue
            earlier = await self._recognise(heard.take(), earlier)
            due = heard.seconds + max(self._interval or 0.0, (self._clock() - asked) / SHARE)
            if earlier.text not in ("", caption):
                caption = earlier.text
                yield Partial(caption)
        if heard.seconds:
            found = earlier if earlier and heard.fresh == 0 else await self._recognise(heard.take(), earlier)
            end = heard.start + heard.seconds
            yield Transcript(found.text, found.language, heard.start, end, found.confidence)

    async def _recognise(self, samples: Samples, earlier: Hypothesis | None) -> Hypothesis:
        self._busy += 1
        try:
            return await self.host.call(lambda engine: engine.transcribe(samples, earlier))
        finally:
            self._busy -= 1


class Utterance:
    """The sound of an utterance so far."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.start = 0.0
        self.fresh = 0
        """Samples that came since the last `take`."""
        self._pieces: list[Samples] = []
        self._heard = 0  # samples
        self._quiet = 0  # samples at the end
        self._loudest = 0.0
        self._taken = False

    def add(self, audio: Audio) -> None:
        """Take the next piece. Raises PipelineError at another sample rate than the engine's."""
        if audio.sample_rate != self.sample_rate:
            raise PipelineError(
                f"asr: sound at {audio.sample_rate} Hz, expected the engine's {self.sample_rate} Hz; "
                "remedy: resample it where it enters the graph"
            )
        if not audio.samples.size:
            return
        if not self._pieces:
            self.start = audio.start
        self._pieces.append(audio.samples)
        self._heard += audio.samples.size
        self.fresh += audio.samples.size
        level = float(np.sqrt(np.square(audio.samples).mean()))
        self._loudest = max(self._loudest, level)
        if level > QUIET * self._loudest:
            self._quiet, self._taken = 0, False
        else:
            self._quiet += audio.samples.size

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self._heard / self.sample_rate

    @property
    def quiet(self) -> bool:
        """True while the user pauses."""
        return self._quiet >= PAUSE * self.sample_rate

    @property
    def paused(self) -> bool:
        """True where the user has fallen silent, and the words before have not been taken since."""
        return self.quiet and not self._taken

    def take(self) -> Samples:
        """All samples so far."""
        self._pieces = [np.concatenate(self._pieces)]
        self._taken, self.fresh = self.quiet, 0
        return self._pieces[0]
