"""Coqui's TTS, on a small model that speaks noise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.needs import needing
from support.waves import silence, tone

from models.context import Context
from models.errors import ModelError, ModelUnavailable
from models.tts.coqui import Coqui, find_checkpoint, trimmed

RATE = 22_050


def build(path: Path, *speakers: str) -> Path:
    """Fill the folder `path` with a VITS of 16 channels, with random weights."""
    import torch
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits, VitsArgs

    torch.manual_seed(0)
    sizes = VitsArgs(
        hidden_channels=16,
        hidden_channels_ffn_text_encoder=16,
        num_layers_text_encoder=1,
        num_layers_posterior_encoder=1,
        num_layers_flow=1,
        upsample_initial_channel_decoder=32,
        init_discriminator=False,
        use_sdp=False,
    )
    if speakers:
        (path / "speakers.json").write_text(json.dumps({name: index for index, name in enumerate(speakers)}))
        sizes.use_speaker_embedding, sizes.speaker_embedding_channels = True, 16
        sizes.speakers_file = str(path / "speakers.json")
    model = Vits(VitsConfig(model_args=sizes, use_phonemes=False, text_cleaner="english_cleaners"))
    model.config.save_json(str(path / "config.json"))
    torch.save({"model": model.state_dict()}, path / "model.pth")
    return path


@pytest.fixture(scope="module")
@needing("model")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    torch = pytest.importorskip("torch", reason="install the extra coqui")
    pytest.importorskip("TTS", reason="install the extra coqui")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # two threads that wait for each other are ten times slower on a busy machine
    yield build(tmp_path_factory.mktemp("vits"))
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
@needing("model")
def voice(folder: Path) -> Coqui:
    engine = Coqui(model=str(folder))
    engine.load()
    return engine


def test_it_speaks_a_sentence_at_a_time(voice: Coqui) -> None:
    pieces = list(voice.speak("This is the first sentence. And this is the second one!"))
    assert len(pieces) == 2
    for piece in pieces:
        assert piece.sample_rate == voice.sample_rate == RATE
        assert piece.samples.dtype == np.float32
        assert piece.samples.size > RATE // 10
        assert np.abs(piece.samples).max() <= 1.0
        assert piece.phonemes == ()


def test_the_zeros_behind_a_sentence_are_trimmed(voice: Coqui) -> None:
    (piece,) = voice.speak("Hello there.")
    assert np.abs(piece.samples[-RATE // 10 :]).max() > 0


@pytest.mark.parametrize("text", ["", " ", "?!...", "😊", "你好"])
def test_without_words_that_it_knows_there_is_no_sound(voice: Coqui, text: str) -> None:
    assert list(voice.speak(text)) == []


@pytest.mark.usefixtures("folder")
def test_a_model_with_several_speakers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, "anna", "bert")
    anna = Coqui(model=str(tmp_path), speaker="anna")
    anna.load()
    assert list(anna.speak("Hello."))
    asked: list[str] = []
    speak = anna._tts.tts

    def noted(text: str, **options: Any) -> Any:
        asked.append(options["speaker"])
        return speak(text, **options)

    monkeypatch.setattr(anna._tts, "tts", noted)
    for name in ("", "anna", "bert", "heart"):  # the last is another engine's
        assert list(anna.speak("Hello.", Context(voice=name)))
    assert asked == ["anna", "anna", "bert", "anna"]
    for wrong in ("", "carl"):
        with pytest.raises(ModelError, match=f"speaker '{wrong}' is none of this model's: anna, bert"):
            Coqui(model=str(tmp_path), speaker=wrong).load()


def test_a_checkpoint_and_its_configuration_elsewhere(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "elsewhere.json"
    config.write_bytes((folder / "config.json").read_bytes())
    engine = Coqui(model=str(folder / "model.pth"), config=str(config))
    engine.load()
    assert list(engine.speak("Hello."))


def test_a_file_that_is_no_checkpoint(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model.pth").write_bytes(b"junk")
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(ModelError, match="do not make a voice"):
        Coqui(model=str(tmp_path)).load()


@pytest.mark.usefixtures("folder")
def test_a_checkpoint_without_configuration(tmp_path: Path) -> None:
    (tmp_path / "model.pth").write_bytes(b"")
    with pytest.raises(ModelUnavailable, match=r"config\.json is not there; give the option config"):
        Coqui(model=str(tmp_path)).load()


@pytest.mark.usefixtures("folder")
def test_a_name_that_the_catalogue_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="give the path of a folder"):
        Coqui(model="tts_models/en/nobody/vits").load()


@pytest.mark.usefixtures("folder")
def test_terms_are_never_agreed_to_for_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COQUI_TOS_AGREED", raising=False)
    with pytest.raises(ModelUnavailable, match="COQUI_TOS_AGREED=1"):
        Coqui(model="tts_models/multilingual/multi-dataset/xtts_v2").load()


def test_an_empty_model_is_refused() -> None:
    with pytest.raises(ValueError, match="model: is empty"):
        Coqui(model="")


def test_several_checkpoints_need_a_name(tmp_path: Path) -> None:
    for name in ("checkpoint_1.pth", "checkpoint_2.pth"):
        (tmp_path / name).touch()
    with pytest.raises(ModelUnavailable, match=r"checkpoint_1\.pth, checkpoint_2\.pth; name the checkpoint"):
        find_checkpoint(tmp_path)
    (tmp_path / "best_model.pth").touch()
    assert find_checkpoint(tmp_path).name == "best_model.pth"


def test_a_folder_without_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"no \*\.pth at all"):
        find_checkpoint(tmp_path)


def test_trimming_keeps_a_margin() -> None:
    sound = np.concatenate([silence(0.3, RATE), tone(0.5, sample_rate=RATE), silence(0.4, RATE)])
    assert trimmed(sound, RATE).size == pytest.approx(0.54 * RATE, abs=5)
    assert trimmed(silence(0.3, RATE), RATE).size == 0
    assert trimmed(silence(0, RATE), RATE).size == 0
