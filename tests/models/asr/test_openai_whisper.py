from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.needs import needing
from support.sounds import noises, speech

from models.asr.faster_whisper import FasterWhisper
from models.asr.openai_whisper import OpenAIWhisper
from models.asr.whisper_checkpoint import write_checkpoint
from models.errors import ModelCorrupt, ModelUnavailable
from models.store.store import locate

# OpenAI's package leaves the file of its vocabulary to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file.*tiktoken:ResourceWarning")


@pytest.fixture(scope="module")
@needing("model")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whisper") / "tiny.en.pt"
    write_checkpoint(locate("whisper-tiny-en") / "model.bin", path)
    return path


@pytest.fixture(scope="module")
@needing("model")
def whisper(checkpoint: Path) -> Iterator[OpenAIWhisper]:
    engine = OpenAIWhisper(model=str(checkpoint))
    engine.load()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
@needing("model")
def twin() -> Iterator[FasterWhisper]:
    """The same weights on another runtime, which has never seen the checkpoint."""
    engine = FasterWhisper(model="whisper-tiny-en", compute_type="float32")
    engine.load()
    yield engine
    engine.close()


@pytest.mark.parametrize("name", ["speech-beckett", "speech-jfk"])
def test_the_converted_checkpoint_says_what_the_original_says(
    whisper: OpenAIWhisper, twin: FasterWhisper, name: str
) -> None:
    found, expected = whisper.transcribe(speech(name)), twin.transcribe(speech(name))
    assert found.text == expected.text
    assert found.language == expected.language == "en"
    assert found.confidence == pytest.approx(expected.confidence, abs=1e-4)


def test_sound_without_a_voice_gives_no_words(whisper: OpenAIWhisper) -> None:
    for name, sound in noises().items():
        assert whisper.transcribe(sound).text == "", name


def test_a_model_of_the_catalogue_is_converted_while_it_loads(whisper: OpenAIWhisper) -> None:
    engine = OpenAIWhisper(model="whisper-tiny-en")
    engine.load()
    said = speech("speech-jfk")[:48_000]
    assert engine.transcribe(said) == whisper.transcribe(said)


@pytest.mark.model
def test_a_checkpoint_cannot_run_code(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return (open, (str(tmp_path / "was-here"), "w"))

    path = tmp_path / "hostile.pt"
    path.write_bytes(pickle.dumps({"dims": {}, "model_state_dict": Hostile()}, protocol=2))
    with pytest.raises(ModelCorrupt, match="expected a Whisper checkpoint"):
        OpenAIWhisper(model=str(path)).load()
    assert not (tmp_path / "was-here").exists()


@pytest.mark.parametrize(
    ("options", "named"), [({"language": "English"}, "language: 'English'"), ({"beam_size": 0}, "beam_size: 0")]
)
def test_wrong_options_are_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        OpenAIWhisper(**options)


def test_a_language_that_the_model_does_not_know_is_refused(checkpoint: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"'zh'.*whisper-base"):
        OpenAIWhisper(model=str(checkpoint), language="zh").load()


def test_without_its_package_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "whisper", None)
    with pytest.raises(ModelUnavailable, match=r"parley-avatar\[openai-whisper\]"):
        OpenAIWhisper().load()
