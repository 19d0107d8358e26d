"""How packets differ, in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.protocols import Intent, Outcome, Phoneme, Samples, Voiced
from pipeline.packets import Partial, Reply, Speech, Transcript
from pipeline.runners.replay.diff import Change, changes

TONE = np.sin(np.arange(2400) * 0.1).astype(np.float32)
SPEECH = Speech(Voiced(TONE, 24_000, (Phoneme("a", 0.0, 0.1),)), 0.0, "Ah.")


def voiced(samples: Samples) -> Speech:
    return replace(SPEECH, voiced=replace(SPEECH.voiced, samples=samples))


def test_each_field_that_differs_is_named() -> None:
    one = Transcript("hello", "en", 0.0, 1.0, 0.5)
    assert changes(one, replace(one, text="hallo", confidence=None)) == [
        Change("Transcript.text", "“hello”", "“hallo”"),
        Change("Transcript.confidence", "0.5", "None"),
    ]


def test_maps_and_sequences_are_told_where_they_part() -> None:
    assert changes(Intent("buy", {"item": "kite"}), Intent("buy", {"item": "lamp"})) == [
        Change("Intent.slots.item", "“kite”", "“lamp”")
    ]
    assert changes(Intent("buy"), Intent("buy", {"count": 2})) == [Change("Intent.slots.count", "None", "2")]
    phonemes = (Phoneme("a", 0.0, 0.1), Phoneme("b", 0.1, 0.1))
    longer = replace(SPEECH, voiced=replace(SPEECH.voiced, phonemes=phonemes))
    assert changes(SPEECH, longer) == [Change("number of Speech.voiced.phonemes", "1", "2")]
    assert changes(Outcome("x", "done"), Outcome("x", "refused")) == [
        Change("Outcome.status", "“done”", "“refused”"),
    ]


def test_sound_is_told_by_its_length_its_first_sample_and_the_level_of_the_difference() -> None:
    (length,) = changes(SPEECH, voiced(TONE[:-10]))
    assert (length.place, length.recorded, length.replayed) == (
        "length of Speech.voiced.samples",
        "2400 samples",
        "2390 samples",
    )
    other = TONE.copy()
    other[100:] *= np.float32(0.9)
    (change,) = changes(SPEECH, voiced(other))
    assert change.place.startswith("Speech.voiced.samples[")
    level = float(change.place.split("difference is ")[1].split(" dB")[0])
    assert level == pytest.approx(-20.2, abs=0.5)  # a tenth of it, in all but the first of 24 parts


def test_what_a_journal_cannot_hold_is_told_by_its_digest() -> None:
    samples = TONE.copy()
    samples[5] = np.nextafter(samples[5], np.float32(1.0))
    (change,) = changes(SPEECH, voiced(samples))
    assert change.place == "packet"
    assert change.recorded != change.replayed


def test_another_type_and_nothing_at_all() -> None:
    (change,) = changes(Partial("he", 0.5), Reply("Hello."))
    assert (change.place, change.replayed) == ("packet", 'Reply {"text": "Hello.", "language": "en"}')
    assert changes(None, Reply("Hello."))[0].recorded == "nothing"


def test_long_values_are_cut() -> None:
    (change,) = changes(Reply("a"), Reply("b" * 1000))
    assert len(change.replayed) < 300
