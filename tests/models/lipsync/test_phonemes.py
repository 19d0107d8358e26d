"""Mouth shapes from phonemes."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from support.waves import silence, tone

from models.face import VISEMES, Viseme
from models.lipsync.phonemes import VISEME_OF, Phonemes
from models.lipsync.sound import Sound
from models.protocols import Phoneme, Samples, Voiced
from models.tts.alignment import IPA, PAUSES, STRESS
from models.tts.hibari import Hibari
from pipeline.devices.face.mouth import Mouth
from pipeline.devices.face.shapes import opening

RATE = 24_000


def voiced(*sounds: tuple[str, float], samples: Samples | None = None) -> Voiced:
    phonemes, start = [], 0.0
    for symbol, duration in sounds:
        phonemes.append(Phoneme(symbol, start, duration))
        start += duration
    return Voiced(tone(start, 200.0, 0.5, RATE) if samples is None else samples, RATE, tuple(phonemes))


def shapes(*sounds: tuple[str, float], samples: Samples | None = None) -> list[Viseme]:
    found = list(Phonemes().shape(voiced(*sounds, samples=samples)))
    assert all(a.start + a.duration == pytest.approx(b.start) for a, b in pairwise(found))
    assert {shape.viseme for shape in found} <= set(VISEMES)
    assert all(0.0 <= shape.weight <= 1.0 for shape in found)
    return found


def names(found: list[Viseme]) -> list[str]:
    return [shape.viseme for shape in found]


def test_every_sound_of_the_embedded_voice_has_a_shape() -> None:
    import hibari

    vocabulary = Path(hibari.__file__).with_name("assets") / "vocab.json"
    sounds = set(json.loads(vocabulary.read_text(encoding="utf-8"))) - PAUSES - set(STRESS)
    without = {sound for sound in sounds if IPA.get(sound, sound)[0] not in VISEME_OF}
    assert without == set("hʰʲᵝː↓→↗↘\u0303S")  # breath, tones, marks on other letters, and one that misaki never writes


def test_all_shapes_but_silence_have_sounds() -> None:
    assert set(VISEME_OF.values()) == set(VISEMES) - {"sil"}


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [("ˈaɪ", ["aa", "ih"]), ("oʊ", ["oh", "ou"]), ("eɪ", ["E", "ih"]), ("ɔɪ", ["oh", "ih"]), ("aʊ", ["aa", "ou"]),
     ("tʃ", ["CH"]), ("dʒ", ["CH"]), ("iː", ["ih"]), ("tʰ", ["DD"]), ("ã", ["aa"]), ("ŋ", ["kk"]), (" ", ["sil"])],
)  # fmt: skip
def test_symbols(symbol: str, expected: list[str]) -> None:
    assert names(shapes((symbol, 0.2))) == expected


def test_the_first_vowel_of_a_diphthong_is_the_longer() -> None:
    first, second = shapes(("ˈaɪ", 0.2))
    assert first.duration == pytest.approx(0.12)
    assert first.weight > second.weight


def test_equal_neighbours_are_one_shape() -> None:
    assert names(shapes(("s", 0.1), ("z", 0.1), ("i", 0.1), ("j", 0.1))) == ["SS", "ih"]


def test_what_nobody_sees_is_given_to_the_next() -> None:
    found = shapes(("s", 0.1), ("ə", 0.025), ("f", 0.1))
    assert [(shape.viseme, round(shape.duration, 3)) for shape in found] == [("SS", 0.1), ("FF", 0.125)]


def test_what_nobody_sees_does_not_lengthen_a_closure() -> None:
    found = shapes(("s", 0.1), ("ə", 0.025), ("p", 0.1))
    assert [(shape.viseme, round(shape.duration, 3)) for shape in found] == [("SS", 0.125), ("PP", 0.1)]


def test_lips_always_close() -> None:
    quiet = np.concatenate([tone(0.1, level=0.5, sample_rate=RATE), silence(0.02, RATE), tone(0.1, sample_rate=RATE)])
    found = shapes(("a", 0.1), ("p", 0.02), ("a", 0.1), samples=quiet)
    assert names(found) == ["aa", "PP", "aa"]
    assert found[1].weight == 1.0
    assert found[1].duration == pytest.approx(0.05)
    assert found[1].start + found[1].duration == pytest.approx(0.12)  # the burst stays where it is heard


def test_h_takes_the_shape_of_its_vowel() -> None:
    assert names(shapes(("h", 0.06), ("ˈaɪ", 0.2))) == ["aa", "ih"]


def test_unknown_symbols_have_the_shape_around_them() -> None:
    assert names(shapes(("a", 0.1), ("↗", 0.05), ("ʘ", 0.1))) == ["aa"]
    assert names(shapes(("↗", 0.2))) == ["sil"]


def test_vowels_follow_stress_and_loudness() -> None:
    loud_then_soft = np.concatenate([tone(0.2, 200, 0.5, RATE), tone(0.2, 200, 0.05, RATE), tone(0.2, 200, 0.5, RATE)])
    loud, soft, unstressed = shapes(("ˈa", 0.2), ("ˈɛ", 0.2), ("u", 0.2), samples=loud_then_soft)
    assert loud.weight == pytest.approx(1.0, abs=0.02)
    assert soft.weight < 0.5
    assert unstressed.weight == pytest.approx(0.8, abs=0.02)


def test_fast_unstressed_vowels_reach_less_far() -> None:
    fast, slow = shapes(("u", 0.05), ("s", 0.1), ("u", 0.2))[::2]
    assert fast.weight < 0.75 * slow.weight
    fast, slow = shapes(("ˈu", 0.05), ("s", 0.1), ("ˈu", 0.2))[::2]
    assert fast.weight == slow.weight


def test_a_whisper_moves_less_and_silence_not_at_all() -> None:
    sounds = (("ˈa", 0.2), ("s", 0.1), ("ˈɛ", 0.2))
    voice, whisper = shapes(*sounds), shapes(*sounds, samples=tone(0.5, 200, 0.003, RATE))
    assert all(0.0 < soft.weight < 0.6 * loud.weight for soft, loud in zip(whisper, voice, strict=True))
    assert all(shape.weight == 0.0 for shape in shapes(*sounds, samples=silence(0.5, RATE)))


def test_lips_meet_in_a_whisper_too() -> None:
    found = shapes(("a", 0.1), ("b", 0.1), ("f", 0.1), ("a", 0.1), samples=tone(0.4, 200, 0.003, RATE))
    assert [shape.weight for shape in found if shape.viseme in {"PP", "FF"}] == [1.0, 0.9]


def test_a_voice_moves_alike_at_any_volume() -> None:
    sounds = (("ˈa", 0.2), ("s", 0.1), ("ˈɛ", 0.2))
    assert shapes(*sounds) == shapes(*sounds, samples=tone(0.5, 200, 0.05, RATE))


def test_a_stop_goes_as_far_as_the_sound_around_it_is_loud() -> None:
    stop = np.concatenate([tone(0.2, 200, 0.5, RATE), silence(0.1, RATE), tone(0.2, 200, 0.5, RATE)])
    assert shapes(("ˈa", 0.2), ("t", 0.1), ("ˈɛ", 0.2), samples=stop)[1].weight > 0.4


def test_the_mouth_of_a_real_voice() -> None:
    voice = Hibari()
    voice.load()
    spoken = next(iter(voice.speak("Maybe Bob bought two blue shoes for five coins, and I keep them.")))
    found = Phonemes().shape(spoken)
    mouth = Mouth(found)
    closures = [phoneme for phoneme in spoken.phonemes if VISEME_OF.get(phoneme.symbol) == "PP"]
    assert len(closures) == 8
    for sound in closures:
        assert mouth.at(sound.start + sound.duration / 2)["PP"] == pytest.approx(1.0)
    two = next(i for i, sound in enumerate(spoken.phonemes) if sound.symbol == "ˈu")
    assert spoken.phonemes[two - 1].symbol == "t"
    assert mouth.at(spoken.phonemes[two].start)["ou"] > 0.5  # round before it is heard
    openings = [opening(mouth.at(i / 60)) for i in range(int(60 * spoken.samples.size / RATE))]
    assert max(openings) > 0.8
    assert mouth.at(spoken.samples.size / RATE + 0.1)["sil"] == 1.0


@pytest.mark.parametrize("size", [1, 100, 239, 2400, 24_001])
def test_shapes_fill_the_sound_exactly(size: int) -> None:
    samples = tone(2.0, 200, 0.5, RATE)[:size]
    third = size / RATE / 3
    for sounds in ([], [("p", third), ("a", third), (" ", third)]):
        found = shapes(*sounds, samples=samples)
        assert sum(shape.duration for shape in found) == pytest.approx(size / RATE, abs=1e-9)


def test_without_phonemes_the_shapes_are_heard() -> None:
    voice, engine = Hibari(), Phonemes()
    voice.load()
    engine.load()
    spoken = replace(next(iter(voice.speak("Maybe Bob bought five blue shoes."))), phonemes=())
    found = list(engine.shape(spoken))
    assert found == Sound().shape(spoken)
    assert {"PP", "aa"} <= set(names(found))
    assert {"FF", "SS", "CH"}.intersection(names(found))  # which one, a voice that rounds differently decides


def test_silence_without_phonemes_is_a_closed_mouth() -> None:
    assert names(shapes(samples=silence(0.5, RATE))) == ["sil"]


def test_no_sound_no_shapes() -> None:
    assert shapes(samples=silence(0, RATE)) == []
