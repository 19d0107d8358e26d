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
from models.asr.whisper_checkpoint import write_checkpoint
from models.context import DEFAULT, Context
from models.errors import ModelCorrupt, ModelUnavailable
from models.protocols import Hypothesis, Recogniser, Samples
from models.store.store import locate

WINDOW = 30.0
"""Seconds that Whisper's encoder sees, always; only longer sound needs timestamps, to know where it goes on."""


class OpenAIWhisper(Recogniser):
    """One pass without sampling, so the same sound always gives the same words."""

    extra = "openai-whisper"
    requires = ("whisper", "torch", "onnxruntime")
    sample_rate = 16_000

    def __init__(
        self,
        model: str = "whisper-base",
        language: str | None = None,
        beam_size: int | None = None,
        device: str = "cpu",
    ) -> None:
        """`model` is a checkpoint of OpenAI's (``hub:org/repo#file.pt``, or a path), or a CTranslate2 model (catalogue
        name, hub id or folder), which is converted while it loads; `language` an ISO 639-1 code, None to detect it;
        `beam_size` None decodes greedily; `device` one of torch's. Raises ValueError."""
        if language is not None and not re.fullmatch("[a-z]{2,3}", language):
            raise ValueError(f"language: {language!r} is not an ISO 639-1 code such as 'en'")
        if beam_size is not None and beam_size < 1:
            raise ValueError(f"beam_size: {beam_size} is too few, expected 1 or more")
        self.model, self.language, self.beam_size, self.device = model, language, beam_size, device
        self._gate = VoiceGate()
        self._whisper: Any = None

    def weights(self) -> tuple[str, ...]:
        """The recogniser's, and its gate's."""
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
        self._whisper = loaded

    def close(self) -> None:
        """Free the model."""
        self._whisper = None
        self._gate.close()

    def transcribe(self, samples: Samples, context: Context = DEFAULT, earlier: Hypothesis | None = None) -> Hypothesis:
        """Words; empty where no voice is found. Has no use for `earlier`."""
        if self._whisper is None:
            raise RuntimeError("OpenAIWhisper: transcribe was called before load")
        if not self._gate.opens(samples):
            return Hypothesis("", self.language or "en")
        heard = self._whisper.transcribe(
            np.require(samples, requirements="W"),  # torch warns of memory that it may not write to
            language=self.language,
            beam_size=self.beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=samples.size <= WINDOW * self.sample_rate,
            fp16=self.device != "cpu",
        )
        kept = [
            s for s in heard["segments"] if believable(s["avg_logprob"], s["no_speech_prob"], s["compression_ratio"])
        ]
        tokens = sum(len(s["tokens"]) for s in kept)
        sure = exp(sum(s["avg_logprob"] * len(s["tokens"]) for s in kept) / tokens) if tokens else None
        return Hypothesis("".join(s["text"] for s in kept).strip(), heard["language"], sure)
