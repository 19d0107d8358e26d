"""Mouth shapes from sound alone, on voices that say what they speak, on people, and on what is no speech."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support.needs import needing
from support.waves import silence

from audio_samples import samples
from models.face import VISEMES, Viseme
from models.lipsync.phonemes import Phonemes
from models.lipsync.sound import CHANGE, SHORTEST, Sound, likeliest
from models.protocols import Samples, Voiced
from models.store.store import locate
from models.tts.hibari import Hibari
from pipeline.devices.files.decoding import SAMPLE_RATE, read

VOWELS = frozenset({"aa", "E", "ih", "oh", "ou"})


def shapes(sound: Samples, rate: int = SAMPLE_RATE) -> list[Viseme]:
    found = list(Sound().shape(Voiced(sound, rate)))
    assert all(a.start + a.duration == pytest.approx(b.start) for a, b in pairwise(found))
    assert all(a.viseme != b.viseme for a, b in pairwise(found))
    assert sum(shape.duration for shape in found) == pytest.approx(sound.size / rate, abs=1e-6)
    assert {shape.viseme for shape in found} <= set(VISEMES)
    assert all(0.0 <= shape.weight <= 1.0 for shape in found)
    assert all(shape.duration > 0.03 for shape in found) or len(found) == 1
    return found


def names(found: list[Viseme], length: float) -> list[str]:
    """The shape at every hundredth of a second."""
    starts = [shape.start for shape in found]
    places = np.searchsorted(starts, np.arange(0.005, length, 0.01), side="right") - 1
    return [found[place].viseme for place in np.maximum(places, 0)]


@pytest.fixture(scope="module")
@needing("model")
def spoken() -> list[Voiced]:
    voice = Hibari()
    voice.load()
    sentences = (
        "She saw Bob push a pram by the pool.",
        "My mother may buy five more apples.",
        "You should go home soon.",
    )
    return [piece for sentence in sentences for piece in voice.speak(sentence)]


def test_the_mouth_is_near_that_of_the_phonemes(spoken: list[Voiced]) -> None:
    pairs = [
        pair
        for piece in spoken
        for length in [piece.samples.size / piece.sample_rate]
        for pair in zip(
            names(list(Phonemes().shape(piece)), length),
            names(shapes(piece.samples, piece.sample_rate), length),
            strict=True,
        )
    ]
    assert np.mean([a == b for a, b in pairs]) > 0.4  # chance: 0.1
    assert np.mean([(a in VOWELS) == (b in VOWELS) for a, b in pairs]) > 0.7


def test_a_quiet_voice_moves_as_a_loud_one(spoken: list[Voiced]) -> None:
    loud, quiet = (Sound().shape(replace(spoken[0], samples=spoken[0].samples * level)) for level in (1.0, 0.1))
    assert [(one.viseme, one.start) for one in loud] == [(one.viseme, one.start) for one in quiet]
    assert [one.weight for one in loud] == pytest.approx([one.weight for one in quiet], abs=0.002)


@pytest.mark.model
@pytest.mark.parametrize("name", ["speech-jfk", "speech-two-cities", "speech-beckett"])
def test_people_open_and_close_their_mouths(name: str) -> None:
    found = shapes(read(locate(name))[: 8 * SAMPLE_RATE])
    assert 3 < len(found) / 8 < 14
    assert {"sil", "PP"} < {shape.viseme for shape in found}
    assert len(VOWELS & {shape.viseme for shape in found}) >= 3


def test_nobody_speaks_in_the_pauses_of_the_samples() -> None:
    sound = read(next(sample.path for sample in samples() if sample.file == "paused.wav"))
    quiet = shapes(np.concatenate([sound, silence(1.0, SAMPLE_RATE)]))[-1]
    assert (quiet.viseme, quiet.weight) == ("sil", 0.0)
    assert quiet.duration > 0.9


@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_silence_is_a_closed_mouth(level: float) -> None:
    noise = np.random.default_rng(0).normal(size=SAMPLE_RATE) * level
    assert [shape.viseme for shape in shapes(noise.astype(np.float32))] == ["sil"]


@pytest.mark.parametrize("level", [0.01, 0.3])
def test_noise_does_not_chatter(level: float) -> None:
    noise = np.random.default_rng(0).normal(size=3 * SAMPLE_RATE) * level
    assert len(shapes(noise.astype(np.float32))) <= 6


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("size", [1, 100, 801, 4800, 24_001])
def test_shapes_fill_the_sound_exactly(rate: int, size: int) -> None:
    shapes((np.random.default_rng(size).normal(size=size) * 0.1).astype(np.float32), rate)


def test_no_sound_no_shapes() -> None:
    assert shapes(silence(0, SAMPLE_RATE)) == []


def test_a_shape_lasts_unless_another_is_worth_the_change() -> None:
    scores = np.full((20, 15), -CHANGE / SHORTEST)
    scores[:, 3] = -CHANGE / SHORTEST / 4
    scores[10, 3], scores[10, 5] = -1.0, 0.0
    assert set(likeliest(scores).tolist()) == {3}
    scores[10:14, 5], scores[10:14, 3] = 0.0, -2.0
    assert likeliest(scores).tolist() == [3] * 10 + [5] * 4 + [3] * 6
