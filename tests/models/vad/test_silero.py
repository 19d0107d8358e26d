from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.needs import needing
from support.sounds import noises, speech

from models.errors import ModelCorrupt
from models.protocols import Samples
from models.vad.silero import Silero, SileroTrack


@pytest.fixture(scope="module")
@needing("model")
def silero() -> Iterator[Silero]:
    silero = Silero()
    silero.load()
    yield silero
    silero.close()


def probabilities(track: SileroTrack, samples: Samples) -> list[float]:
    return track.probabilities(samples[: samples.size - samples.size % 512].reshape(-1, 512))


def test_speech_is_told_from_noise(silero: Silero) -> None:
    assert np.mean(probabilities(silero.open(), speech("speech-jfk"))) > 0.5
    for name, sound in noises().items():
        assert np.mean(probabilities(silero.open(), sound)) < 0.2, name


def test_streams_do_not_disturb_each_other(silero: Silero) -> None:
    said, noise = speech("speech-jfk")[:32_768], noises()["pink, loud"]
    alone = probabilities(silero.open(), said)
    first, second = silero.open(), silero.open()
    together = []
    for at in range(0, said.size, 512):
        together += probabilities(first, said[at : at + 512])
        probabilities(second, noise[at % 16_384 :][:512])
    # One window at a time or all at once: the same but for the order of sums.
    assert together == pytest.approx(alone, abs=1e-4)


@pytest.mark.parametrize("shape", [(512,), (1, 511), (3, 1024), (1, 512, 1)])
def test_other_windows_are_refused(silero: Silero, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"shape \(n, 512\)"):
        silero.open().probabilities(np.zeros(shape, np.float32))


def test_no_window_is_no_probability(silero: Silero) -> None:
    assert silero.open().probabilities(np.zeros((0, 512), np.float32)) == []


def test_what_is_not_the_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "junk.onnx").write_bytes(b"not a network")
    with pytest.raises(ModelCorrupt, match=r"junk\.onnx: .*expected Silero VAD's 16 kHz sequence network"):
        Silero(str(tmp_path / "junk.onnx")).load()
