from __future__ import annotations

import os
import wave
from pathlib import Path

import numpy as np
import pytest
from support.waves import dominant, tone

from pipeline.devices.files import wav
from pipeline.devices.files.decoding import read
from pipeline.devices.files.wav import WavWriter, resampled, wav_writer, write_wav
from pipeline.errors import MediaError


def test_another_reader_agrees(tmp_path: Path) -> None:
    sound = tone(0.5, sample_rate=24_000)
    with wav_writer(tmp_path / "x.wav", 24_000) as writer:
        for piece in np.array_split(sound, 7):
            writer.write(piece)
        assert writer.duration == pytest.approx(0.5)
    with wave.open(str(tmp_path / "x.wav")) as file:
        assert file.getparams()[:4] == (1, 2, 24_000, sound.size)
        samples = np.frombuffer(file.readframes(sound.size), "<i2")
    assert np.abs(samples / 2**15 - sound).max() <= 0.5 / 2**15


def test_comes_back_as_it_was(tmp_path: Path) -> None:
    sound = tone(0.5)
    write_wav(tmp_path / "x.wav", sound, 16_000)
    assert np.abs(read(tmp_path / "x.wav") - sound).max() < 1e-4


def test_what_exceeds_full_scale_is_clipped_and_never_wraps(tmp_path: Path) -> None:
    sound = np.array([0.0, 2.0, -2.0, np.nan, np.inf, -np.inf], np.float32)
    write_wav(tmp_path / "x.wav", sound, 16_000)
    with wave.open(str(tmp_path / "x.wav")) as file:
        samples = np.frombuffer(file.readframes(6), "<i2")
    assert samples.tolist() == [0, 32767, -32768, 0, 32767, -32768]


def test_without_a_sample(tmp_path: Path) -> None:
    write_wav(tmp_path / "x.wav", np.zeros(0, np.float32), 16_000)
    with wave.open(str(tmp_path / "x.wav")) as file:
        assert file.getnframes() == 0


def test_longer_than_the_header_can_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wav, "LONGEST", 1000)

    def talk() -> None:
        with wav_writer(tmp_path / "x.wav", 16_000) as writer:
            forever(writer)

    def forever(writer: WavWriter) -> None:
        while True:
            writer.write(tone(0.01))

    with pytest.raises(MediaError, match=r"x\.wav: cannot be written: longer than a WAV file can be"):
        talk()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("wanted", [16_000, 22_050, 24_000, 48_000])
def test_another_rate_keeps_pitch_length_and_loudness(wanted: int) -> None:
    sound = resampled(tone(1.0, 440.0, sample_rate=24_000), 24_000, wanted)
    assert sound.size == pytest.approx(wanted, rel=0.01)
    assert dominant(sound, wanted) == pytest.approx(440.0, abs=2.0)
    assert np.abs(sound).max() == pytest.approx(0.5, abs=0.02)
