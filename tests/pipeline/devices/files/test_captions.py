"""Captions, read back by FFmpeg."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.captions import read_captions

from models.protocols import Voiced
from pipeline.devices.files.captions import LINES, LONGEST, VTT_HEAD, WIDTH, Cue, cues, srt, vtt
from pipeline.devices.word_timing import Word, Words

STORY = (
    "You are at the plaza. The garden is to the north, the market is to the east, the bakery is to the south and the "
    "library is to the west. Where would you like to go?"
)


def spoken(text: str, seconds: float) -> list[Word]:
    words = Words()
    words.add(text, Voiced(np.zeros(round(1000 * seconds), np.float32), 1000))
    return list(words.timed())


def lines(text: str, seconds: float) -> list[tuple[str, ...]]:
    return [cue.lines for cue in cues(spoken(text, seconds))]


def test_what_is_short_is_one_line() -> None:
    assert lines("I am taking you to the library.", 2.0) == [("I am taking you to the library.",)]


def test_two_lines_end_with_a_sentence_where_that_leaves_them_alike() -> None:
    text = "You bought 3 cookies for 9 coins. You have 91 coins left."
    assert lines(text, 4.0) == [("You bought 3 cookies for 9 coins.", "You have 91 coins left.")]


def test_what_is_long_is_parted_behind_sentences_and_clauses() -> None:
    assert lines(STORY, 10.0) == [
        ("You are at the plaza. The garden is to", "the north, the market is to the east,"),
        ("the bakery is to the south and", "the library is to the west."),
        ("Where would you like to go?",),
    ]


def test_what_is_slow_is_parted_as_well() -> None:
    assert all(cue.end - cue.start <= LONGEST for cue in cues(spoken(STORY, 60.0)))
    (held,) = cues(spoken("Stop.", 20.0))
    assert (held.start, held.end) == (0.0, LONGEST)


def test_no_line_is_too_wide_for_letters_of_twice_the_width() -> None:
    text = "花园在北边，市场在东边，面包店在南边，图书馆在西边。" * 3
    shown = lines(text, 14.0)
    assert "".join(line for cue in shown for line in cue) == text
    assert all(len(line) <= WIDTH // 2 for cue in shown for line in cue)


def test_nothing_said_is_nothing_shown() -> None:
    assert lines("", 1.0) == []


@given(
    st.lists(st.tuples(st.text(st.characters(categories=("L", "N", "P")), max_size=100), st.floats(0, 12)), max_size=30)
)
def test_whatever_is_said_stays_within_bounds(said: Sequence[tuple[str, float]]) -> None:
    words, now = [], 0.0
    for text, seconds in said:
        if text:
            words.append(Word(f" {text}", now, now + seconds))
            now += seconds
    shown = list(cues(words))
    for cue in shown:
        assert 1 <= len(cue.lines) <= LINES
        assert 0.0 <= cue.start < cue.end <= cue.start + LONGEST + 0.001
    assert all(one.end <= other.start for one, other in pairwise(shown))
    told = "".join(line for cue in shown for line in cue.lines)
    assert told.replace(" ", "") == "".join(text for text, _ in said)


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_a_player_reads_what_was_written(tmp_path: Path, kind: str) -> None:
    shown = [
        Cue(0.0, 1.5, ("Is 3 & 4 > 5?", "No.")),
        Cue(1.5, 1.501, ("42",)),
        Cue(59.9996, 61.0, ("-- so it is --",)),
        Cue(3599.5, 3661.25, ("花园在北边。",)),
        Cue(360_000.0, 360_001.0, ("a hundred hours later",)),
    ]
    path = tmp_path / f"x.{kind}"
    if kind == "srt":
        text = "".join(srt(number, cue) for number, cue in enumerate(shown, 1))
    else:
        text = VTT_HEAD + "".join(vtt(cue) for cue in shown)
    path.write_text(text, "utf-8")
    expected = [(round(cue.start, 3), round(cue.end, 3), "\n".join(cue.lines)) for cue in shown]
    assert list(read_captions(path)) == expected
