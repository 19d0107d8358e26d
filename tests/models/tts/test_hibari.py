"""The embedded voice, with its real network."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from support.needs import needing
from support.reading import word_error_rate
from support.registries import UNREACHABLE, Registry

from models.context import Context
from models.errors import ModelError
from models.protocols import Samples, Voiced
from models.tts.hibari import Hibari, chunks, readable

SENTENCES = (
    "The castle is two hundred metres north of the market.",
    "Fifty fish swam past the ship, but Peter saw seven.",
    "He said that the train leaves before breakfast.",
    "Think about it for a while, please.",
    "Hello! Half of the people voted for the new bridge.",
    "Photosynthesis turns sunlight into sugar.",
    "Maybe my mother put the map on top of the big box.",
    "Bread costs two coins.",
    "Stop.",
)


@pytest.fixture(scope="module")
@needing("model")
def voice() -> Hibari:
    engine = Hibari()
    engine.load()
    return engine


@pytest.fixture(scope="module")
def spoken(voice: Hibari) -> list[Voiced]:
    return [piece for text in SENTENCES for piece in voice.speak(text)]


def level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples)))) if samples.size else 0.0


def stretch(voiced: Voiced, start: float, end: float) -> Samples:
    return voiced.samples[round(start * voiced.sample_rate) : round(end * voiced.sample_rate)]


def test_phonemes_fill_the_sound_exactly(spoken: list[Voiced]) -> None:
    for voiced in spoken:
        assert voiced.phonemes[0].start == 0.0
        assert all(a.start + a.duration == pytest.approx(b.start) for a, b in pairwise(voiced.phonemes))
        assert sum(p.duration for p in voiced.phonemes) == pytest.approx(voiced.samples.size / 24_000, abs=1e-9)
        assert all(p.duration > 0 or p.symbol == " " for p in voiced.phonemes)


def test_the_sound_begins_at_once_and_ends_soon(spoken: list[Voiced]) -> None:
    for voiced in spoken:
        heard = np.flatnonzero(np.abs(voiced.samples) > 0.01)
        assert heard[0] < 0.08 * voiced.sample_rate  # a soft th needs a moment to reach 1 % of full scale
        assert voiced.samples.size - heard[-1] < 0.1 * voiced.sample_rate


def test_no_sound_is_cut_off(voice: Hibari) -> None:
    from hibari import Hibari as Untrimmed

    whole = Untrimmed()
    for text in SENTENCES:
        trimmed = np.concatenate([voiced.samples for voiced in voice.speak(text)])
        audible = np.flatnonzero(np.abs(whole(text, seed=0)) > 0.004)
        if len(list(voice.speak(text))) == 1:
            assert trimmed.size >= audible[-1] - audible[0]
        assert np.abs(trimmed[:24]).max() < 0.002, "a stop is heard by the quiet before it"
        assert np.abs(trimmed[-24:]).max() < 0.002


def test_fricatives_hiss_and_closures_are_quiet(spoken: list[Voiced]) -> None:
    """The phonemes' times are those of the sound: moved by 50 ms they would miss these."""
    hiss: dict[bool, list[float]] = {True: [], False: []}
    closures, vowels = [], []
    for voiced in spoken:
        for before, phoneme in pairwise(voiced.phonemes):
            samples = stretch(voiced, phoneme.start, phoneme.start + phoneme.duration)
            if not samples.size or phoneme.symbol == " ":
                continue
            hiss[phoneme.symbol in "sʃ"].append(level(np.diff(samples, 2)) / (level(samples) + 1e-4))
            if phoneme.symbol in "pb" and not (before.symbol == " " and before.duration):
                closures.append(level(stretch(voiced, phoneme.start, phoneme.start + 0.025)))
            if phoneme.symbol.startswith("ˈ"):
                vowels.append(level(samples))
    assert len(hiss[True]) > 8
    assert len(closures) > 8
    assert np.median(hiss[True]) > 5 * np.median(hiss[False])
    assert np.median(closures) < 0.3 * np.median(vowels)


def test_a_recogniser_reads_it_back(voice: Hibari) -> None:
    import soxr
    from faster_whisper import WhisperModel

    from models.store.store import locate

    recogniser = WhisperModel(str(locate("whisper-tiny-en")), device="cpu", compute_type="int8", cpu_threads=1)
    heard = []
    for text in SENTENCES[:-1]:
        samples = np.concatenate([voiced.samples for voiced in voice.speak(text)])
        sound = np.pad(soxr.resample(samples, 24_000, 16_000), 8000)
        segments, _ = recogniser.transcribe(sound, language="en", beam_size=1, temperature=0.0)
        heard.append(" ".join(segment.text for segment in segments))
    assert word_error_rate(" ".join(SENTENCES[:-1]), " ".join(heard)) <= 0.05


