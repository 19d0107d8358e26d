from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from support.needs import needing
from support.reading import normalised, word_error_rate
from support.streams import stream
from support.waves import tone

from models.asr.moonshine import Moonshine
from models.protocols import Samples, Voiced
from models.tts.hibari import Hibari
from pipeline.devices.card.player import AHEAD, FADE, Player
from pipeline.devices.files.wav import resampled
from pipeline.packets import Speech, Viseme
from pipeline.testing.clock import run
from pipeline.testing.room import Card, Room

RATE = 24_000
BLOCK = 240
SENTENCES = (
    "The market is to the north, behind the old stone bridge. ",
    "It closes when the evening bell rings, so you should walk there now.",
)
ANSWER = "".join(SENTENCES)


@pytest.fixture(scope="module")
@needing("model")
def answer() -> list[Speech]:
    """`SENTENCES` in the embedded voice."""
    voice = Hibari()
    voice.load()
    pieces = [(sentence, piece) for sentence in SENTENCES for piece in voice.speak(sentence)]
    assert len(pieces) == len(SENTENCES)
    return speeches(*pieces)


@pytest.fixture(scope="module")
@needing("model")
def reader() -> Moonshine:
    engine = Moonshine()
    engine.load()
    return engine


def speeches(*pieces: tuple[str, Voiced]) -> list[Speech]:
    lengths = [voiced.samples.size / voiced.sample_rate for _, voiced in pieces]
    starts = accumulate(lengths, initial=0.0)
    return [Speech(voiced, start, text) for (text, voiced), start in zip(pieces, starts, strict=False)]


def sound(answer: Sequence[Speech]) -> Samples:
    return np.concatenate([speech.voiced.samples for speech in answer])


def spoken(seconds: float, text: str = "", sample_rate: int = RATE) -> Speech:
    return Speech(Voiced(tone(seconds, sample_rate=sample_rate), sample_rate), 0.0, text)


