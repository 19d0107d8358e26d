"""The wake word engine, with its real networks and two synthetic voices."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr
from piper import PiperVoice, SynthesisConfig
from support.needs import needing
from support.sounds import RATE, SAID, noises, speech

from models.errors import ModelCorrupt, ModelError, ModelUnavailable
from models.protocols import Samples
from models.store.store import locate
from models.tts.hibari import Hibari
from models.wake.micro_wakeword import MicroWakeWord, MicroWakeWordTrack

CALL = "Hey Jarvis, take me to the market, please."
OTHERS = (
    "Take me to the market, please.",
    "Hey Travis, what is the weather like?",
    "Hey, the harvest is over.",
    "Alexa, what is in my bag?",
    "Hello, how are you today?",
)


@pytest.fixture(scope="module")
@needing("model")
def engine() -> Iterator[MicroWakeWord]:
    engine = MicroWakeWord()
    engine.load()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
@needing("model")
def voice() -> Iterator[Hibari]:
    hibari = Hibari()
    hibari.load()
    yield hibari
    hibari.close()


def said(voice: Hibari, text: str) -> Samples:
    return padded(np.concatenate([voiced.samples for voiced in voice.speak(text)]), voice.sample_rate)


@pytest.fixture(scope="module")
@needing("model")
def joe() -> PiperVoice:
    """A second voice: the embedded one pronounces "Nabu" as the network does not know it."""
    return PiperVoice.load(locate("piper-joe") / "en_US-joe-medium.onnx")


def said_by_joe(joe: PiperVoice, text: str) -> Samples:
    pieces = list(joe.synthesize(text, SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)))
    return padded(np.concatenate([piece.audio_float_array for piece in pieces]), pieces[0].sample_rate)


def padded(sound: Samples, sample_rate: int) -> Samples:
    """At the rate of recognisers, with half a second of silence on either side."""
    return np.pad(soxr.resample(sound, sample_rate, RATE).astype(np.float32), RATE // 2)


def calls(track: MicroWakeWordTrack, sound: Samples, size: int = 512) -> list[float]:
    """When the track heard its word, in seconds, fed `size` samples at a time."""
    return [at / RATE for at in range(0, sound.size, size) if track.heard(sound[at : at + size])]


def test_the_word_is_heard_once_when_it_has_ended(engine: MicroWakeWord, voice: Hibari) -> None:
    (at,) = calls(engine.open(), said(voice, CALL))
    assert 0.9 < at < 1.7  # it lasts from 0.5 to 1.2 s


def test_it_is_heard_each_time(engine: MicroWakeWord, voice: Hibari) -> None:
    assert len(calls(engine.open(), np.tile(said(voice, CALL), 3))) == 3


def test_other_words_are_not_it(engine: MicroWakeWord, voice: Hibari) -> None:
    for text in OTHERS:
        assert not calls(engine.open(), said(voice, text)), text
    for recording in SAID:
        assert not calls(engine.open(), speech(recording)), recording


def test_noise_is_not_it(engine: MicroWakeWord) -> None:
    for name, sound in noises().items():
        assert not calls(engine.open(), sound), name


@pytest.mark.parametrize("decibels", [20, 10])
def test_it_is_heard_through_noise(engine: MicroWakeWord, voice: Hibari, decibels: int) -> None:
    sound = said(voice, CALL)
    noise = np.resize(noises()["pink, middling"], sound.size)
    louder = np.std(sound) / np.std(noise) * 10 ** (-decibels / 20)
    assert len(calls(engine.open(), sound + louder * noise)) == 1


@pytest.mark.parametrize(
    ("word", "text"),
    [("hey-mycroft", "Hey Mycroft, stop."), ("alexa", "Alexa, stop."), ("okay-nabu", "Okay Nabu, stop.")],
)
def test_every_word_of_the_catalogue_is_known(joe: PiperVoice, word: str, text: str) -> None:
    engine = MicroWakeWord(word)
    engine.load()
    assert len(calls(engine.open(), said_by_joe(joe, text))) == 1
    assert not calls(engine.open(), said_by_joe(joe, CALL))


def test_streams_do_not_disturb_each_other(engine: MicroWakeWord, voice: Hibari) -> None:
    sound, noise = said(voice, CALL), noises()["pink, loud"]
    alone = calls(engine.open(), sound)
    first, second = engine.open(), engine.open()
    together = []
    for at in range(0, sound.size, 512):
        if first.heard(sound[at : at + 512]):
            together.append(at / RATE)
        second.heard(noise[at % 16_384 :][:512])
    assert together == alone


def test_the_size_of_pieces_makes_no_difference(engine: MicroWakeWord, voice: Hibari) -> None:
    sound = said(voice, CALL)
    track, sizes, at, found = engine.open(), itertools.cycle((0, 1, 77, 1_000, 159, 161)), 0, 0
    while at < sound.size:
        size = next(sizes)
        found += track.heard(sound[at : at + size])
        at += size
    assert found == 1


def test_loud_sound_is_clipped_not_wrapped(engine: MicroWakeWord, voice: Hibari) -> None:
    sound = said(voice, CALL)
    assert len(calls(engine.open(), sound / np.abs(sound).max() * 1.5)) == 1


def test_a_stricter_threshold_hears_less(voice: Hibari) -> None:
    strict = MicroWakeWord(threshold=0.999)
    strict.load()
    assert not calls(strict.open(), said(voice, CALL))


@pytest.mark.parametrize("threshold", [0.0, 1.0, -1.0, 97.0])
def test_a_threshold_is_a_probability(threshold: float) -> None:
    with pytest.raises(ValueError, match="is not between 0 and 1"):
        MicroWakeWord(threshold=threshold)


def test_a_network_of_ones_own_is_a_path(tmp_path: Path, voice: Hibari) -> None:
    source = locate("hey-jarvis")
    for file in (source, source.with_suffix(".json")):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    engine = MicroWakeWord(str(tmp_path / source.name))
    engine.load()
    assert len(calls(engine.open(), said(voice, CALL))) == 1


@pytest.mark.model
def test_a_network_without_its_description_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.tflite").write_bytes(locate("hey-jarvis").read_bytes())
    with pytest.raises(ModelCorrupt, match=r"mine\.json: .*No such file.*expected the description"):
        MicroWakeWord(str(tmp_path / "mine.tflite")).load()
    (tmp_path / "mine.json").write_text('{"wake_word": "Mine"}')
    with pytest.raises(ModelCorrupt, match=r"mine\.json: KeyError\('micro'\); expected the description"):
        MicroWakeWord(str(tmp_path / "mine.tflite")).load()


@pytest.mark.model
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_what_is_not_a_network_is_refused(tmp_path: Path, share: float) -> None:
    whole = locate("hey-jarvis").read_bytes()
    (tmp_path / "junk.tflite").write_bytes(whole[: int(share * len(whole))] or b"junk")
    with pytest.raises(ModelCorrupt, match=r"junk\.tflite: not a TensorFlow Lite network"):
        MicroWakeWord(str(tmp_path / "junk.tflite")).load()


def test_an_unknown_word_is_refused_with_those_that_look_alike() -> None:
    with pytest.raises(ModelError, match="did you mean 'hey-jarvis'"):
        MicroWakeWord("hey-jarvi").load()


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
    with pytest.raises(ModelUnavailable, match=r"pip install 'parley-avatar\[wake\]'"):
        MicroWakeWord().load()


def test_it_must_be_loaded_first() -> None:
    with pytest.raises(RuntimeError, match="before load"):
        MicroWakeWord().open()
