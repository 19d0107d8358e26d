"""What comes from a network, heard in order, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.waves import dominant, loudness, tone

from models.protocols import Samples
from pipeline.devices.network.receiver import (
    APART,
    DEEDS,
    LONGEST,
    QUIET,
    REORDERED,
    SPARED,
    STALLED,
    WAITING,
    Receiver,
)
from pipeline.devices.opus import RATES, OpusEncoder
from pipeline.devices.pcm import to_pcm16
from pipeline.errors import MediaError
from pipeline.packets import Audio
from pipeline.testing.clock import run
from pipeline.wire.fields import Format
from pipeline.wire.frames import SOUND, WRAP, Frame

RATE = 16_000
SIZE = 320
"""Samples in 20 ms."""


def now() -> float:
    return asyncio.get_running_loop().time()


def receiver(form: Format | None = None) -> Receiver:
    return Receiver(RATE, now, form or Format(sample_rate=RATE))


def level(index: int) -> float:
    """What the samples of a frame all are."""
    return (index + 1) / 1024


def frame(index: int, first: int = 0, *, time: int | None = None, size: int = SIZE) -> Frame:
    """The frame with that index of a stream whose numbers begin at `first`."""
    payload = to_pcm16(np.full(size, level(index), np.float32))
    return Frame(SOUND, (first + index) % WRAP, (index * SIZE if time is None else time) % WRAP, payload)


async def all_of(receiver: Receiver) -> Samples:
    """All the sound that waits; closes the receiver."""
    receiver.close()
    pieces = [piece.samples async for piece in receiver.audio()]
    return np.concatenate([np.zeros(0, np.float32), *pieces])


def indices(samples: Samples) -> list[int]:
    """Which frames these samples are."""
    return [round(float(value) * 1024) - 1 for value in samples.reshape(-1, SIZE)[:, 0]]


def in_virtual_time(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run(main())


def take(order: Sequence[int], first: int = 0) -> tuple[list[int], Receiver]:
    """What is heard of frames that come in this order."""
    got: list[int] = []
    kept: list[Receiver] = []

    async def main() -> None:
        listener = receiver()
        kept.append(listener)
        for index in order:
            listener.frame(frame(index, first))
        got.extend(indices(await all_of(listener)))

    in_virtual_time(main)
    return got, kept[0]


@pytest.mark.parametrize("first", [0, 12345, WRAP - 3, WRAP - 1])
def test_frames_in_order_are_heard_at_once(first: int) -> None:
    got, listener = take(range(10), first)
    assert got == list(range(10))
    assert (listener.counts.received, listener.counts.lost, listener.counts.late) == (10, 0, 0)
    assert listener.delay == 0.0


@pytest.mark.parametrize("first", [0, WRAP - 3])
@pytest.mark.parametrize("order", [[0, 2, 1, 3, 4], [0, 3, 2, 1, 4], [0, 2, 3, 1, 4, 6, 5]])
def test_frames_that_were_reordered_are_put_in_order(order: list[int], first: int) -> None:
    got, listener = take(order, first)
    assert got == sorted(order)
    assert listener.counts.lost == listener.counts.late == 0


@pytest.mark.parametrize("first", [0, WRAP - 3])
def test_duplicates_are_passed_over(first: int) -> None:
    got, listener = take([0, 0, 1, 3, 3, 2, 2, 4], first)
    assert got == [0, 1, 2, 3, 4]
    assert listener.counts.received == 8
    assert listener.counts.late == 2


@pytest.mark.parametrize("first", [0, WRAP - 3])
def test_a_lost_frame_is_concealed_when_enough_others_wait(first: int) -> None:
    async def main() -> None:
        listener = receiver()
        for index in [0, 1, 3, 4, 5]:
            listener.frame(frame(index, first))
        assert listener.delay == pytest.approx(REORDERED * 0.02)
        listener.frame(frame(6, first))
        assert listener.delay == 0.0
        listener.frame(frame(2, first))  # it comes after all, and too late
        samples = await all_of(listener)
        assert samples.size == 7 * SIZE
        faded = samples[2 * SIZE : 3 * SIZE]
        assert faded[0] == pytest.approx(level(1), rel=0.01)
        assert faded[-1] == 0.0
        assert indices(samples[3 * SIZE :]) == [3, 4, 5, 6]
        assert (listener.counts.lost, listener.counts.late) == (1, 1)

    in_virtual_time(main)


def test_a_long_loss_is_not_filled() -> None:
    got, listener = take([0, 100, 101, 102, 103])
    assert got == [0, 100, 101, 102, 103]
    assert listener.counts.lost == 99


def test_a_client_that_counts_anew_is_heard() -> None:
    got, listener = take([APART * 2, 0, 1, 2])
    assert got[1:] == [0, 1, 2]
    assert listener.counts.lost == listener.counts.late == 0


@given(st.lists(st.integers(0, WRAP - 1) | st.integers(0, 12), max_size=40), st.integers(0, WRAP - 1))
@settings(max_examples=60, deadline=None)
def test_any_numbers_are_survived(order: list[int], first: int) -> None:
    async def main() -> None:
        listener = receiver()
        for number in order:
            listener.frame(Frame(SOUND, (first + number) % WRAP, number * SIZE % WRAP, frame(0).payload))
            assert len(listener._early) <= REORDERED
        samples = await all_of(listener)
        counts = listener.counts
        assert counts.received == len(order)
        assert samples.size / RATE <= WAITING + 1

    in_virtual_time(main)


def test_deeds_keep_their_place_among_the_sound() -> None:
    async def main() -> None:
        listener = receiver()
        done: list[str] = []
        listener.frame(frame(0))
        listener.do(lambda: done.append("press"))
        listener.frame(frame(1))
        listener.frame(frame(3))  # 2 is missing; the key's release will not wait for it
        listener.do(lambda: done.append("release"))
        listener.close()
        seen: list[tuple[int, int]] = []
        async for piece in listener.audio():
            seen.append((indices(piece.samples)[0], len(done)))
        assert [index for index, _ in seen if index != 1] == [0, 3]
        assert [count for _, count in seen] == [0, 1, 1, 1]
        assert done == ["press", "release"]

    in_virtual_time(main)


@pytest.mark.parametrize("form", [Format(sample_rate=RATE), Format(codec="opus", sample_rate=RATE)])
def test_garbage_does_not_swallow_what_the_user_does(form: Format) -> None:
    async def main() -> None:
        listener = receiver(form)
        encoder = OpusEncoder(RATE, SIZE)
        sound = encoder.encode(tone(0.02)) if form.codec == "opus" else frame(0).payload
        done: list[str] = []
        listener.frame(Frame(SOUND, 0, 0, sound))
        for number in (2, 4):
            listener.frame(Frame(SOUND, number, number * SIZE, b"\xff"))
        listener.do(lambda: done.append("release"))
        listener.frame(Frame(SOUND, 5, 5 * SIZE, sound))
        await all_of(listener)
        assert done == ["release"]
        assert listener.counts.lost == 4

    in_virtual_time(main)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"\0" * 3, "their number is odd"),
        (b"\0" * 2, "expected 10 to 60 ms of pcm16"),
        (b"\0" * (2 * round(LONGEST * RATE) + 2), "expected 10 to 60 ms of pcm16"),
    ],
)
def test_what_is_no_frame_is_refused(payload: bytes, said: str) -> None:
    async def main() -> None:
        listener = receiver()
        with pytest.raises(MediaError, match=said):
            listener.frame(Frame(SOUND, 0, 0, payload))
        listener.frame(frame(1))
        assert indices(await all_of(listener)) == [1]

    in_virtual_time(main)


@pytest.mark.parametrize("rate", RATES)
def test_opus_at_each_rate(rate: int) -> None:
    async def main() -> None:
        listener = receiver(Format(codec="opus", sample_rate=rate))
        size = rate // 50
        encoder, sound = OpusEncoder(rate, size), tone(2.0, 440.0, 0.3, rate)
        for index, start in enumerate(range(0, sound.size, size)):
            listener.frame(Frame(SOUND, index, start, encoder.encode(sound[start : start + size])))
        samples = await all_of(listener)
        assert samples.size / RATE == pytest.approx(2.0, abs=0.03)
        middle = samples[RATE // 2 : -RATE // 2]
        assert dominant(middle) == pytest.approx(440.0, abs=3)
        assert loudness(middle) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)
        assert listener.counts.lost == 0

    in_virtual_time(main)


@pytest.mark.parametrize("payload", [b"\0", b"\xff" * 40, bytes(range(256)), b"\x03\xff" + b"a" * 500])
def test_garbage_in_place_of_opus(payload: bytes) -> None:
    async def main() -> None:
        listener = receiver(Format(codec="opus", sample_rate=48_000))
        for number in range(20):
            with suppress(MediaError):
                listener.frame(Frame(SOUND, number, number * 960, payload))
        encoder = OpusEncoder(48_000, 960)
        sound = tone(0.5, 440.0, 0.3, 48_000)
        for number in range(25):
            packet = encoder.encode(sound[number * 960 :][:960])
            listener.frame(Frame(SOUND, 20 + number, (20 + number) * 960, packet))
        samples = await all_of(listener)
        assert dominant(samples[-RATE // 4 :]) == pytest.approx(440.0, abs=10)

    in_virtual_time(main)


@pytest.mark.parametrize("rate", [8_000, 11_025, 24_000, 44_100, 48_000])
def test_other_sample_rates_are_heard_at_the_graphs(rate: int) -> None:
    async def main() -> None:
        listener = receiver(Format(sample_rate=rate))
        size, sound = rate // 50, tone(1.0, 440.0, 0.3, rate)
        for index in range(sound.size // size):
            payload = to_pcm16(sound[index * size :][:size])
            listener.frame(Frame(SOUND, index, index * size, payload))
        samples = await all_of(listener)
        assert samples.size / RATE == pytest.approx(1.0, abs=0.01)
        assert dominant(samples) == pytest.approx(440.0, abs=3)

    in_virtual_time(main)


def test_silence_that_a_client_leaves_out_is_heard() -> None:
    async def main() -> None:
        listener = receiver()
        for index in range(10):
            listener.frame(frame(index))
        listener.frame(frame(10, time=25 * SIZE))  # 0.3 s later by its own clock, and no number is missing
        samples = await all_of(listener)
        assert samples.size == 26 * SIZE
        assert not samples[10 * SIZE : 25 * SIZE].any()

    in_virtual_time(main)


def test_where_nothing_comes_silence_is_heard_in_time() -> None:
    async def main() -> None:
        listener = receiver()
        listener.frame(frame(0))
        listener.frame(frame(1, time=2 * SIZE))  # it leaves out silence
        assert listener.received == pytest.approx(0.06)
        await asyncio.sleep(SPARED + 0.15)
        assert listener.received == pytest.approx(0.06 + SPARED + 0.1, abs=0.11)
        await asyncio.sleep(60)
        assert listener.received == pytest.approx(0.06 + QUIET, abs=0.11)
        listener.frame(frame(2, time=10**6))
        assert listener.received == pytest.approx(0.08 + QUIET, abs=0.11), "what lasted longer was heard"

    in_virtual_time(main)


def test_a_network_that_stalls_for_a_moment_makes_no_pause() -> None:
    async def main() -> None:
        listener = receiver()
        listener.frame(frame(0))
        await asyncio.sleep(STALLED - 0.15)
        for index in range(1, 20):
            listener.frame(frame(index))
        assert indices(await all_of(listener)) == list(range(20))

    in_virtual_time(main)


def test_the_oldest_sound_is_dropped_when_nobody_hears_it() -> None:
    async def main() -> None:
        listener = receiver()
        done: list[str] = []
        listener.do(lambda: done.append("first"))
        count = round(2 * WAITING / 0.02)
        for index in range(count):
            listener.frame(frame(index % 1000, index - index % 1000, time=index * SIZE))
        listener.do(lambda: done.append("last"))
        samples = await all_of(listener)
        assert samples.size / RATE == pytest.approx(WAITING, abs=0.04)
        assert indices(samples[-SIZE:]) == [count - 1]
        assert listener.counts.dropped == pytest.approx(count / 2, abs=2)
        assert done == ["first", "last"]

    in_virtual_time(main)


def test_the_latest_deeds_are_kept() -> None:
    async def main() -> None:
        listener = receiver()
        done: list[int] = []
        for number in range(3 * DEEDS):
            listener.do(lambda number=number: done.append(number))  # type: ignore[misc]  # the default binds it
        await all_of(listener)
        assert done == list(range(2 * DEEDS, 3 * DEEDS))

    in_virtual_time(main)


def test_a_new_line_counts_anew() -> None:
    async def main() -> None:
        listener = receiver()
        for index in range(5):
            listener.frame(frame(index))
        listener.begin(Format(sample_rate=8_000))
        listener.frame(Frame(SOUND, 0, 0, bytes(np.full(160, 300, "<i2"))))
        listener.frame(Frame(SOUND, 1, 160, bytes(np.full(160, 300, "<i2"))))
        samples = await all_of(listener)
        assert indices(samples[: 5 * SIZE]) == [0, 1, 2, 3, 4]
        assert samples[5 * SIZE :].size == pytest.approx(640, abs=40)
        assert listener.counts.received == 7

    in_virtual_time(main)


def test_sound_that_is_in_order_already() -> None:
    async def main() -> None:
        listener = receiver()
        listener.hear(tone(0.5, 440.0, 0.3, 48_000), 48_000)
        listener.hear(tone(0.5, 440.0, 0.3, 24_000), 24_000)
        assert listener.received == pytest.approx(1.0, abs=0.02)
        pieces: list[Audio] = []
        listener.close()
        async for piece in listener.audio():
            pieces.append(piece)
        assert {piece.sample_rate for piece in pieces} == {RATE}
        assert all(piece.start >= 0.0 for piece in pieces)

    in_virtual_time(main)


def test_whoever_stops_listening_leaves_no_timer() -> None:
    async def main() -> None:
        listener = receiver()
        stream = listener.audio()
        listener.frame(frame(0))
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]  # it is a generator
        assert listener._look is None

    in_virtual_time(main)
