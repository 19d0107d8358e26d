"""The loudspeaker: what is heard when, for frames that come when they come."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from models.protocols import Samples
from pipeline.runners.headset.lateness import WINDOW
from pipeline.runners.headset.playout import FADE, Playout
from pipeline.wire.frames import WRAP, since

RATE = 24_000
FRAME = 480


def ramp(number: int) -> Samples:
    """A frame that shows which it is."""
    return np.full(FRAME, 0.1 + number / 1000, np.float32)


def put(playout: Playout, number: int, now: float, *, first: int = 0) -> None:
    playout.put((first + number) % WRAP, (first + number) * FRAME % WRAP, ramp(number), now)


def numbers(samples: Samples) -> list[int]:
    """Which frames are heard, each once."""
    heard = np.rint((samples[::FRAME] - 0.1) * 1000).astype(int)
    return [int(each) for each in heard]


def test_it_begins_with_60_ms() -> None:
    playout = Playout(RATE)
    for number in range(3):
        assert not playout.playing
        put(playout, number, 1.0 + 0.005 * number)
    playout.advance(1.0101)
    assert playout.playing
    assert playout.stretches[0].at == pytest.approx(1.01)
    assert playout.stretches[0].buffered == pytest.approx(0.01)


def test_it_begins_100_ms_behind_the_first_frame() -> None:
    playout = Playout(RATE)
    put(playout, 0, 1.0)
    assert playout.changes == pytest.approx(1.1)
    playout.advance(5.0)
    (stretch,) = playout.stretches
    assert [stretch.at, stretch.end] == pytest.approx([1.1, 1.12])
    assert stretch.dry
    assert playout.idle


def test_frames_ahead_of_time_are_heard_without_a_break_however_late_one_looks() -> None:
    often, once = Playout(RATE), Playout(RATE)
    for playout in (often, once):
        for number in range(50):
            put(playout, number, 1.0)
    for moment in np.arange(1.0, 3.0, 0.003):
        often.advance(float(moment))
    once.advance(3.0)
    for playout in (often, once):
        (stretch,) = playout.stretches
        assert stretch.at == 1.0
        assert numbers(stretch.samples) == list(range(50))
        assert playout.position == 50 * FRAME
        assert playout.heard_at(10 * FRAME) == pytest.approx(1.2)
        assert playout.heard_at(50 * FRAME) is None


def test_sound_that_comes_late_leaves_a_gap() -> None:
    playout = Playout(RATE)
    for number in range(5):
        put(playout, number, 1.0)
    for number in range(5, 10):
        put(playout, number, 1.15)
    playout.advance(2.0)
    one, other = playout.stretches
    assert [one.at, one.end] == pytest.approx([1.0, 1.1])
    assert one.dry
    assert [other.at, other.end] == pytest.approx([1.15, 1.25])


def test_what_comes_within_the_last_sample_is_no_gap() -> None:
    playout = Playout(RATE)
    for number in range(5):
        put(playout, number, 1.0)
    put(playout, 5, 1.0999)
    playout.advance(2.0)
    assert len(playout.stretches) == 1


def test_a_lost_frame_is_concealed_and_counted() -> None:
    playout = Playout(RATE)
    for number in (0, 1, 2, 5, 6):
        put(playout, number, 1.0)
    playout.advance(2.0)
    (stretch,) = playout.stretches
    assert stretch.size == 7 * FRAME
    assert playout.lost == 2
    concealed = stretch.samples[3 * FRAME : 5 * FRAME]
    assert concealed[0] == pytest.approx(ramp(2)[0])
    assert np.all(np.diff(concealed) < 0)


def test_frames_that_were_there_are_passed_over() -> None:
    playout = Playout(RATE)
    for number in (0, 1, 1, 0, 2):
        put(playout, number, 1.0)
    playout.advance(2.0)
    assert numbers(playout.stretches[0].samples) == [0, 1, 2]
    assert playout.lost == 0


def test_numbers_wrap() -> None:
    playout = Playout(RATE)
    first = WRAP - 2
    for number in range(4):
        playout.put((first + number) % WRAP, (WRAP - FRAME + number * FRAME) % WRAP, ramp(number), 1.0)
    playout.advance(2.0)
    (stretch,) = playout.stretches
    assert numbers(stretch.samples) == [0, 1, 2, 3]
    assert playout.heard_at(0) == pytest.approx(1.02)
    assert (since(5, WRAP - 5), since(WRAP - 5, 5)) == (10, -10)


def test_a_flush_fades_and_drops() -> None:
    playout = Playout(RATE)
    for number in range(50):
        put(playout, number, 1.0)
    playout.flush(1.5)
    assert playout.idle
    (stretch,) = playout.stretches
    assert stretch.end == pytest.approx(1.5 + FADE)
    assert not stretch.dry
    assert stretch.samples[-1] == 0.0
    assert playout.position == round((0.5 + FADE) * RATE)
    playout.flush(1.6)  # nothing plays any more
    playout.advance(2.0)
    assert playout.position == round((0.5 + FADE) * RATE)


def test_an_answer_that_counts_anew_follows_without_a_break() -> None:
    playout = Playout(RATE)
    for number in range(5):
        put(playout, number, 1.0)
    for number in range(5):
        playout.put(5 + number, 1_000_000 + number * FRAME, ramp(20 + number), 1.0)
    playout.advance(2.0)
    one, other = playout.stretches
    assert other.at == pytest.approx(one.end)
    assert not one.dry
    assert numbers(other.samples) == [20, 21, 22, 23, 24]


def test_nothing_stays_of_what_is_forgotten() -> None:
    playout = Playout(RATE)
    put(playout, 0, 1.0)
    playout.advance(2.0)
    playout.forget()
    assert playout.stretches == []
    assert playout.position == FRAME


def test_it_does_not_hold_more_than_it_can_play_soon() -> None:
    playout = Playout(RATE)
    for number in range(1000):
        put(playout, number, 1.0)
    playout.advance(100.0)
    assert playout.stretches[0].end - 1.0 < 10.1
    assert playout.lost == 1000 - playout.stretches[0].size // FRAME


# --- sound that comes in its own time --------------------------------------------------------------------------------

SECONDS = FRAME / RATE
QUIET, LOUD = np.zeros(FRAME, np.float32), np.full(FRAME, 0.5, np.float32)


def paced(sounds: Sequence[Samples], late: Sequence[float]) -> Playout:
    """A frame every 20 ms from second 1 on, each so many seconds late; all is heard."""
    playout = Playout(RATE, paced=True)
    for came, number in sorted((1.0 + SECONDS * number + each, number) for number, each in enumerate(late)):
        playout.put(number, number * FRAME, sounds[number], came)
    playout.advance(100.0)
    return playout


def delays(playout: Playout, count: int) -> list[float]:
    """By how much later each frame was heard than it was sent; not a number where it was not."""
    heard = [playout.heard_at(number * FRAME) for number in range(count)]
    return [(at or math.nan) - 1.0 - SECONDS * number for number, at in enumerate(heard)]


def test_on_a_good_line_sound_is_heard_as_it_comes() -> None:
    playout = paced([LOUD] * 20, [0.0] * 20)
    (stretch,) = playout.stretches
    assert (stretch.at, stretch.buffered) == pytest.approx((1.0, 0.0))
    assert stretch.samples.size == 20 * FRAME


def test_silence_waits_for_those_that_are_late_so_that_sound_has_no_gap() -> None:
    late = [0.0, 0.03, 0.0, 0.01, 0.0] * 20
    playout = paced([QUIET] * 20 + [LOUD] * 80, late)
    last = playout.stretches[-1]
    assert delays(playout, 100)[20:] == pytest.approx([0.03] * 80)
    assert last.samples[-80 * FRAME :].min() == 0.5


def test_a_wait_that_is_not_needed_any_more_is_taken_out_of_silence() -> None:
    late = [0.03] * 5 + [0.0] * (2 * WINDOW)
    playout = paced([QUIET] * 5 + [LOUD] * WINDOW + [QUIET] * WINDOW, late)
    found = delays(playout, len(late))
    assert found[5 : WINDOW + 5] == pytest.approx([0.03] * WINDOW), "sound is not touched"
    assert found[-1] == pytest.approx(0.0, abs=1e-4)
    assert sum(stretch.skipped for stretch in playout.stretches) == pytest.approx(0.03 * RATE, abs=2)


def test_frames_that_overtake_each_other_are_heard_in_order() -> None:
    sounds = [QUIET] * 50 + [ramp(number) for number in range(250)]
    playout = paced(sounds, [float(each) for each in np.random.default_rng(4).uniform(0.0, 0.04, 300)])
    sound = np.concatenate([stretch.samples for stretch in playout.stretches])
    whole = np.bincount(np.rint((sound[sound > 0.0] - 0.1) * 1000).clip(0).astype(int), minlength=250) >= FRAME
    assert np.mean(whole) > 0.98
    late = np.array(delays(playout, 300)[50:])
    assert 0.038 < np.nanmin(late) <= np.nanmax(late) < 0.042


def test_what_is_lost_is_waited_for_until_the_next_is_there() -> None:
    playout = Playout(RATE, paced=True)
    for number in range(100):
        if number % 10:
            playout.put(number, number * FRAME, LOUD if number > 50 else QUIET, 1.0 + SECONDS * number)
    playout.advance(100.0)
    assert playout.lost == 9
    assert delays(playout, 100)[51:] == pytest.approx([SECONDS] * 49)
