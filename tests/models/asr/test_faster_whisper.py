from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.needs import needing
from support.reading import word_error_rate
from support.sounds import RATE, SAID, noises, speech

from models.asr.faster_whisper import FasterWhisper
from models.context import Context
from models.errors import ModelCorrupt, ModelUnavailable


@pytest.fixture(scope="module")
@needing("model")
def whisper() -> Iterator[FasterWhisper]:
    engine = FasterWhisper()
    engine.load()
    yield engine
    engine.close()


@pytest.mark.parametrize("name", ["speech-beckett", "speech-jfk"])
def test_human_speech_is_recognised(whisper: FasterWhisper, name: str) -> None:
    found = whisper.transcribe(speech(name))
    assert word_error_rate(SAID[name], found.text) == 0
    assert found.language == "en"
    assert found.confidence is not None
    assert 0.5 < found.confidence <= 1.0


def test_sound_longer_than_its_window_is_recognised_to_the_end(whisper: FasterWhisper) -> None:
    found = whisper.transcribe(speech("speech-two-cities"))
    assert word_error_rate(SAID["speech-two-cities"], found.text) <= 0.02


def test_sound_without_a_voice_gives_no_words(whisper: FasterWhisper) -> None:
    for name, sound in noises().items():
        found = whisper.transcribe(sound)
        assert (found.text, found.confidence) == ("", None), name
    assert whisper.transcribe(np.zeros(0, np.float32)).text == ""


def test_the_same_sound_gives_the_same_words(whisper: FasterWhisper) -> None:
    said = speech("speech-jfk")[: 4 * RATE]
    assert whisper.transcribe(said) == whisper.transcribe(said)


def test_names_that_may_be_said_do_not_become_words(whisper: FasterWhisper) -> None:
    named = Context(hints=("lantern", "lighthouse", "Anya"))
    assert word_error_rate(SAID["speech-jfk"], whisper.transcribe(speech("speech-jfk"), named).text) == 0
    for sound in noises().values():
        assert whisper.transcribe(sound, named).text == ""


@pytest.mark.model
def test_words_with_their_times() -> None:
    engine = FasterWhisper(words=True)
    engine.load()
    found = engine.transcribe(speech("speech-jfk"))
    assert [word.text for word in found.words] == found.text.split()
    times = [moment for word in found.words for moment in (word.start, word.end)]
    assert times == sorted(times)
    assert times[-1] <= speech("speech-jfk").size / RATE + 0.1
    assert all(word.confidence is not None and 0.0 <= word.confidence <= 1.0 for word in found.words)


@pytest.mark.model
def test_a_multilingual_model_names_the_language() -> None:
    engine = FasterWhisper(model="whisper-base")
    engine.load()
    for spoken in ((), ("en",), ("en", "zh")):
        found = engine.transcribe(speech("speech-jfk"), Context(languages=spoken))
        assert found.language == "en"
        assert word_error_rate(SAID["speech-jfk"], found.text) == 0
    assert engine.transcribe(speech("speech-jfk"), Context("zh", ("zh", "ja"))).language in ("zh", "ja")
    engine.close()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"language": "English"}, "language: 'English'"),
        ({"beam_size": 0}, "beam_size: 0"),
        ({"cpu_threads": 0}, "cpu_threads: 0"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        FasterWhisper(**options)


@pytest.mark.model
def test_a_language_that_the_model_does_not_know_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match=r"'zh'.*whisper-base"):
        FasterWhisper(language="zh").load()


def test_a_folder_without_a_model_is_refused_without_asking_a_hub(tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match=r"tokenizer\.json"):
        FasterWhisper(model=str(tmp_path)).load()


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "model.bin").write_bytes(b"\x06\0\0\0nothing")
    with pytest.raises(ModelCorrupt, match=r"asr\.faster-whisper"):
        FasterWhisper(model=str(tmp_path)).load()


def test_without_its_package_it_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(ModelUnavailable, match="pip install faster-whisper"):
        FasterWhisper().load()
