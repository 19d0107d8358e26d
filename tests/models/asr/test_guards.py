from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from support.needs import needing
from support.sounds import SAID, noises, speech

from models.asr.guards import VoiceGate, believable, unlooped
from models.protocols import Samples


@pytest.fixture(scope="module")
@needing("model")
def gate() -> Iterator[VoiceGate]:
    gate = VoiceGate()
    gate.load()
    yield gate
    gate.close()


@pytest.mark.parametrize("sound", noises().values(), ids=noises())
def test_the_gate_stays_shut_without_a_voice(gate: VoiceGate, sound: Samples) -> None:
    assert not gate.opens(sound)


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.003])
@pytest.mark.parametrize("name", SAID)
def test_the_gate_opens_for_people_loud_and_faint(gate: VoiceGate, name: str, gain: float) -> None:
    assert gate.opens(speech(name) * np.float32(gain))


def test_sound_shorter_than_a_window_holds_no_voice(gate: VoiceGate) -> None:
    assert not gate.opens(speech("speech-jfk")[16_000:16_400])
    assert not gate.opens(np.zeros(0, np.float32))


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        ([], ()),
        ([5, 6, 7], (5, 6, 7)),
        ([1, 2, 3, 9, 8, 7, 9, 8, 7, 9, 8, 7], (1, 2, 3)),  # three times at the end
        ([4] * 12, ()),
        ([4, 4, 4], (4, 4, 4)),  # people do say "no, no, no"
        ([9, 8, 7, 9, 8, 7, 9, 8, 7, 1], (9, 8, 7, 9, 8, 7, 9, 8, 7, 1)),  # it found its way out
    ],
)
def test_a_phrase_that_repeats_to_the_end_is_dropped(tokens: list[int], kept: tuple[int, ...]) -> None:
    assert unlooped(tokens) == kept


@pytest.mark.parametrize(
    ("log_probability", "no_speech", "compression", "kept"),
    [
        (-0.2, 0.0, 1.2, True),
        (-0.2, 0.9, 1.2, True),  # sure of its words, so they count
        (-1.5, 0.9, 1.2, False),
        (-0.2, 0.0, 3.0, False),
    ],
)
def test_whisper_is_believed_by_its_own_measures(
    log_probability: float, no_speech: float, compression: float, kept: bool
) -> None:
    assert believable(log_probability, no_speech, compression) is kept
