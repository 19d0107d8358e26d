"""Reading speech back, and comparing what was heard with what was said."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import jiwer
import soxr
from whisper_normalizer.english import EnglishTextNormalizer

from models.asr.faster_whisper import FasterWhisper
from models.protocols import Samples

WINDOW = 28
"""Seconds that are read at a time: Whisper sees 30."""


def word_error_rate(reference: str | Sequence[str], heard: str | Sequence[str]) -> float:
    """Wrong, missing and added words for each word of `reference`, 0 for none; of several texts all together.

    Case, punctuation, contractions, British spelling and the way numbers are written make no difference (Radford et al.
    2022, "Robust Speech Recognition via Large-Scale Weak Supervision", appendix C). Raises ValueError without a word in
    `reference`."""
    references, hypotheses = ([text] if isinstance(text, str) else text for text in (reference, heard))
    return float(jiwer.wer([normalised(text) for text in references], [normalised(text) for text in hypotheses]))


def normalised(text: str) -> str:
    """`text` as word errors are counted."""
    return str(_normaliser()(text))


def read_speech(samples: Samples, sample_rate: int) -> str:
    """What Whisper tiny.en, which is no part of the default graph, understands."""
    sound: Samples = soxr.resample(samples, sample_rate, FasterWhisper.sample_rate)
    size = WINDOW * FasterWhisper.sample_rate
    return " ".join(_reader().transcribe(sound[at : at + size]).text for at in range(0, sound.size, size))


@cache
def _normaliser() -> EnglishTextNormalizer:
    return EnglishTextNormalizer()


@cache
def _reader() -> FasterWhisper:
    reader = FasterWhisper()
    reader.load()
    return reader
