"""asr: from the sound of an utterance to its words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
from pydantic import BaseModel, Field

from models.protocols import Recogniser
from pipeline.packets import Audio, Partial, Transcript
from pipeline.stages.lift import Host
from pipeline.stages.stage import Turn


class Options(BaseModel, extra="forbid"):
    """How an utterance is listened to."""

    partials: float = Field(0.0, ge=0.0)
    """Seconds of new sound between two partial captions; 0 gives none."""


class Asr:
    """Listens to an utterance, and recognises it when it ends."""

    def __init__(self, host: Host[Recogniser], options: Options) -> None:
        self.host, self.options = host, options

    async def run(self, inputs: AsyncIterator[Audio], turn: Turn) -> AsyncIterator[Partial | Transcript]:
        pieces: list[Audio] = []
        heard, asked = 0.0, 0.0
        async for audio in inputs:
            pieces.append(audio)
            heard += audio.samples.size / audio.sample_rate
            if self.options.partials and heard - asked >= self.options.partials:
                asked = heard
                samples = np.concatenate([piece.samples for piece in pieces])
                yield Partial((await self.host.call(lambda engine: engine.transcribe(samples))).text)
        if not pieces:
            return
        samples = np.concatenate([piece.samples for piece in pieces])
        found = await self.host.call(lambda engine: engine.transcribe(samples))
        start = pieces[0].start
        yield Transcript(found.text, found.language, start, start + heard, found.confidence)
