from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.needs import needing
from support.reading import word_error_rate
from support.sounds import RATE, SAID, noises, speech

from models.asr.moonshine import Draft, Moonshine
from models.asr.moonshine_network import Cache
from models.errors import ModelCorrupt, ModelUnavailable
from models.protocols import Hypothesis, Samples


@pytest.fixture(scope="module")
@needing("model")
def moonshine() -> Iterator[Moonshine]:
    engine = Moonshine()
    engine.load()
    yield engine
    engine.close()


@pytest.fixture
def passes(moonshine: Moonshine, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Counts what the networks have to do."""
    counts = {"encoder": 0, "decoder": 0}
    network = moonshine._opened
    encode, decode = network.encode, network._pass

    def counted_encode(samples: Samples) -> NDArray[np.float32]:
        counts["encoder"] += 1
        return encode(samples)

    def counted_pass(frames: NDArray[np.float32], tokens: Sequence[int], cache: Cache) -> NDArray[np.float32]:
        counts["decoder"] += 1
        return decode(frames, tokens, cache)

    monkeypatch.setattr(network, "encode", counted_encode)
    monkeypatch.setattr(network, "_pass", counted_pass)
    return counts


@pytest.mark.parametrize(("name", "most"), [("speech-beckett", 0.2), ("speech-jfk", 0.05), ("speech-two-cities", 0.05)])
def test_human_speech_is_recognised(moonshine: Moonshine, name: str, most: float) -> None:
    found = moonshine.transcribe(speech(name))
    assert word_error_rate(SAID[name], found.text) <= most
    assert found.language == "en"
    assert found.confidence is not None
    assert 0.5 < found.confidence <= 1.0


@pytest.mark.parametrize("seconds", [0.3, 2.0])
def test_sound_without_a_voice_gives_no_words(moonshine: Moonshine, seconds: float) -> None:
    for name, sound in noises(seconds).items():
        found = moonshine.transcribe(sound)
        assert (found.text, found.confidence) == ("", None), name


def test_no_sound_gives_no_words(moonshine: Moonshine) -> None:
    assert moonshine.transcribe(np.zeros(0, np.float32)).text == ""


def test_silence_before_and_behind_invents_nothing(moonshine: Moonshine) -> None:
    said = speech("speech-jfk")[: 3 * RATE]
    padded = np.concatenate([np.zeros(2 * RATE, np.float32), said, np.zeros(3 * RATE, np.float32)])
    assert word_error_rate("and so my fellow americans", moonshine.transcribe(padded).text) == 0


def test_a_call_leaves_no_trace_in_the_next(moonshine: Moonshine) -> None:
    said = speech("speech-jfk")[: 4 * RATE]
    first = moonshine.transcribe(said)
    moonshine.transcribe(speech("speech-beckett"))
    moonshine.transcribe(noises()["white, loud"])
    assert moonshine.transcribe(said) == first


def test_partial_hypotheses_lead_to_the_same_words(moonshine: Moonshine) -> None:
    said = speech("speech-jfk")
    earlier: Hypothesis | None = None
    for end in range(RATE // 2, said.size, RATE // 2):
        earlier = moonshine.transcribe(said[:end], earlier=earlier)
    assert word_error_rate(moonshine.transcribe(said).text, moonshine.transcribe(said, earlier=earlier).text) == 0


def test_an_earlier_hypothesis_saves_most_passes_of_the_decoder(moonshine: Moonshine, passes: dict[str, int]) -> None:
    said = speech("speech-jfk")[: 8 * RATE]
    moonshine.transcribe(said)
    cold = passes["decoder"]
    earlier = moonshine.transcribe(said[: round(7.5 * RATE)])
    passes["decoder"] = 0
    moonshine.transcribe(said, earlier=earlier)
    assert passes["decoder"] <= cold // 2


def test_quiet_after_the_last_word_costs_nothing(moonshine: Moonshine, passes: dict[str, int]) -> None:
    said = np.concatenate([speech("speech-jfk")[: 3 * RATE], np.zeros(RATE // 4, np.float32)])
    earlier = moonshine.transcribe(said)
    done = dict(passes)
    assert (
        moonshine.transcribe(np.concatenate([said, np.zeros(RATE, np.float32)]), earlier=earlier).text == earlier.text
    )
    assert passes == done


def test_parts_that_ended_are_not_recognised_again(moonshine: Moonshine, passes: dict[str, int]) -> None:
    said = speech("speech-two-cities")
    earlier = moonshine.transcribe(said[: 36 * RATE])
    assert isinstance(earlier, Draft)
    passes["encoder"] = 0
    moonshine.transcribe(said[: 36 * RATE + RATE // 2], earlier=earlier)
    assert len(earlier.parts) > 1
    assert passes["encoder"] == 1


def test_the_words_of_an_earlier_hypothesis_save_passes_too(moonshine: Moonshine, passes: dict[str, int]) -> None:
    said = speech("speech-jfk")[: 8 * RATE]
    whole = moonshine.transcribe(said)
    cold = passes["decoder"]
    beginning = moonshine.transcribe(said[: 7 * RATE])
    passes["decoder"] = 0
    assert moonshine.transcribe(said, earlier=Hypothesis(beginning.text, "en")).text == whole.text
    assert passes["decoder"] <= cold // 2


@pytest.mark.parametrize("words", ["something else", "", "¿qué? 咖啡 🙂"])
def test_wrong_words_of_another_engine_change_nothing(moonshine: Moonshine, words: str) -> None:
    said = speech("speech-jfk")[: 3 * RATE]
    assert moonshine.transcribe(said, earlier=Hypothesis(words, "en")).text == moonshine.transcribe(said).text


def test_a_hypothesis_about_other_sound_does_not_change_the_words(moonshine: Moonshine) -> None:
    said = speech("speech-jfk")[: 4 * RATE]
    other = moonshine.transcribe(speech("speech-beckett")[: 3 * RATE])
    assert moonshine.transcribe(said, earlier=other).text == moonshine.transcribe(said).text


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="threads: 0"):
        Moonshine(threads=0)


@pytest.mark.model
def test_a_folder_without_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match=r"encoder_model\.ort"):
        Moonshine(model=str(tmp_path)).load()


@pytest.mark.model
def test_without_onnxruntime_it_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelUnavailable, match="pip install onnxruntime"):
        Moonshine().load()
