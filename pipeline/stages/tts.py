"""The step tts: from the words of an answer to its sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from fractions import Fraction

import numpy as np
from pydantic import BaseModel, Field

from models.context import DEFAULT, Context
from models.language.clauses import beginning, sentences
from models.language.finding import known_language
from models.language.language import Language
from models.language.marks import ends_sentence, pauses
from models.language.speakable import speakable
from models.protocols import Phoneme, Synthesiser, Voiced
from pipeline.host.host import Host
from pipeline.packets import Reply, Speech
from pipeline.stages.stage import Turn


class Options(BaseModel, extra="forbid"):
    """The options of the step tts."""

    volume: float = Field(1.0, ge=0.0, le=4.0)
    """The factor on the samples; what then exceeds full scale is clipped."""
    sentence_pause: float = Field(0.3, ge=0.0, le=3.0)
    """Seconds of silence between two sentences."""
    clause_pause: float = Field(0.12, ge=0.0, le=3.0)
    """Seconds of silence after a comma at which the answer was cut."""
    first_clause: int = Field(12, ge=1)
    """Characters that the first clause of an answer has at least. Fewer are heard earlier, but sound cut off."""


class Tts:
    """Speaks the answer clause by clause, the first one as early as possible."""

    def __init__(self, host: Host[Synthesiser], options: Options) -> None:
        self.host, self.options = host, options

    async def prepare(self, peers: Mapping[str, object]) -> None:
        """Build the tables of the text rules before a user waits for the first word."""
        await asyncio.to_thread(speakable, "1", known_language(DEFAULT.language))

    async def run(self, inputs: AsyncIterator[Reply], turn: Turn) -> AsyncIterator[Speech]:
        start, pause, text, language = Fraction(), 0.0, "", turn.context.language
        async for reply in inputs:
            language = reply.language
            room = known_language(language)
            for clause in sentences(reply.text, room) if start else self._beginning(reply.text, room):
                text += clause
                words = speakable(clause, room)
                if not words:
                    continue
                async with aclosing(self._speak(words, turn.context.speaking(language))) as pieces:
                    async for piece in pieces:
                        voiced = self._finish(piece, pause, self.options.volume * turn.context.dialogue.manner.volume)
                        yield Speech(voiced, float(start), text, language)
                        start += Fraction(voiced.samples.size, voiced.sample_rate)
                        pause, text = 0.0, ""
                pause = max(pause, self._pause_after(clause)) if start else 0.0
        if text.strip():  # such as a closing emoji, which the captions show for the time of a breath
            rate = self.host.speaking(language).sample_rate
            yield Speech(_silence(self.options.sentence_pause, rate), float(start), text, language)

    def _speak(self, words: str, context: Context) -> AsyncGenerator[Voiced, None]:
        return self.host.stream(lambda engine: engine.speak(words, context), context.language)

    def _beginning(self, text: str, language: Language) -> Iterator[str]:
        """Give `text` cut early once, then in sentences."""
        first = beginning(text, language, self.options.first_clause)
        yield first
        yield from sentences(text[len(first) :], language)

    def _pause_after(self, clause: str) -> float:
        if clause.endswith("\n") or ends_sentence(clause):
            return self.options.sentence_pause
        return self.options.clause_pause if pauses(clause) else 0.0

    def _finish(self, voiced: Voiced, pause: float, volume: float) -> Voiced:
        """Return `voiced` at the right volume, after a silence of `pause` seconds."""
        if volume != 1.0:
            voiced = replace(voiced, samples=np.clip(voiced.samples * np.float32(volume), -1.0, 1.0))
        if not pause:
            return voiced
        silence = _silence(pause, voiced.sample_rate)
        length = silence.phonemes[0].duration
        phonemes = tuple(replace(phoneme, start=phoneme.start + length) for phoneme in voiced.phonemes)
        return Voiced(
            np.concatenate([silence.samples, voiced.samples]),
            voiced.sample_rate,
            silence.phonemes + phonemes if phonemes else (),
        )


def _silence(seconds: float, sample_rate: int) -> Voiced:
    samples = np.zeros(round(seconds * sample_rate), np.float32)
    return Voiced(samples, sample_rate, (Phoneme(" ", 0.0, samples.size / sample_rate),))
