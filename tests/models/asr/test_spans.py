from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from support.sounds import RATE, speech

from models.asr.spans import Cuts, Span, levels
from models.protocols import Samples


def tone(seconds: float, level: float = 0.3) -> Samples:
    return (level * np.sin(2 * np.pi * 200 * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def seconds(spans: Sequence[Span]) -> list[tuple[float, float]]:
    return [(span.start / RATE, span.stop / RATE) for span in spans]


@pytest.mark.parametrize(
    "samples", [np.zeros(0, np.float32), quiet(0.01), quiet(3.0)], ids=["none", "short", "silence"]
)
def test_silence_has_no_parts(samples: Samples) -> None:
    assert Cuts().spans(samples, RATE) == []


def test_quiet_around_speech_is_left_out_but_for_a_margin() -> None:
    spans = Cuts(margin=0.2).spans(np.concatenate([quiet(1), tone(1), quiet(1)]), RATE)
    assert seconds(spans) == [(0.8, 2.2)]


def test_the_last_part_keeps_its_place_while_only_quiet_follows() -> None:
    said = np.concatenate([quiet(0.5), tone(1), quiet(0.24)])
    assert Cuts().spans(said, RATE) == Cuts().spans(np.concatenate([said, quiet(2.03)]), RATE)


def test_a_click_does_not_make_speech_count_as_quiet() -> None:
    click = quiet(0.5)
    click[4000] = 1.0
    spans = Cuts().spans(np.concatenate([click, tone(1, level=0.01)]), RATE)
    assert spans[0].stop == round(1.5 * RATE)


def test_a_long_utterance_is_cut_at_its_pauses() -> None:
    cuts = Cuts(shortest=2.0, longest=10.0, pause=0.4)
    samples = np.concatenate([tone(1), quiet(0.6), tone(1.5), quiet(0.6), tone(1)])
    assert seconds(cuts.spans(samples, RATE)) == [(0.0, 3.3), (3.5, 4.7)]


def test_without_a_pause_it_is_cut_at_its_quietest_place() -> None:
    samples = np.concatenate([tone(9), tone(0.1, level=0.15), tone(9)])
    first, second = Cuts(longest=12.0).spans(samples, RATE)
    assert 9.0 <= first.stop / RATE <= 9.1
    assert second == Span(first.stop, samples.size)


@pytest.mark.model
def test_parts_but_the_last_never_change_when_sound_is_appended() -> None:
    samples = speech("speech-two-cities")
    settled: list[Span] = []
    for end in range(0, samples.size, RATE // 3):
        spans = Cuts().spans(samples[:end], RATE)
        assert spans[: len(settled)] == settled
        settled = spans[:-1]
    assert len(settled) >= 2


def test_levels_are_those_of_whole_frames() -> None:
    assert levels(np.array([1, -1, 0.5, 0.5, 9], np.float32), 2).tolist() == [1.0, 0.5]
