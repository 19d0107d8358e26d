"""The language of tones survives what happens to sound on its way."""

from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.protocols import Samples
from pipeline.devices.resample import Resampler
from pipeline.testing.tones import ALPHABET, CHARACTER, read, spelt, tones

SENTENCE = "what's the price of 2 lanterns, please?"
RANDOM = np.random.default_rng(7)


def noise(count: int, amplitude: float) -> Samples:
    return (amplitude * RANDOM.standard_normal(count)).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from(ALPHABET + "  "), max_size=60))
def test_what_is_spoken_is_read(text: str) -> None:
    assert read(tones(text)) == spelt(text)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_at_any_sample_rate(rate: int) -> None:
    assert read(tones(SENTENCE, rate), rate) == SENTENCE


def test_length_follows_the_text() -> None:
    assert tones("hello there").size == round(11 * CHARACTER * 16_000)
    assert tones("").size == 0


def test_letters_that_have_no_tone() -> None:
    assert spelt("  “Crème”  BRÛLÉE 你好—ok’s ") == "creme brulee ok's"
    assert spelt(string.punctuation) == "!',-.?"


def test_silence_and_noise_hold_no_words() -> None:
    cough = noise(8_000, 0.2) * np.hanning(8_000).astype(np.float32)
    for sound in (np.zeros(0, np.float32), np.zeros(16_000, np.float32), noise(32_000, 0.1), cough):
        assert read(sound) == ""


def test_noise_echo_silence_and_a_fainter_voice_do_no_harm() -> None:
    sound = np.concatenate([np.zeros(5_003, np.float32), tones(SENTENCE), np.zeros(8_000, np.float32)])
    level = float(np.sqrt(np.square(tones(SENTENCE)).mean()))
    echo = np.concatenate([np.zeros(640, np.float32), 0.3 * sound[:-640]])
    other = np.resize(0.15 * tones("nobody should hear me talk about the weather"), sound.size)
    assert read(sound) == SENTENCE
    assert read(sound + noise(sound.size, level * 10 ** (-15 / 20))) == SENTENCE
    assert read(sound + echo) == SENTENCE
    assert read((sound + other).astype(np.float32)) == SENTENCE


def test_another_sample_rate_and_a_quieter_voice_do_no_harm() -> None:
    resampler = Resampler(24_000, 16_000)
    spoken = 0.1 * tones(SENTENCE, 24_000)
    assert read(np.concatenate([resampler.feed(spoken), resampler.flush()])) == SENTENCE


def test_words_that_are_not_over_are_read_as_far_as_they_go() -> None:
    sound = tones("turn left")
    heard = [read(sound[: round(16_000 * seconds)]) for seconds in np.arange(0.0, 0.55, CHARACTER)]
    assert heard == ["", "t", "tu", "tur", "turn", "turn", "turn l", "turn le", "turn lef", "turn left"]
