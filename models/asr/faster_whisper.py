"""Whisper through faster-whisper (CTranslate2). It knows 99 languages, and runs models of any size, on CPUs too."""

from __future__ import annotations

import os
import re
from math import exp
from typing import TYPE_CHECKING, Literal

from models.asr.guards import VoiceGate, believable
from models.asr.whisper import WINDOW, expected, nearest, prompt
from models.context import DEFAULT, Context
from models.errors import ModelCorrupt, ModelUnavailable
from models.protocols import HeardWord, Hypothesis, Recogniser, Samples
from models.store.store import locate

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


class FasterWhisper(Recogniser):
    """Decodes in one pass without sampling, so the same sound always gives the same words."""

    requires = ("faster_whisper", "onnxruntime")
    sample_rate = 16_000

    def __init__(  # noqa: PLR0913 - each is an option of the graph file
        self,
        model: str = "whisper-tiny-en",
        language: str | None = None,
        beam_size: int = 1,
        cpu_threads: int = 2,
        device: Literal["cpu", "cuda", "auto"] = "cpu",
        compute_type: str = "int8",
        *,
        words: bool = False,
    ) -> None:
        """`model` is a catalogue name, a hub id such as ``hub:Systran/faster-whisper-small`` or a folder; `language`
        an ISO 639-1 code, None takes the only one that the graph speaks, and detects it among several; `compute_type`
        one of CTranslate2's; `words` tells when each word was said, which takes two to three times as long.

        Raises ValueError for an option that cannot be."""
        if language is not None and not re.fullmatch("[a-z]{2,3}", language):
            raise ValueError(f"language: {language!r} is not an ISO 639-1 code such as 'en'")
        for name, value in (("beam_size", beam_size), ("cpu_threads", cpu_threads)):
            if value < 1:
                raise ValueError(f"{name}: {value} is too few, expected 1 or more")
        self.model, self.language, self.beam_size = model, language, beam_size
        self.cpu_threads, self.device, self.compute_type, self.words = cpu_threads, device, compute_type, words
        self._gate = VoiceGate()
        self._whisper: WhisperModel | None = None

    def weights(self) -> tuple[str, ...]:
        """The names of the recogniser and of the voice detector that guards it."""
        return (self.model, *self._gate.weights())

    def load(self) -> None:
        """Open the model. Raises ModelUnavailable, ModelCorrupt."""
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise ModelUnavailable(f"asr.faster-whisper: {error}; remedy: pip install faster-whisper") from error
        folder = locate(self.model)
        if not (folder / "tokenizer.json").is_file():  # without it the package would ask a hub
            raise ModelCorrupt(f"{folder}: no tokenizer.json; a folder with a CTranslate2 Whisper is expected")
        try:
            whisper = WhisperModel(
                os.fspath(folder),
                device=self.device,
                compute_type=self.compute_type,
                cpu_threads=self.cpu_threads,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelCorrupt(f"asr.faster-whisper: {folder}: {error}") from error
        if self.language not in (None, *whisper.supported_languages):
            raise ModelUnavailable(
                f"asr.faster-whisper: {self.model} does not know the language {self.language!r}; "
                "remedy: a multilingual model, such as model: whisper-base"
            )
        self._gate.load()
        self._whisper = whisper

    def close(self) -> None:
        """Free the model."""
        self._whisper = None
        self._gate.close()

    def transcribe(self, samples: Samples, context: Context = DEFAULT, earlier: Hypothesis | None = None) -> Hypothesis:
        """Words; empty where no voice is found. It has no use for `earlier`, and expects `context.hints`."""
        if not self._gate.opens(samples):
            return Hypothesis("", self.language or "en")
        segments, about = self._opened.transcribe(
            samples,
            language=self._language(samples, context),
            beam_size=self.beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=samples.size <= WINDOW * self.sample_rate and not self.words,
            word_timestamps=self.words,
            initial_prompt=prompt(context),
        )
        kept = [s for s in segments if believable(s.avg_logprob, s.no_speech_prob, s.compression_ratio)]
        tokens = sum(len(s.tokens) for s in kept)
        sure = exp(sum(s.avg_logprob * len(s.tokens) for s in kept) / tokens) if tokens else None
        heard = tuple(HeardWord(w.word.strip(), w.start, w.end, w.probability) for s in kept for w in s.words or ())
        return Hypothesis("".join(s.text for s in kept).strip(), about.language, sure, heard)

    def _language(self, samples: Samples, context: Context) -> str | None:
        """The language to recognise; None leaves it to the model. Detecting it among several costs what the model's own
        detection does."""
        found = expected(self.language, context, self._opened.supported_languages)
        if found is not None or len(context.languages) < 2 or not self._opened.model.is_multilingual:
            return found
        detected, _, probabilities = self._opened.detect_language(samples)
        return nearest(detected, probabilities, context)

    @property
    def _opened(self) -> WhisperModel:
        if self._whisper is None:
            raise RuntimeError("FasterWhisper: transcribe was called before load")
        return self._whisper
