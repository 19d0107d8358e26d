"""Coqui's TTS, through its maintained fork, speaks with VITS, XTTS and many other voices, in many languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from models.context import DEFAULT, Context
from models.errors import ModelError, ModelUnavailable
from models.protocols import Samples, Synthesiser, Voiced
from models.store.store import locate

CATALOGUE = "tts_models/"
"""The beginning of every name in Coqui's own catalogue."""
CONSENT = "COQUI_TOS_AGREED"
"""The environment variable that, set to 1, says that the user agrees to the terms of models that have some."""

AUDIBLE = 0.01
"""Sound is audible above this share of the loudest sample: -40 dB."""
MARGIN = 0.02
"""Seconds kept before and after the audible part."""


class Coqui(Synthesiser):
    """Speaks with any model of Coqui's TTS.

    `model` is a name of Coqui's catalogue (``tts_models/en/ljspeech/vits``), fetched by Coqui's own client, or a folder
    or checkpoint: a path, or ``hub:org/repo#file``. A checkpoint's `config` is ``config.json`` beside it unless given.
    `speaker` and `language` choose where a model has several; a turn may name another speaker as its voice.
    `speaker_wav` is a recording to clone. `device` is one of torch's, such as ``cpu`` or ``cuda``. It gives no
    phonemes, so lips follow the loudness."""

    extra: ClassVar[str] = "coqui"
    requires: ClassVar[tuple[str, ...]] = ("TTS", "torch", "torchaudio")

    def __init__(
        self,
        model: str,
        config: str = "",
        speaker: str = "",
        language: str = "",
        speaker_wav: str = "",
        device: str = "cpu",
    ) -> None:
        if not model:
            raise ValueError("model: is empty; expected tts_models/..., a path or hub:org/repo")
        self.model, self.config, self.device = model, config, device
        self._choices = {"speaker": speaker, "language": language, "speaker_wav": speaker_wav}
        self.sample_rate = 22_050  # the rate of most models; `load` sets the true one

    def load(self) -> None:
        """Open the model. Raises ModelUnavailable if it cannot be fetched, ModelError if it cannot be used."""
        from TTS.api import TTS

        if self.model.startswith(CATALOGUE):
            self._tts: Any = self._from_catalogue(TTS)
        else:
            checkpoint = find_checkpoint(locate(self.model))
            config = locate(self.config) if self.config else checkpoint.with_name("config.json")
            if not config.is_file():
                raise ModelUnavailable(
                    f"coqui: {config} is not there; give the option config of {self.model!r} its path"
                )
            try:
                self._tts = TTS(model_path=str(checkpoint), config_path=str(config), progress_bar=False)
            except Exception as error:  # torch, coqpit and a model's own code raise what they like
                raise ModelError(f"coqui: {checkpoint} and {config} do not make a voice: {error}") from error
        self._tts.to(self.device)
        self.sample_rate = int(self._tts.synthesizer.output_sample_rate)
        self._options = {name: choice for name, choice in self._choices.items() if choice}
        self._check_choices()
        self._speakers = frozenset(self._tts.speakers or () if self._tts.is_multi_speaker else ())
        self._languages = frozenset(self._tts.languages or () if self._tts.is_multi_lingual else ())
        for _ in self.speak("Hello."):  # the first call imports and compiles for seconds
            pass

    def speak(self, text: str, context: Context = DEFAULT) -> Iterator[Voiced]:
        """Speak a sentence at a time, without the silence around it. A text without words gives nothing."""
        if not any(char.isalnum() for char in text):
            return
        for sentence in self._tts.synthesizer.split_into_sentences(text, self._choices["language"] or None):
            if self._can_read(sentence):
                sound = self._tts.tts(sentence, split_sentences=False, **self._options | self._wanted(context))
                samples = trimmed(np.asarray(sound, np.float32), self.sample_rate)
                if samples.size:
                    yield Voiced(samples, self.sample_rate)

    def _wanted(self, context: Context) -> dict[str, str]:
        """The speaker that the turn names, and its language in a graph of several, where the model has them."""
        voice = {"speaker": context.voice} if context.voice in self._speakers else {}
        chosen = len(context.languages) > 1 and context.language in self._languages
        return voice | ({"language": context.language} if chosen else {})

    def _from_catalogue(self, tts: Any) -> Any:
        if "xtts" in self.model and os.environ.get(CONSENT) != "1":
            raise ModelUnavailable(f"coqui: {self.model} has terms of its own (CPML); if you agree, set {CONSENT}=1")
        try:
            return tts(self.model, progress_bar=False)
        except Exception as error:  # the client passes on errors of requests, urllib and dictionaries
            raise ModelUnavailable(
                f"coqui: {self.model} is not in Coqui's catalogue or could not be fetched: {error!r}; "
                "connect this machine, or give the path of a folder with the checkpoint and config.json"
            ) from error

    def _check_choices(self) -> None:
        for name, several in (("speaker", self._tts.is_multi_speaker), ("language", self._tts.is_multi_lingual)):
            known = list(getattr(self._tts, f"{name}s") or ()) if several else []
            chosen = self._choices[name]
            cloned = name == "speaker" and self._choices["speaker_wav"]
            if several and chosen not in known and not (cloned and not chosen):
                raise ModelError(f"coqui: {name} {chosen!r} is none of this model's: {', '.join(known)}")

    def _can_read(self, sentence: str) -> bool:
        """False where the model would get no symbol at all, on which most models fail."""
        tokenizer: Any = getattr(self._tts.synthesizer.tts_model, "tokenizer", None)
        if not hasattr(tokenizer, "text_to_ids"):
            return True
        ids = tokenizer.text_to_ids(sentence, language=self._choices["language"] or None)
        return any(index not in (tokenizer.pad_id, tokenizer.characters.blank_id) for index in ids)


def find_checkpoint(path: Path) -> Path:
    """The checkpoint that `path` is, or that lies in the folder `path`. Raises ModelUnavailable."""
    if path.is_file():
        return path
    found = sorted(path.glob("*.pth")) or sorted(path.glob("*.pt"))
    best = next((file for file in found if file.stem in ("best_model", "model", "model_file")), None)
    if not found or (best is None and len(found) > 1):
        names = ", ".join(file.name for file in found) or "no *.pth at all"
        raise ModelUnavailable(f"coqui: {path} has {names}; name the checkpoint as well")
    return best or found[0]


def trimmed(samples: Samples, sample_rate: int) -> Samples:
    """The audible part of `samples`, with a short margin. Coqui puts 0.4 s of zeros after each sentence."""
    size = np.abs(samples)
    heard = np.flatnonzero(size > AUDIBLE * size.max(initial=0.0))
    if not heard.size:
        return samples[:0]
    margin = round(MARGIN * sample_rate)
    return np.clip(samples[max(heard[0] - margin, 0) : heard[-1] + 1 + margin], -1.0, 1.0)
