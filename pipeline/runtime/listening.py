"""From continuous sound to utterances."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np

from models.protocols import Samples, VoiceDetector
from pipeline.graph.graph import Turns
from pipeline.packets import Audio
from pipeline.runtime.endpointing import Endpointer, Utterance
from pipeline.stages.lift import Host


async def utterances(
    audio: AsyncIterator[Audio], detector: Host[VoiceDetector], turns: Turns
) -> AsyncIterator[Utterance]:
    """Cut sound, at the detector's sample rate, into utterances, each given as soon as it has ended."""
    track = await detector.call(lambda engine: engine.open())
    size = detector.engine.window
    endpointer = Endpointer(turns, detector.engine.sample_rate, size)

    async def ended(windows: Samples) -> list[Utterance]:
        """The utterances that end in these windows, shape (n, size)."""
        judged = await detector.call(lambda _: track.probabilities(windows))
        return [
            utterance
            for window, probability in zip(windows, judged, strict=True)
            for utterance in endpointer.feed(window, probability)
        ]

    rest = np.zeros(0, np.float32)
    async for piece in audio:
        rest = np.concatenate([rest, piece.samples])
        whole = rest.size - rest.size % size
        for utterance in await ended(rest[:whole].reshape(-1, size)):
            yield utterance
        rest = rest[whole:]
    if rest.size:
        for utterance in await ended(np.pad(rest, (0, size - rest.size))[np.newaxis]):
            yield utterance
    for utterance in endpointer.flush():
        yield utterance