class Device:
    """Pulls a player as fast as it plays; what it got is in `pulled`."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.pulled: list[Samples] = []

    def pull(self, blocks: int = 1) -> Samples:
        got = [self.player.pull(BLOCK) for _ in range(blocks)]
        self.pulled += got
        return np.concatenate(got)

    @property
    def sound(self) -> Samples:
        return np.concatenate([np.zeros(0, np.float32), *self.pulled])


@asynccontextmanager
async def playing(player: Player, packets: AsyncIterator[Any]) -> AsyncIterator[asyncio.Task[None]]:
    """`player.play` as a task that has read what it wants to read."""
    task = asyncio.create_task(player.play(packets))
    await settled()
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def played(
    answer: Sequence[Any], act: Callable[[Player, Device], Awaitable[object]] | None = None, rate: int = RATE
) -> Samples:
    """What is pulled while `answer` plays, after `act` to its end."""

    async def run() -> Samples:
        player = Player(rate)
        device = Device(player)
        async with playing(player, stream(*answer)) as task:
            if act:
                await act(player, device)
            while not task.done():
                device.pull()
                await settled()
            await task
        return device.sound

    return asyncio.run(run())


def read(reader: Moonshine, samples: Samples, rate: int = RATE) -> str:
    padded = np.concatenate([samples, np.zeros(rate // 2, np.float32)])
    return reader.transcribe(resampled(padded, rate, reader.sample_rate)).text


def test_what_is_pulled_is_what_was_given(answer: list[Speech]) -> None:
    given = sound(answer)
    pulled = played([Viseme("aa", 0.0, 0.1, 1.0), *answer])
    assert np.array_equal(pulled[: given.size], given)
    assert not pulled[given.size :].any()


def test_another_sample_rate(answer: list[Speech], reader: Moonshine) -> None:
    pulled = played(answer, rate=48_000)
    assert np.trim_zeros(pulled, "b").size == pytest.approx(2 * sound(answer).size, abs=200)
    assert word_error_rate(ANSWER, read(reader, pulled, 48_000)) == 0.0


def test_a_voice_of_another_rate_takes_over() -> None:
    pulled = played([spoken(0.2), spoken(0.2, sample_rate=16_000)])
    assert np.trim_zeros(pulled, "b").size == pytest.approx(0.4 * RATE, abs=40)
    assert np.abs(np.diff(np.trim_zeros(pulled, "b"))).max() < 0.1, "no click between the two"


def test_a_device_that_pulls_from_its_own_thread(answer: list[Speech]) -> None:
    player = Player(RATE)
    pulled: list[Samples] = []
    over = threading.Event()

    def device() -> None:
        while not over.is_set():
            pulled.append(player.pull(BLOCK))

    async def run() -> None:
        for _ in range(20):
            await player.play(stream(*answer))

    thread = threading.Thread(target=device)
    thread.start()
    try:
        asyncio.run(run())
    finally:
        over.set()
        thread.join()
    whole = np.concatenate(pulled)
    assert np.array_equal(whole[whole != 0], np.tile(sound(answer)[sound(answer) != 0], 20))


@pytest.mark.parametrize("blocks", [55, 130, 210, 330, 470, 560])
def test_only_words_that_were_pulled_count_as_heard(answer: list[Speech], reader: Moonshine, blocks: int) -> None:
    async def run() -> tuple[str, Samples]:
        player = Player(RATE)
        device = Device(player)
        async with playing(player, stream(*answer)):
            device.pull(blocks)
            player.hush()
            device.pull()
        return player.heard(), device.sound

    heard, pulled = asyncio.run(run())
    assert ANSWER.startswith(heard)
    *whole, _cut = normalised(heard).split()
    recognised = normalised(read(reader, pulled)).split()
    assert recognised[: len(whole)] == whole
    # Of the word that was cut, a recogniser makes anything or nothing; what is behind it was never pulled.
    for behind in normalised(ANSWER[len(heard) :]).split()[:3]:
        assert behind not in recognised[len(whole) :]


def test_what_was_heard_grows_word_by_word(answer: list[Speech]) -> None:
    steps = []

    async def listen(player: Player, device: Device) -> None:
        assert player.heard() == ""
        for _ in range(sound(answer).size // BLOCK):
            device.pull()
            steps.append(player.heard())

    played(answer, listen)
    assert list(dict.fromkeys(steps)) == [ANSWER[: len(heard)] for heard in dict.fromkeys(steps)]
    assert len(dict.fromkeys(steps)) == len(ANSWER.split())
    assert steps[-1] == ANSWER


def test_a_pause_cuts_a_word_and_going_on_repeats_it(answer: list[Speech], reader: Moonshine) -> None:
    cuts = []

    async def interrupt(player: Player, device: Device) -> None:
        for _ in range(4):
            device.pull(100)
            player.pause()
            player.pause()
            faded = device.pull()
            assert not faded[round(FADE * RATE) :].any()
            assert not device.pull(50).any()
            cuts.append(player.heard())
            player.resume()
            player.resume()
            assert player.heard() == cuts[-1]

    pulled = played(answer, interrupt)
    assert len(set(cuts)) == 4
    text = read(reader, pulled)
    # Each pause leaves the beginning of a word that is said again, so nothing is missing and little is added.
    position = 0
    words = normalised(text).split()
    for word in normalised(ANSWER).split():
        position = words.index(word, position) + 1
    assert len(words) <= len(normalised(ANSWER).split()) + 4


def test_cutting_and_going_on_never_click() -> None:
    async def interrupt(player: Player, device: Device) -> None:
        for _ in range(5):
            device.pull(7)
            player.pause()
            device.pull(3)
            player.resume()
        player.pause()
        player.resume()
        device.pull(7)
        player.hush()

    pulled = played([spoken(2.0, "la la la la la la la la")], interrupt)
    assert np.abs(np.diff(pulled)).max() < 0.1, "a tone at half of full scale moves by 0.058 a sample"
    assert 35 * BLOCK < np.count_nonzero(pulled) < 70 * BLOCK


def test_hush_is_silence_within_a_block(answer: list[Speech]) -> None:
    async def run() -> None:
        player = Player(RATE)
        device = Device(player)
        async with playing(player, stream(*answer)) as task:
            device.pull(100)
            player.hush()
            player.hush()
            assert not device.pull()[round(FADE * RATE) :].any()
            heard = player.heard()
            player.pause()
            player.resume()
            assert not device.pull(1000).any()
            await task
        assert player.heard() == heard
        assert ANSWER.startswith(heard)

    asyncio.run(run())


def test_cancelled_it_falls_silent_and_the_next_answer_begins_afresh(answer: list[Speech]) -> None:
    async def run() -> None:
        player = Player(RATE)
        device = Device(player)
        for sentence in answer:
            async with playing(player, stream(sentence)) as task:
                assert player.heard() == ""
                assert player.sounded() is None
                device.pull(120)
                player.pause()
                task.cancel()
                await asyncio.wait([task])
                assert device.pull(2)[BLOCK:].max() == 0.0
            assert player.heard()
            assert sentence.text.startswith(player.heard())
            assert player.sounded() is not None

    asyncio.run(run())


def test_what_fails_before_it_is_not_swallowed() -> None:
    async def broken() -> AsyncIterator[Speech]:
        yield spoken(1.0, "one")
        raise ValueError("broken")

    async def run() -> None:
        player = Player(RATE)
        with pytest.raises(ValueError, match="broken"):
            await player.play(broken())
        assert not player.pull(RATE)[round(FADE * RATE) :].any()

    asyncio.run(run())


def test_sound_waits_in_the_turn_and_not_here() -> None:
    read_so_far = 0

    async def packets() -> AsyncIterator[Speech]:
        nonlocal read_so_far
        for _ in range(40):
            read_so_far += 1
            yield spoken(1.0, "one ")

    async def check(player: Player, device: Device) -> None:
        assert read_so_far == AHEAD + 1
        device.pull(round(2 * RATE / BLOCK))
        await settled()
        assert read_so_far == AHEAD + 3
        player.pause()
        await settled()
        assert read_so_far == AHEAD + 3

    async def run() -> None:
        player = Player(RATE)
        device = Device(player)
        async with playing(player, packets()) as task:
            await check(player, device)
            player.resume()
            while not task.done():
                device.pull(50)
                await settled()
            # What was heard before the word that sounds is not kept.
            assert len(player._answer._chunks) <= 1
        assert read_so_far == 40

    asyncio.run(run())


def test_an_answer_waits_for_the_one_before_it() -> None:
    async def run() -> None:
        player = Player(RATE)
        device = Device(player)
        async with (
            playing(player, stream(spoken(0.1, "one"))) as first,
            playing(player, stream(spoken(0.1, "two"))) as second,
        ):
            assert not second.done()
            while not first.done():
                assert player.heard() in ("", "one")
                device.pull()
                await settled()
            while not second.done():
                device.pull()
                await settled()
        assert player.heard() == "two"
        assert np.count_nonzero(device.sound) == pytest.approx(0.2 * RATE, abs=40)

    asyncio.run(run())


def test_a_pause_holds_the_end() -> None:
    async def run() -> None:
        player = Player(RATE)
        device = Device(player)
        async with playing(player, stream(spoken(0.1, "one"))) as task:
            device.pull(5)
            player.pause()
            device.pull(100)
            await settled()
            assert not task.done()
            player.resume()
            while not task.done():
                device.pull()
                await settled()
        assert np.count_nonzero(device.sound) == pytest.approx(0.15 * RATE + FADE * RATE, abs=40)

    asyncio.run(run())


def test_when_it_sounded_and_when_it_ends() -> None:
    quiet = Speech(Voiced(np.full(3 * BLOCK, 0.009, np.float32), RATE), 0.0, "one")

    async def run() -> None:
        player = Player(RATE)
        player.latency = 0.03
        now = asyncio.get_running_loop().time
        async with playing(player, stream(quiet, spoken(0.01, "two"))) as task:
            player.pull(2 * BLOCK)
            assert player.sounded() is None
            before = now()
            player.pull(4 * BLOCK)
            after = now()
            sounded = player.sounded()
            assert sounded is not None
            # The fourth sample of the tone exceeds 0.01; a block of the quiet was still before it.
            assert before <= sounded - player.latency - (BLOCK + 1) / RATE <= after
            await task
            assert now() >= before + player.latency + 2 * BLOCK / RATE
        assert player.sounded() == sounded

    asyncio.run(run())


def test_between_answers_nothing_happens() -> None:
    player = Player(RATE)
    for act in (player.pause, player.resume, player.hush):
        act()
        assert not player.pull(BLOCK).any()
    assert player.heard() == ""
    assert player.sounded() is None
    assert np.array_equal(played([]), np.zeros(0, np.float32))
    assert np.count_nonzero(played([spoken(0.1)])) > 0


RISING = Speech(Voiced(np.linspace(0.1, 0.9, RATE, dtype=np.float32), RATE), 0.0, "one two three four")
"""A second whose samples tell where they are."""


def observed(
    act: Callable[[Player, Room], Awaitable[object]], until: float = 1.5
) -> tuple[list[tuple[float, float | None]], Room]:
    """When which position was told, every 7 ms, while `RISING` plays in a room and `act` does something to it."""
    told: list[tuple[float, float | None]] = []

    async def watch(player: Player, room: Room) -> None:
        while room.now < until:
            told.append((room.now, player.position()))
            await asyncio.sleep(0.007)

    async def held() -> Room:
        player = Player(RATE)
        async with Room(player, card=Card(block=0.02, output_latency=0.05)) as room, asyncio.TaskGroup() as group:
            group.create_task(watch(player, room))
            playing = group.create_task(player.play(stream(RISING)))
            await act(player, room)
            await asyncio.wait([playing])
        return room

    room = run(held())
    return told, room


def sounding(room: Room, at: float) -> float | None:
    """The position that is heard at a moment; None in silence and where sound fades."""
    first, behind = room.played.between(at, at + 2 / RATE)
    return float((first - 0.1) / 0.8) if first > 0.1 and 0 < behind - first < 1e-4 else None


def test_the_position_is_that_of_what_is_heard() -> None:
    async def nothing(player: Player, room: Room) -> None:
        pass

    told, room = observed(nothing)
    heard = [(position, sounding(room, at)) for at, position in told]
    assert sum(sound is not None for _, sound in heard) == pytest.approx(1.0 / 0.007, abs=2)
    assert all(position == pytest.approx(sound, abs=1e-3) for position, sound in heard if sound is not None)
    coming = [position for position, sound in heard if sound is None and position is not None and position < 0.5]
    assert all(-0.051 < position <= 0.0 for position in coming), "before its first sample"
    assert told[0][1] is None
    assert told[-1][1] is None


def test_the_position_stands_still_in_a_pause() -> None:
    async def pause(player: Player, room: Room) -> None:
        await room.until(0.7)
        player.pause()
        await room.until(1.0)
        player.resume()

    told, room = observed(pause, until=2.0)
    held = {position for at, position in told if 0.8 < at < 1.0}
    assert len(held) == 1
    (position,) = held
    last = max(position for at, position in told if position is not None and at < 1.0)
    assert position == last == pytest.approx(0.7 + FADE, abs=0.001)
    for at, position in told:
        if (sound := sounding(room, at)) is not None:
            assert position == pytest.approx(sound, abs=1e-3)
    behind = [position for at, position in told if 1.0 < at < 1.2 and position is not None]
    assert behind == sorted(behind)
    assert behind[0] == pytest.approx(0.4, abs=0.01), "where the third of the four words begins"


def test_there_is_no_position_once_the_last_that_was_pulled_is_heard() -> None:
    async def hush(player: Player, room: Room) -> None:
        await room.until(0.5)
        player.hush()

    told, _ = observed(hush)
    assert all(position is None for at, position in told if at > 0.58)
    before = [position for at, position in told if at < 0.55 and position is not None]
    assert before == sorted(before)
    assert before[-1] == pytest.approx(0.5, abs=0.01), "what was pulled is still heard"
