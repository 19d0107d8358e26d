"""Phoneme times, on sound made for the purpose."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from support.waves import silence, tone

from models.protocols import Phoneme, Samples
from models.tts.alignment import align

RATE = 24_000


def sound(*parts: tuple[float, float]) -> Samples:
    """Tones and silences: seconds and level of each."""
    return np.concatenate([tone(seconds, 200.0, level, RATE) for seconds, level in parts])


def spans(phonemes: tuple[Phoneme, ...]) -> list[tuple[str, float, float]]:
    return [(p.symbol, round(p.start, 4), round(p.start + p.duration, 4)) for p in phonemes]


def test_stress_and_length_belong_to_their_vowel() -> None:
    found = align([" ", "ˈ", "ɔ", "ː", "t", " "], [0, 0, 0.05, 0.1, 0.2, 0.3, 0.3], sound((0.3, 0.5)), RATE)
    assert spans(found) == [("ˈɔː", 0.0, 0.2), ("t", 0.2, 0.3)]


def test_the_letters_of_misaki_become_ipa() -> None:
    found = align(["ʤ", "ˈ", "I", "T"], [0, 0.1, 0.15, 0.2, 0.3], sound((0.3, 0.5)), RATE)
    assert [p.symbol for p in found] == ["dʒ", "ˈaɪ", "ɾ"]


def test_a_space_that_is_not_heard_is_shared_out_and_parts_words() -> None:
    found = align(["n", " ", "i"], [0, 0.1, 0.15, 0.3], sound((0.3, 0.5)), RATE)
    assert spans(found) == [("n", 0.0, 0.125), (" ", 0.125, 0.125), ("i", 0.125, 0.3)]


def test_a_pause_is_as_long_as_it_is_heard() -> None:
    # The network counts the pause to the consonant before the comma.
    found = align(
        ["t", ",", " ", "d", "u"], [0, 0.35, 0.4, 0.45, 0.5, 0.6], sound((0.1, 0.5), (0.3, 0), (0.2, 0.5)), RATE
    )
    assert spans(found) == [("t", 0.0, 0.1), (" ", 0.1, 0.4), ("d", 0.4, 0.5), ("u", 0.5, 0.6)]


def test_the_closure_behind_a_pause_belongs_to_its_stop() -> None:
    found = align(["s", ",", "p", "u"], [0, 0.1, 0.3, 0.4, 0.5], sound((0.1, 0.5), (0.26, 0), (0.14, 0.5)), RATE)
    assert spans(found) == [("s", 0.0, 0.1), (" ", 0.1, 0.3), ("p", 0.3, 0.4), ("u", 0.4, 0.5)]


def test_lips_stay_closed_for_a_moment_in_a_silence_that_they_began() -> None:
    found = align(["ɑ", "p", ".", " "], [0, 0.1, 0.3, 0.4, 0.4], sound((0.1, 0.5), (0.3, 0)), RATE)
    assert spans(found) == [("ɑ", 0.0, 0.1), ("p", 0.1, 0.175), (" ", 0.175, 0.4)]


def test_sounds_before_the_first_sample_are_not_lost() -> None:
    found = align([" ", "ð", "ə", "k"], [-0.3, -0.06, -0.02, 0.08, 0.2], sound((0.2, 0.5)), RATE)
    assert spans(found) == [("ð", 0.0, 0.025), ("ə", 0.025, 0.08), ("k", 0.08, 0.2)]


def test_sounds_behind_the_last_sample_end_with_it() -> None:
    found = align(["n", "oʊ", ".", " "], [0, 0.1, 0.4, 0.5, 0.6], sound((0.3, 0.5)), RATE)
    assert spans(found) == [("n", 0.0, 0.1), ("oʊ", 0.1, 0.3)]


@pytest.mark.parametrize("samples", [silence(0.31, RATE), sound((0.31, 0.5)), sound((0.1, 0.5), (0.21, 0.0))])
def test_there_are_no_gaps(samples: Samples) -> None:
    symbols = [" ", "ˈ", "a", "p", ",", " ", "ˌ", "i", ".", " "]
    found = align(symbols, [-0.1, 0, 0.02, 0.05, 0.09, 0.15, 0.17, 0.2, 0.25, 0.4, 0.5], samples, RATE)
    assert found[0].start == 0.0
    assert all(a.start + a.duration == pytest.approx(b.start) for a, b in pairwise(found))
    assert sum(p.duration for p in found) == pytest.approx(samples.size / RATE, abs=1e-9)
