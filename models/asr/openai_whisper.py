"""Whisper through OpenAI's own package, on torch."""

from __future__ import annotations

import os
import pickle
import re
from math import exp
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from models.asr.guards import VoiceGate, believable
from models.asr.whisper import WINDOW, expected, nearest, prompt
from models.asr.whisper_checkpoint import write_checkpoint
from models.context import DEFAULT, Context
from models.errors import ModelCorrupt, ModelUnavailable
from models.protocols import HeardWord, Hypothesis, Recogniser, Samples
from models.store.store import locate


class OpenAIWhisper(Recogniser):
    """Decodes in one pass without sampling, so the same sound always gives the same words."""

    extra = "openai-whisper"
    requires = ("whisper", "torch", "onnxruntime")
    sample_rate = 16_000

    def __init__(
        self,
        model: str = "whisper-base",
        language: str | None = None,
        beam_size: int | None = None,
        device: str = "cpu",
        *,
        words: bool = False,
    ) -> None:
        """`model` is a checkpoint of OpenAI's (``hub:org/repo#file.pt``, or a path), or a CTranslate2 model (catalogue
        name, hub id or folder), which is converted while it loads; `language` an ISO 639-1 code, None takes the only
        one that the graph speaks, and detects it among several; `beam_size` None decodes greedily; `device` one of
        torch's; `words` tells when each word was said, which takes longer. Raises ValueError."""
        if language is not None and not re.fullmatch("[a-z]{2,3}", language):
            raise ValueError(f"language: {language!r} is not an ISO 639-1 code such as 'en'")
        if beam_size is not None and beam_size < 1:
            raise ValueError(f"beam_size: {beam_size} is too few, expected 1 or more")
        self.model, self.language, self.beam_size, self.device = model, language, beam_size, device
        self.words = words
        self._gate = VoiceGate()
        self._whisper: Any = None
        self._known: frozenset[str] = frozenset()

    def weights(self) -> tuple[str, ...]:
        """The names of the recogniser and of the voice detector that guards it."""
        return (self.model, *self._gate.weights())

    def load(self) -> None:
        """Open the model. Raises ModelUnavailable, ModelCorrupt."""
        try:
            import whisper
        except ImportError as error:
            raise ModelUnavailable(
                f"asr.openai-whisper: {error}; remedy: pip install 'parley-avatar[openai-whisper]'"
            ) from error
        found = locate(self.model)
        with TemporaryDirectory() as scratch:
            if found.is_dir() or found.name == "model.bin":
                converted = Path(scratch) / "whisper.pt"
                write_checkpoint(found / "model.bin" if found.is_dir() else found, converted)
                found = converted
            try:
                loaded = whisper.load_model(os.fspath(found), device=self.device)
            except (RuntimeError, KeyError, TypeError, ValueError, EOFError, pickle.UnpicklingError) as error:
                raise ModelCorrupt(
                    f"asr.openai-whisper: {self.model}: {error}; expected a Whisper checkpoint"
                ) from error
        known = whisper.tokenizer.LANGUAGES if loaded.is_multilingual else ("en",)
        if self.language is not None and self.language not in known:
            raise ModelUnavailable(
                f"asr.openai-whisper: {self.model} does not know the language {self.language!r}; "
                "remedy: a multilingual model, such as model: whisper-base"
            )
        self._gate.load()
        self._whisper, self._known = loaded, frozenset(known)

    def close(self) -> None:
        """Free the model."""
        self._whisper = None
        self._gate.close()

    def transcribe(self, samples: Samples, context: Context = DEFAULT, earlier: Hypothesis | None = None) -> Hypothesis:
        """Words; empty where no voice is found. It has no use for `earlier`, and expects `context.hints`."""
        if self._whisper is None:
            raise RuntimeError("OpenAIWhisper: transcribe was called before load")
        if not self._gate.opens(samples):
            return Hypothesis("", self.language or "en")
        heard = self._whisper.transcribe(
            np.require(samples, requirements="W"),  # torch warns of memory that it may not write to
            language=self._language(samples, context),
            beam_size=self.beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=samples.size <= WINDOW * self.sample_rate and not self.words,
            word_timestamps=self.words,
            initial_prompt=prompt(context),
            fp16=self.device != "cpu",
        )
        kept = [
            s for s in heard["segments"] if believable(s["avg_logprob"], s["no_speech_prob"], s["compression_ratio"])
        ]
        tokens = sum(len(s["tokens"]) for s in kept)
        sure = exp(sum(s["avg_logprob"] * len(s["tokens"]) for s in kept) / tokens) if tokens else None
        words = tuple(
            HeardWord(word["word"].strip(), float(word["start"]), float(word["end"]), float(word["probability"]))
            for segment in kept
            for word in segment.get("words", ())
        )
        return Hypothesis("".join(s["text"] for s in kept).strip(), heard["language"], sure, words)

    def _language(self, samples: Samples, context: Context) -> str | None:
        """The language to recognise; None leaves it to the model."""
        found = expected(self.language, context, self._known)
        if found is not None or len(context.languages) < 2 or not self._whisper.is_multilingual:
            return found
        import whisper

        window = whisper.pad_or_trim(np.require(samples, requirements="W"))
        sound = whisper.log_mel_spectrogram(window, n_mels=self._whisper.dims.n_mels).to(self._whisper.device)
        _, probabilities = self._whisper.detect_language(sound)
        return nearest("en", tuple(probabilities.items()), context)
