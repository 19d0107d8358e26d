"""Moonshine tiny recognises short English utterances fast."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import exp

import numpy as np

from models.asr.guards import VoiceGate, unlooped
from models.asr.moonshine_network import Decoded, Network
from models.asr.spans import Cuts, Span
from models.context import DEFAULT, Context
from models.protocols import Hypothesis, Recogniser, Samples
from models.store.store import locate

TOKENS_PER_SECOND = 6.5
"""The limit that Moonshine's model card sets. A network that gives more tokens repeats itself."""
AFTER = 0.1
"""Seconds of silence added after the sound. Without it, a last word that breaks off as the key is released is misheard.
On the project's samples, cut at their last audible sample, 6.6 % of the words were wrong without it and 1.4 % with
it."""
SHORTEST = 0.5
"""Seconds to which silence extends shorter sound, because the network learnt from sentences, not from fragments."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was recognised in one part of an utterance."""

    span: Span
    decoded: Decoded
    voiced: bool
    """Whether a voice was found in the part. A part without a voice is not recognised."""


@dataclass(frozen=True, slots=True)
class Draft(Hypothesis):
    """A hypothesis that keeps what helps with the next one about the same utterance."""

    parts: tuple[Part, ...] = ()


class Moonshine(Recogniser):
    """Runs Moonshine's networks on each part of an utterance that holds a voice.

    The network answers noise and silence with invented words, and is sure of them, so a voice detector is asked first.
    Given an `earlier` hypothesis of its own, it does not recognise unchanged parts again, and decodes the changed one
    with the earlier tokens as a draft. Of any other earlier hypothesis it takes the words as the draft."""

    languages = frozenset({"en"})
    requires = ("onnxruntime",)
    sample_rate = 16_000
    incremental = True

    def __init__(self, model: str = "moonshine-tiny-en", threads: int = 2) -> None:
        """`model` is a catalogue name, a hub id or a folder. `threads` is for the encoder. Raises ValueError."""
        if threads < 1:
            raise ValueError(f"threads: {threads} is too few, expected 1 or more")
        self.model, self.threads = model, threads
        self._cuts = Cuts()
        self._gate = VoiceGate()
        self._network: Network | None = None

    def weights(self) -> tuple[str, ...]:
        """The names of the recogniser and of the voice detector that guards it."""
        return (self.model, *self._gate.weights())

    def load(self) -> None:
        """Open both networks and run each once. Raises ModelUnavailable, ModelCorrupt."""
        self._gate.load()
        self._network = Network(locate(self.model), self.threads)
        # The first run plans its memory and takes several times as long, which no user should notice.
        self._network.decode(self._network.encode(np.zeros(self.sample_rate, np.float32)), 1)

    def close(self) -> None:
        """Free the networks."""
        self._network = None
        self._gate.close()

    def transcribe(self, samples: Samples, context: Context = DEFAULT, earlier: Hypothesis | None = None) -> Hypothesis:
        """Recognise one English utterance. The text is empty where no voice is found."""
        known = earlier.parts if isinstance(earlier, Draft) else ()
        draft = self._opened.guess(earlier.text) if earlier and not known else ()
        parts = []
        for index, span in enumerate(self._cuts.spans(samples, self.sample_rate)):
            before = known[index] if index < len(known) and known[index].span.start == span.start else None
            if before is None or before.span != span:
                before = self._recognise(samples, span, before, draft)
            parts.append(before)
            draft = ()
        texts = [self._text(part) for part in parts]
        sure = [p for part, text in zip(parts, texts, strict=True) if text for p in part.decoded.log_probabilities]
        confidence = exp(sum(sure) / len(sure)) if sure else None
        return Draft(" ".join(filter(None, texts)), "en", confidence, parts=tuple(parts))

    def _recognise(self, samples: Samples, span: Span, before: Part | None, draft: tuple[int, ...]) -> Part:
        sound = samples[span.start : span.stop]
        if not ((before and before.voiced) or self._gate.opens(sound)):
            return Part(span, Decoded((), ()), voiced=False)
        most = int(TOKENS_PER_SECOND * sound.size / self.sample_rate) + 1
        lacking = max(round(SHORTEST * self.sample_rate) - sound.size, round(AFTER * self.sample_rate))
        frames = self._opened.encode(np.pad(sound, (0, lacking)))
        return Part(span, self._opened.decode(frames, most, before.decoded.tokens if before else draft), voiced=True)

    def _text(self, part: Part) -> str:
        text = self._opened.text(unlooped(part.decoded.tokens))
        return text if re.search(r"[a-zA-Z0-9]", text) else ""

    @property
    def _opened(self) -> Network:
        if self._network is None:
            raise RuntimeError("Moonshine: transcribe was called before load")
        return self._network
