"""The face, moment by moment."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest

from models.face import EXPRESSIONS, VISEMES, Expression, Gesture, Viseme
from models.protocols import Voiced
from pipeline.devices.face.face import ASIDE, BLINK, LINE, LONGEST, SACCADE, WANDER, Face, Shown, State, Timeline
from pipeline.devices.face.mouth import RELEASE
from pipeline.packets import Outcome, Speech

FRAME = 1 / 60
"""Seconds."""


def timeline(*packets: object) -> Timeline:
    answer = Timeline()
    for packet in packets:
        answer.take(packet)
    return answer


def speech(text: str, start: float = 0.0, seconds: float = 1.0) -> Speech:
    return Speech(Voiced(np.zeros(round(seconds * 1000), np.float32), 1000), start, text)


def heard(face: Face, answer: Timeline, until: float, since: float = 0.0, at: float = 10.0) -> list[Shown]:
    """Pictures while the answer is heard from `since` to `until`; it is `at` on the clock when its beginning is."""
    face.begin(answer)
    count = round((until - since) / FRAME)
    return [face.at(at + since + i * FRAME, since + i * FRAME) for i in range(count + 1)]


def alone(state: State, seconds: float, seed: int = 1) -> list[Shown]:
    """Pictures of a face that says nothing."""
    face = Face(Random(seed))
    face.state = state
    return [face.at(i * FRAME, None) for i in range(round(seconds / FRAME))]


def openness(shown: Shown) -> float:
    return 1.0 - shown.mouth["sil"]


VOWEL = timeline(Viseme("aa", 0.0, 1.0, 1.0))


def test_the_mouth_is_that_of_the_sound() -> None:
    answer = timeline(Viseme("aa", 0.0, 0.5, 1.0), Viseme("PP", 0.5, 0.2, 1.0), Viseme("ou", 0.7, 0.5, 0.8))
    pictures = heard(Face(Random(1)), answer, 1.0)
    assert pictures[15].mouth["aa"] == pytest.approx(1.0)
    assert pictures[36].mouth["PP"] == pytest.approx(1.0)
    assert pictures[57].mouth["ou"] == pytest.approx(0.8)
    assert all(set(picture.mouth) == set(VISEMES) for picture in pictures)


@pytest.mark.parametrize("stopped", ["cut", "paused"])
def test_an_interrupted_mouth_comes_to_rest_from_the_shape_that_it_had(stopped: str) -> None:
    face = Face(Random(1))
    last = heard(face, VOWEL, 0.5)[-1]
    assert openness(last) == pytest.approx(1.0)
    position = 0.5 if stopped == "paused" else None
    after = [face.at(10.5 + i * FRAME, position) for i in range(1, 20)]
    open_by = [openness(picture) for picture in (last, *after)]
    assert all(0.0 <= before - then < 0.25 for before, then in pairwise(open_by)), "no jump, and no way back"
    assert open_by[round(RELEASE / FRAME) + 1] == pytest.approx(0.0, abs=1e-6)


def test_after_a_pause_the_mouth_goes_on() -> None:
    face = Face(Random(1))
    heard(face, VOWEL, 0.5)
    assert openness(face.at(11.0, 0.5)) == pytest.approx(0.0)
    assert openness(face.at(11.1, 0.3)) == pytest.approx(1.0)


def test_the_next_answer_has_a_time_of_its_own() -> None:
    face = Face(Random(1))
    heard(face, VOWEL, 0.5)
    face.begin(timeline(Viseme("sil", 0.0, 1.0, 0.0), Viseme("aa", 1.0, 1.0, 1.0)))
    assert openness(face.at(11.0, 0.5)) == pytest.approx(0.0)


def test_a_timeline_may_grow_while_it_is_shown() -> None:
    face, answer = Face(Random(1)), timeline(Viseme("aa", 0.0, 0.5, 1.0))
    heard(face, answer, 0.4)
    answer.take(Viseme("ou", 0.5, 0.5, 1.0))
    assert face.at(10.75, 0.75).mouth["ou"] == pytest.approx(1.0)


def test_other_packets_are_passed_over() -> None:
    assert timeline(Outcome("buy", "done"), "?") == Timeline()


def test_a_look_comes_stays_and_goes() -> None:
    pictures = heard(Face(Random(1)), timeline(Expression("happy", 0.5, 2.0, 0.8)), 3.0)
    happy = [picture.expressions["happy"] for picture in pictures]
    assert happy[30] == happy[-1] == 0.0
    assert max(happy) == happy[90] == pytest.approx(0.8)
    assert max(abs(b - a) for a, b in pairwise(happy)) < 0.1
    assert set(pictures[0].expressions) == set(EXPRESSIONS)


def test_looks_cross_over_and_are_never_more_than_a_face() -> None:
    answer = timeline(Expression("happy", 0.0, 1.6, 1.0), Expression("sad", 1.0, 1.6, 1.0))
    pictures = heard(Face(Random(1)), answer, 2.5)
    assert all(sum(picture.expressions.values()) <= 1.0 + 1e-9 for picture in pictures)
    assert any(min(picture.expressions["happy"], picture.expressions["sad"]) > 0.3 for picture in pictures)


def test_a_look_fades_where_its_answer_was_cut() -> None:
    face = Face(Random(1))
    last = heard(face, timeline(Expression("angry", 0.0, 3.0, 1.0)), 1.0)[-1]
    after = [face.at(11.0 + i * FRAME, None).expressions["angry"] for i in range(1, 20)]
    angry = [last.expressions["angry"], *after]
    assert angry[0] == pytest.approx(1.0)
    assert angry[-1] == 0.0
    assert max(before - then for before, then in pairwise(angry)) < 0.1


def test_a_nod_moves_the_head_up_and_down_and_a_shake_to_either_side() -> None:
    pictures = heard(Face(Random(1)), timeline(Gesture("nod", 0.2), Gesture("shake", 2.0)), 4.0)
    nod, shake = pictures[:120], pictures[120:]
    assert max(p.head[1] for p in nod) > 3.0 > -3.0 > min(p.head[1] for p in nod)
    assert max(p.head[0] for p in shake) > 3.0 > -3.0 > min(p.head[0] for p in shake)
    assert {p.head[0] for p in nod} == {p.head[1] for p in shake} == {0.0}
    assert pictures[-1].head == (0.0, 0.0)
    assert [name for name, before in pairwise(p.gesture for p in pictures) if name != before] == [
        "",
        "nod",
        "",
        "shake",
    ]


def test_a_head_does_not_jump_where_its_answer_was_cut() -> None:
    face = Face(Random(1))
    pictures = heard(face, timeline(Gesture("nod", 0.0)), 0.35)
    pictures += [face.at(10.35 + i * FRAME, None) for i in range(1, 20)]
    pitch = [picture.head[1] for picture in pictures]
    assert abs(pitch[21]) > 5.0
    assert pitch[-1] == pytest.approx(0.0, abs=1e-6)
    assert max(abs(b - a) for a, b in pairwise(pitch)) < 5.0
    assert pictures[-1].gesture == ""


def test_what_is_heard_of_the_words() -> None:
    answer = timeline(speech("Hello there. "), speech("How are you?", 1.0))
    pictures = heard(Face(Random(1)), answer, 2.0)
    assert pictures[30].clauses == ["Hello there."]
    assert pictures[-1].clauses == ["Hello there.", "How are you?"]


def test_long_clauses_come_in_parts() -> None:
    text = " ".join(["word"] * 60)
    answer = timeline(speech(text, 2.0, seconds=30.0))
    assert " ".join(line for _, line in answer.clauses) == text
    assert all(len(line) <= LINE for _, line in answer.clauses)
    assert [round(at) for at, _ in answer.clauses] == [2, 14, 26]


def test_eyes_blink_every_few_seconds_and_are_shut_for_a_moment() -> None:
    pictures = alone("idle", 600.0)
    shut = [i for i, picture in enumerate(pictures) if picture.blink > 0.0]
    blinks = [i for before, i in pairwise([-10, *shut]) if i > before + 1]
    apart = [(b - a) * FRAME for a, b in pairwise(blinks)]
    assert 600 / LONGEST < len(blinks) < 300
    assert max(apart) < LONGEST + 2 * BLINK
    assert 0.03 < sum(gap < 1.0 for gap in apart) / len(apart) < 0.3, "some go two by two"
    assert max(picture.blink for picture in pictures) > 0.9
    assert len(shut) / len(blinks) == pytest.approx(BLINK / FRAME, abs=1.5)


def test_eyes_blink_behind_clauses() -> None:
    answer = timeline(*(speech("Yes.", float(at)) for at in range(200)))
    blinks = [a.blink == 0.0 < b.blink for a, b in pairwise(heard(Face(Random(1)), answer, 200.0))]
    behind = sum(any(blinks[60 * at : 60 * at + 6]) for at in range(1, 200))
    assert 80 < behind < 170


def test_idle_eyes_wander_and_come_back() -> None:
    pictures = alone("idle", 120.0)
    gazes = [picture.gaze for picture in pictures]
    assert all(abs(right) <= WANDER[0] and abs(up) <= WANDER[1] for right, up in gazes)
    assert 0.3 < sum(gaze == (0.0, 0.0) for gaze in gazes) / len(gazes) < 0.8
    assert len(set(gazes)) > 30


@pytest.mark.parametrize("state", ["listening", "speaking"])
def test_in_a_conversation_the_eyes_are_on_the_user(state: State) -> None:
    assert {picture.gaze for picture in alone(state, 10.0)} == {(0.0, 0.0)}


def test_thinking_eyes_look_up_and_aside_and_back_without_a_jump() -> None:
    sides = set()
    for seed in range(8):
        face = Face(Random(seed))
        pictures = []
        for i in range(240):
            face.state = "thinking" if 60 <= i < 120 else "speaking"
            pictures.append(face.at(i * FRAME, None))
        assert pictures[59].gaze == pictures[-1].gaze == (0.0, 0.0)
        assert pictures[119].gaze[1] == pytest.approx(ASIDE[1])
        sides.add(round(pictures[119].gaze[0]))
        steps = [np.hypot(b.gaze[0] - a.gaze[0], b.gaze[1] - a.gaze[1]) for a, b in pairwise(pictures)]
        assert max(steps) <= SACCADE * FRAME + 1e-9
    assert sides == {-ASIDE[0], ASIDE[0]}


def test_the_same_chance_gives_the_same_face() -> None:
    assert alone("idle", 20.0, seed=3) == alone("idle", 20.0, seed=3) != alone("idle", 20.0, seed=4)
