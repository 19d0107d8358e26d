"""Comparing what was heard with what was said."""

from __future__ import annotations

from functools import cache

import jiwer
from whisper_normalizer.english import EnglishTextNormalizer


def word_error_rate(reference: str, heard: str) -> float:
    """Wrong, missing and added words for each word of `reference`, 0 for none.

    Case, punctuation, contractions, British spelling and the way numbers are written make no difference (Radford et al.
    2022, "Robust Speech Recognition via Large-Scale Weak Supervision", appendix C). Raises ValueError without a word in
    `reference`."""
    normalise = _normaliser()
    return float(jiwer.wer(normalise(reference), normalise(heard)))


@cache
def _normaliser() -> EnglishTextNormalizer:
    return EnglishTextNormalizer()
