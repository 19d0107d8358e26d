"""Where utterances begin and end, by probabilities made up for the purpose."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.graph.turns import Turns
from pipeline.runtime.turn_taking.segmenting import Cutter, Passage

RATE, WINDOW = 16_000, 1600  # windows of 0.1 s
TURNS = Turns(threshold=0.5, lead=0.2, tail=0.1, pause=0.5, shortest=0.2, longest=3.0)


def cut(probabilities: list[float], turns: Turns = TURNS) -> list[Passage]:
    """The utterances in windows of 0.1 s whose samples are all the window's number."""
    cutter = Cutter(turns, RATE, WINDOW)
    found = [cutter.feed(np.full(WINDOW, n, np.float32), probability) for n, probability in enumerate(probabilities)]
    return [utterance for utterance in (*found, cutter.flush()) if utterance]


def windows(utterance: Passage) -> list[int]:
    return [int(n) for n in utterance.samples[::WINDOW]]


def test_an_utterance_has_its_lead_and_tail_and_knows_its_start() -> None:
    (utterance,) = cut([0.0] * 10 + [0.9] * 5 + [0.0] * 10)
    assert windows(utterance) == [8, 9, 10, 11, 12, 13, 14, 15]
    assert utterance.start == pytest.approx(0.8)


def test_a_pause_shorter_than_the_limit_does_not_cut() -> None:
    (utterance,) = cut([0.9] * 3 + [0.0] * 4 + [0.9] * 3 + [0.0] * 10)
    assert windows(utterance) == list(range(11))


def test_two_utterances_share_no_window() -> None:
    first, second = cut([0.9] * 3 + [0.0] * 6 + [0.9] * 3 + [0.0] * 6)
    assert windows(first) == [0, 1, 2, 3]
    assert windows(second) == [7, 8, 9, 10, 11, 12]


def test_a_click_is_not_an_utterance() -> None:
    assert cut([0.0] * 5 + [0.9] + [0.0] * 10) == []


def test_sound_that_ends_in_mid_word_is_not_lost() -> None:
    (utterance,) = cut([0.0] * 5 + [0.9] * 4)
    assert windows(utterance)[-1] == 8


def test_a_fading_word_stays_whole() -> None:
    (utterance,) = cut([0.9] * 3 + [0.4] * 8 + [0.0] * 10)
    assert len(windows(utterance)) == 3 + 8 + 1


def test_endless_speech_is_cut_at_its_quietest_and_nothing_is_lost() -> None:
    speech = [0.9] * 100
    speech[25] = 0.6
    pieces = cut(speech)
    assert windows(pieces[0])[-1] == 24
    assert [n for piece in pieces for n in windows(piece)] == list(range(100))
    assert max(len(windows(piece)) for piece in pieces) <= 30


def test_silence_gives_nothing() -> None:
    assert cut([0.0] * 200) == []
    assert cut([]) == []
