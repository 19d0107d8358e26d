"""The end-of-turn engine, with its real network and people's voices."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from support.needs import needing
from support.sounds import RATE, noises, speech

from audio_samples import samples
from models.endpoint.smart_turn import SmartTurn, log_mels, mel_filters
from models.errors import ModelCorrupt
from models.protocols import Samples

QUIET = 0.1
"""Seconds of the recording behind the last word, when the network is asked."""


@pytest.fixture(scope="module")
@needing("model")
def judge() -> Iterator[SmartTurn]:
    engine = SmartTurn()
    engine.load()
    yield engine
    engine.close()


def until(recording: str, end: float, start: float = 0.0) -> Samples:
    """From `start` to a tenth of a second behind `end`, both in seconds."""
    return speech(recording)[max(0, round(start * RATE)) : round((end + QUIET) * RATE)]


@pytest.mark.parametrize(
    ("recording", "end"),
    [
        ("speech-two-cities", 0.61),
        ("speech-two-cities", 41.64),
        ("speech-two-cities", 43.14),
        ("speech-beckett", 3.21),
        ("speech-beckett", 9.96),
    ],
)
def test_people_who_finish_a_sentence_have_finished(judge: SmartTurn, recording: str, end: float) -> None:
    assert judge.ended(until(recording, end)) > 0.8


@pytest.mark.parametrize(
    ("recording", "end"),
    [
        ("speech-jfk", 3.72),  # ask not
        ("speech-jfk", 4.32),
        ("speech-jfk", 7.60),
        ("speech-two-cities", 14.78),
        ("speech-two-cities", 18.73),
        ("speech-two-cities", 26.04),
        ("speech-two-cities", 38.35),
    ],
)
def test_people_who_pause_in_a_sentence_have_not(judge: SmartTurn, recording: str, end: float) -> None:
    assert judge.ended(until(recording, end)) < 0.2


def test_requests_sound_finished_at_their_end_and_not_before(judge: SmartTurn) -> None:
    visit = next(sample for sample in samples() if sample.file == "visit.wav")
    ended, unfinished = [], []
    for said in visit.utterances[::2]:
        begin = said.start - 0.3
        ended.append(judge.ended(until(str(visit.path), said.end, begin)))
        unfinished.append(judge.ended(until(str(visit.path), said.start + 0.75 * (said.end - said.start), begin)))
    # No more than medians: a synthetic voice leaves the network in doubt now and then.
    assert np.median(ended) > 0.9
    assert np.median(unfinished) < 0.3


@pytest.mark.parametrize("decibels", [20, 10])
def test_noise_changes_no_verdict(judge: SmartTurn, decibels: int) -> None:
    for end, finished in ((43.14, True), (38.35, False)):
        sound = until("speech-two-cities", end, end - 6)
        noise = np.resize(noises()["pink, middling"], sound.size)
        louder = np.std(sound) / np.std(noise) * 10 ** (-decibels / 20)
        assert (judge.ended(sound + louder * noise) > 0.5) is finished


def test_only_the_last_eight_seconds_count(judge: SmartTurn) -> None:
    sound = speech("speech-two-cities")[: 20 * RATE]
    assert judge.ended(sound) == judge.ended(sound[-8 * RATE :])


def test_any_length_gives_a_probability(judge: SmartTurn) -> None:
    for size in (0, 1, 160, RATE):
        assert 0.0 <= judge.ended(np.zeros(size, np.float32)) <= 1.0


def test_one_network_serves_sessions_at_once(judge: SmartTurn) -> None:
    sounds = [until("speech-two-cities", end) for end in (14.78, 18.73, 41.64)]
    alone = [judge.ended(sound) for sound in sounds]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(judge.ended, sounds)) == alone


@pytest.mark.model
def test_the_network_sees_what_it_was_trained_on() -> None:
    from transformers import WhisperFeatureExtractor

    reference, filters = WhisperFeatureExtractor(chunk_length=8), mel_filters()
    assert filters == pytest.approx(reference.mel_filters.T, abs=1e-7)
    for start, end in ((0, 0.5), (2, 10), (0, 20), (43.5, 44.3)):
        sound = speech("speech-two-cities")[round(start * RATE) : round(end * RATE)]
        shown = np.pad(sound[-8 * RATE :], (max(0, 8 * RATE - sound.size), 0))
        expected = reference(shown, sampling_rate=RATE, return_tensors="np", do_normalize=True).input_features[0]
        features = log_mels(sound, filters)
        assert features.shape == (80, 800)
        assert features == pytest.approx(expected, abs=1e-3)


@pytest.mark.model
def test_what_is_not_the_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "junk.onnx").write_bytes(b"not a network")
    with pytest.raises(ModelCorrupt, match=r"junk\.onnx: .*expected a Smart Turn v3 network"):
        SmartTurn(str(tmp_path / "junk.onnx")).load()
    with pytest.raises(ModelCorrupt, match=r"silero_vad_16k_sequence\.onnx: takes .*expected a Smart Turn v3"):
        SmartTurn("silero-vad").load()


def test_it_must_be_loaded_first() -> None:
    with pytest.raises(RuntimeError, match="before load"):
        SmartTurn().ended(np.zeros(RATE, np.float32))