@pytest.mark.parametrize(
    "text", ["", "   \n", "...", "?!", "😊👍", "你好，世界。", "Привет, мир!", "नमस्ते", "—", "\x00"]
)
def test_without_words_there_is_no_sound(voice: Hibari, text: str) -> None:
    assert list(voice.speak(text)) == []


def test_what_it_cannot_read_is_left_out() -> None:
    assert readable("Straße, Café 你好 😊 “yes”").split() == ["Straße,", "Café", "“yes”"]


def test_words_between_other_scripts_are_spoken(voice: Hibari) -> None:
    (voiced,) = voice.speak("你好 hello 😊")
    assert 0.3 < voiced.samples.size / voiced.sample_rate < 1.0


def test_a_very_long_text_comes_in_pieces(voice: Hibari) -> None:
    pieces = list(voice.speak("one two three four five six seven eight nine ten " * 20))
    assert len(pieces) > 4
    assert max(piece.samples.size for piece in pieces) < 25 * 24_000


def test_a_word_without_end_is_cut() -> None:
    parts = list(chunks("a" * 450 + ", " + "b c " * 30, 200))
    assert "".join(parts) == "a" * 450 + ", " + "b c " * 30
    assert max(map(len, parts)) <= 200


def test_the_same_words_sound_the_same(voice: Hibari) -> None:
    (first,), (second,) = voice.speak("Good morning."), voice.speak("Good morning.")
    assert np.array_equal(first.samples, second.samples)


@pytest.mark.model
def test_speed() -> None:
    slow, quick = Hibari(speed=0.8), Hibari(speed=1.6)
    lengths = []
    for engine in (slow, quick):
        engine.load()
        (voiced,) = engine.speak("Good morning, everybody.")
        lengths.append(voiced.samples.size)
        assert sum(p.duration for p in voiced.phonemes) == pytest.approx(voiced.samples.size / 24_000, abs=1e-9)
    assert 1.6 < lengths[0] / lengths[1] < 2.4


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"voice": "hart"}, "voice: 'hart' is none of heart"),
        ({"speed": 3.0}, "speed: 3"),
        ({"threads": 0}, "threads: 0"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Hibari(**options)  # type: ignore[arg-type]


def test_a_voice_in_a_file(tmp_path: Path, voice: Hibari) -> None:
    from hibari.voices import voice_path

    copy = tmp_path / "own.onnx"
    copy.write_bytes(Path(voice_path("heart")).read_bytes())
    engine = Hibari(voice=str(copy), others=["heart"])
    engine.load()
    for name in ("heart", str(copy), "nobody's"):
        (named,) = engine.speak("Good morning.", Context(voice=name))
        assert np.array_equal(named.samples, next(voice.speak("Good morning.")).samples)
    (one,), (other,) = engine.speak("Good morning."), voice.speak("Good morning.")
    assert np.array_equal(one.samples, other.samples)


def test_a_file_that_is_no_voice(tmp_path: Path) -> None:
    junk = tmp_path / "junk.onnx"
    junk.write_bytes(b"this is no network")
    with pytest.raises(ModelError, match=r"expected a voice of hibari's design: .*junk\.onnx"):
        Hibari(voice=str(junk)).load()


def load_in_a_process(voice: str, hub: str, home: Path) -> str:
    """What loading `voice` says; a hub's client reads its settings once in a process."""
    load = f"Hibari(voice={voice!r}).load()"
    child = f"from models.tts.hibari import Hibari\ntry: {load}\nexcept Exception as error: print(repr(error))"
    settings = {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HF_ENDPOINT": hub,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
    }
    environment = {**os.environ, **settings, "PARLEY_MODELS": str(home)}
    return subprocess.run(
        [sys.executable, "-c", child], env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_a_voice_of_the_hub_without_a_network(tmp_path: Path) -> None:
    said = load_in_a_process("emma", UNREACHABLE, tmp_path)
    assert said.startswith("ModelUnavailable")
    assert "hf download maureesewilliams/hibari voices/bf_emma.int8.onnx" in said


def test_a_hub_that_gives_another_file(tmp_path: Path) -> None:
    with Registry().serve() as registry:
        registry.add_repository("maureesewilliams/hibari", {"voices/bf_emma.int8.onnx": b"something else"})
        said = load_in_a_process("emma", registry.url, tmp_path)
    assert said.startswith("ModelCorrupt")
    assert "not the SHA-256 of hibari's voice 'emma'" in said
