"""Answers on their way to a distant client, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import numpy as np
import pytest
from support.streams import stream

from models.protocols import Phoneme, Samples, Voiced
from pipeline.devices.network.sender import FIRST_LEAD, FRAME, KEPT, LEAD, OVERDUE, PATIENCE, Sender
from pipeline.packets import Speech, Viseme
from pipeline.testing.clock import run
from pipeline.testing.tones import CHARACTER, read, spelt, tones
from pipeline.wire.frames import WRAP

RATE = 24_000
FIRST = "the market is to the north. "
SECOND = "it closes when the evening bell rings."
ANSWER = FIRST + SECOND
DELAY = 0.06
"""Seconds that the client gathers before it begins."""


def speech(text: str, rate: int = RATE) -> Speech:
    """A clause whose every character takes `CHARACTER` seconds, the space behind it included."""
    spoken = spelt(text) + " " * text.endswith(" ")
    sound = np.zeros(round(len(spoken) * CHARACTER * rate), np.float32)
    voice = tones(text, rate)
    sound[: voice.size] = voice
    phonemes = (Phoneme(c if c.isalpha() else " ", i * CHARACTER, CHARACTER) for i, c in enumerate(spoken))
    return Speech(Voiced(sound, rate, tuple(phonemes)), 0.0, text)


def seconds(text: str) -> float:
    return len(text) * CHARACTER


class Listener:
    """A client: a downlink on the server's side, and a loudspeaker on its own."""

    def __init__(self, player: Sender, *, reports: bool = True) -> None:
        self.player, self.reports = player, reports
        self.stream: dict[int, Samples] = {}
        """Frames, by their timestamps."""
        self.syncs: list[tuple[int, float]] = []
        self.flushes = 0
        self.shown: list[Any] = []
        self.heard: list[Samples] = []
        """What came out of the loudspeaker."""
        self.place = 0
        """The sample that is played next."""
        self.ahead = 0.0
        """Seconds that were sent and not played, at most."""
        self._task: asyncio.Task[None] | None = None

    # --- the downlink ------------------------------------------------------------------------------------------------

    def sound(self, timestamp: int, samples: Samples) -> None:
        self.stream[timestamp] = samples
        self.ahead = max(self.ahead, (self.end - self.place) % WRAP / RATE)

    def sync(self, timestamp: int, position: float) -> None:
        self.syncs.append((timestamp, position))
        if not self.waiting:
            self.place = timestamp

    def flush(self) -> None:
        self.flushes += 1
        self.stream.clear()
        if self.reports:
            self.player.played(self.place, playing=False)

    def show(self, packet: Any) -> None:
        self.shown.append(packet)

    # --- the loudspeaker ---------------------------------------------------------------------------------------------

    @property
    def end(self) -> int:
        return (max(self.stream) + round(FRAME * RATE)) % WRAP if self.stream else self.place

    @property
    def waiting(self) -> int:
        return len(self.stream)

    async def play(self) -> None:
        """Play as a good client does: begin when there is enough, report every 200 ms and when nothing is left."""
        while True:
            while not self.waiting:  # noqa: ASYNC110  as a loudspeaker does
                await asyncio.sleep(0.01)
            await asyncio.sleep(DELAY)
            for count in range(10**6):
                frame = self.stream.pop(self.place, None)
                if frame is None:
                    break
                if count % 10 == 0 and self.reports:
                    self.player.played(self.place, playing=True)
                self.heard.append(frame)
                await asyncio.sleep(FRAME)
                self.place = (self.place + frame.size) % WRAP
            if self.reports:
                self.player.played(self.place, playing=False)

    @property
    def words(self) -> str:
        return read(np.concatenate([np.zeros(1, np.float32), *self.heard]), RATE)

    def hang_up(self) -> None:
        if self._task:
            self._task.cancel()


@asynccontextmanager
async def listening(player: Sender, *, reports: bool = True, plays: bool = True) -> AsyncIterator[Listener]:
    listener = Listener(player, reports=reports)
    player.attach(listener, reports=reports)
    task = asyncio.create_task(listener.play()) if plays else None
    listener._task = task
    try:
        yield listener
    finally:
        if task:
            task.cancel()
            await asyncio.wait([task])


@asynccontextmanager
async def answering(player: Sender, packets: AsyncIterator[Any]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(player.play(packets))
    await asyncio.sleep(0)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def in_virtual_time(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run(main())


def two() -> AsyncIterator[Any]:
    return stream(speech(FIRST), Viseme("aa", 0.0, 0.1, 1.0), speech(SECOND))


def test_an_answer_is_heard_whole_and_its_end_is_known() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with listening(player) as client, answering(player, two()) as answer:
            await answer
            took = asyncio.get_running_loop().time()
            assert client.words == ANSWER
            assert player.heard() == ANSWER
            assert client.syncs == [(0, 0.0)]
            assert client.shown[1] == Viseme("aa", 0.0, 0.1, 1.0)
            assert took == pytest.approx(seconds(ANSWER) + DELAY, abs=0.1)
            assert player.sounded() == pytest.approx(DELAY, abs=0.03)
            assert player.waiting == 0.0

    in_virtual_time(main)


def test_sound_is_sent_ahead_but_not_all_at_once() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with listening(player) as client, answering(player, two()) as answer:
            assert client.end / RATE == pytest.approx(FIRST_LEAD, abs=FRAME)
            await asyncio.sleep(1.0)
            assert LEAD - 0.2 < client.ahead <= LEAD + 2 * FRAME
            await answer
            assert client.ahead <= LEAD + 2 * FRAME

    in_virtual_time(main)


def test_a_long_answer_is_not_kept() -> None:
    async def main() -> None:
        player = Sender(RATE)
        most = 0

        async def talk() -> AsyncIterator[Any]:
            nonlocal most
            for _ in range(round(600 / seconds(FIRST))):
                yield speech(FIRST)
                answer = player._answer
                most = max(most, sum(chunk.size for chunk in answer._chunks))

        async with listening(player) as client, answering(player, talk()) as answer:
            await answer
            client.hang_up()
        assert most / RATE < KEPT + LEAD + 2 * seconds(FIRST)

    in_virtual_time(main)


@pytest.mark.parametrize("reports", [True, False])
def test_one_who_never_reports_hears_in_their_own_time(reports: bool) -> None:
    async def main() -> None:
        player = Sender(RATE)
        client = Listener(player, reports=False)
        player.attach(client, reports=reports)
        async with answering(player, two()) as answer:
            await answer
        took = asyncio.get_running_loop().time()
        assert took == pytest.approx(seconds(ANSWER) + reports * PATIENCE, abs=0.1)
        assert player.heard() == ANSWER

    in_virtual_time(main)


@pytest.mark.parametrize("late", [0.5, 2.5])
@pytest.mark.parametrize("reports", [True, False])
def test_a_voice_that_is_late_is_heard_late(late: float, reports: bool) -> None:
    async def main() -> None:
        player = Sender(RATE)

        async def talk() -> AsyncIterator[Any]:
            yield speech(FIRST)
            await asyncio.sleep(seconds(FIRST) + late)
            yield speech(SECOND)

        async with listening(player, reports=reports) as client, answering(player, talk()) as answer:
            await asyncio.sleep(seconds(FIRST) + late + 0.5)
            assert player.heard() == FIRST + "it closes"
            await answer
            took = asyncio.get_running_loop().time()
            assert took == pytest.approx(seconds(ANSWER) + late + DELAY, abs=0.2)
            await asyncio.sleep(0.5)  # who does not report is a little behind what is thought
            assert client.words == ANSWER
            assert client.syncs == [(0, 0.0)], "the clock of the answer is that of the stream"

    in_virtual_time(main)


def test_a_pause_is_immediate_and_the_cut_word_is_heard_again() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with listening(player) as client, answering(player, two()) as answer:
            await asyncio.sleep(DELAY + seconds("the market is t"))
            player.pause()
            assert client.flushes == 1
            assert player.heard() == "the market is to"
            client.heard.clear()
            await asyncio.sleep(5)
            assert not client.heard
            assert player.heard() == "the market is to"
            player.resume()
            assert client.syncs[-1][1] == pytest.approx(seconds("the market is "))
            await answer
            assert client.words == "to the north. " + SECOND

    in_virtual_time(main)


def test_what_the_client_heard_decides_where_it_goes_on() -> None:
    async def main() -> None:
        player = Sender(RATE)
        client = Listener(player)
        player.attach(client)
        async with answering(player, two()):
            player.played(0, playing=True)
            await asyncio.sleep(seconds("the market is to the n"))
            client.place = round(RATE * seconds("the mar"))  # its loudspeaker was slower than anybody thought
            player.pause()
            assert player.heard() == "the market"
            player.resume()
            assert client.syncs[-1][1] == pytest.approx(seconds("the "))

    in_virtual_time(main)


def test_what_is_hushed_is_over() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with listening(player) as client, answering(player, two()) as answer:
            await asyncio.sleep(DELAY + seconds("the market is t"))
            player.hush()
            assert client.flushes == 1
            await answer
            assert player.heard() == "the market is to"
            player.played(client.end, playing=True)
            player.resume()
            await asyncio.sleep(1)
            assert player.heard() == "the market is to"
            assert not client.stream

    in_virtual_time(main)


def test_cancelling_hushes() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with listening(player) as client:
            async with answering(player, two()):
                await asyncio.sleep(DELAY + seconds("the market is t"))
            assert client.flushes == 1
            assert player.heard() == "the market is to"

    in_virtual_time(main)


@pytest.mark.parametrize("paused", [False, True])
def test_an_answer_goes_on_at_the_word_where_the_line_was_cut(paused: bool) -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with answering(player, two()) as answer:
            async with listening(player):
                await asyncio.sleep(DELAY + seconds("the market is t"))
                if paused:
                    player.pause()
                player.detach()
            await asyncio.sleep(20)
            assert player.heard() == "the market is to"
            async with listening(player) as client:
                if paused:
                    player.played(0, playing=False)
                    assert player.heard() == "the market is to"
                    assert not client.syncs
                    player.resume()
                ((timestamp, position),) = client.syncs
                assert timestamp == 0
                assert position == pytest.approx(seconds("the market is "))
                await answer
                assert client.words == "to the north. " + SECOND
            assert player.heard() == ANSWER

    in_virtual_time(main)


def test_the_client_knows_where_its_line_was_cut() -> None:
    async def main() -> None:
        player = Sender(RATE)
        client = Listener(player)
        player.attach(client)
        async with answering(player, two()):
            player.played(0, playing=True)
            await asyncio.sleep(0.9)
            player.detach()
            player.detach(round(RATE * seconds("the mar")))
            assert player.heard() == "the market"
            player.attach(again := Listener(player))
            assert again.syncs[0][1] == pytest.approx(seconds("the "))

    in_virtual_time(main)


def test_a_client_that_stops_reporting_has_stopped_hearing() -> None:
    async def main() -> None:
        player = Sender(RATE)
        client = Listener(player)
        player.attach(client)
        async with answering(player, two()) as answer:
            player.played(0, playing=True)
            await asyncio.sleep(30)
            assert not answer.done()
            assert player.heard() == "the market is to"
            assert player.waiting == pytest.approx(client.end / RATE - OVERDUE)

    in_virtual_time(main)


def test_an_answer_without_a_line_waits_for_one() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with answering(player, two()) as answer:
            await asyncio.sleep(60)
            assert player.heard() == ""
            async with listening(player) as client:
                await answer
                assert client.words == ANSWER

    in_virtual_time(main)


def test_two_answers_behind_each_other() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with (
            listening(player) as client,
            answering(player, stream(speech(FIRST))) as one,
            answering(player, stream(speech(SECOND))) as two,
        ):
            await one
            await two
            assert player.heard() == SECOND
            assert client.words == ANSWER
            (_, first), (timestamp, second) = client.syncs
            assert (first, second) == (0.0, 0.0)
            assert timestamp / RATE == pytest.approx(seconds(FIRST), abs=2 * FRAME)

    in_virtual_time(main)


@pytest.mark.parametrize("lie", [10 * RATE, 2**31, -1, -RATE, WRAP - 1])
def test_lies_about_the_place_stay_within_what_was_sent(lie: int) -> None:
    async def main() -> None:
        player = Sender(RATE)
        client = Listener(player)
        player.attach(client)
        async with answering(player, two()) as answer:
            for _ in range(100):
                player.played((client.end + lie) % WRAP, playing=True)
                assert 0.0 <= player.waiting <= LEAD + FRAME
                assert len(player.heard()) * CHARACTER <= client.end / RATE + 1.0
                await asyncio.sleep(0.05)
            player.pause()
            player.played(lie % WRAP, playing=False)
            player.resume()
            player.hush()
            await answer

    in_virtual_time(main)


def test_timestamps_begin_again_behind_two_to_the_32() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with listening(player) as client:
            player._end = client.place = WRAP - RATE  # a day and a half later, less a second
            async with answering(player, two()) as answer:
                await answer
            assert client.syncs == [(WRAP - RATE, 0.0)]
            assert client.words == ANSWER
            assert player.heard() == ANSWER

    in_virtual_time(main)


def test_a_voice_of_another_rate_takes_over() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with (
            listening(player) as client,
            answering(player, stream(speech(FIRST), speech(SECOND, 16_000))) as answer,
        ):
            await answer
            assert client.words == ANSWER

    in_virtual_time(main)


def test_an_answer_without_a_word_is_over_at_once() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with listening(player) as client, answering(player, stream(Viseme("aa", 0.0, 0.1, 1.0))) as answer:
            await answer
            assert client.shown
            assert player.sounded() is None
            assert player.heard() == ""

    in_virtual_time(main)


def test_nothing_happens_before_the_first_answer() -> None:
    async def main() -> None:
        player = Sender(RATE)
        player.pause()
        player.resume()
        player.hush()
        player.played(5, playing=True)
        player.detach(7)
        assert player.heard() == ""
        assert player.sounded() is None
        assert player.waiting == 0.0

    in_virtual_time(main)


def test_when_it_sounded_is_right_to_the_frame() -> None:
    async def main() -> None:
        player = Sender(RATE)
        quiet = Speech(Voiced(np.zeros(RATE, np.float32), RATE), 0.0, "")
        async with listening(player), answering(player, stream(quiet, speech(FIRST))) as answer:
            await asyncio.sleep(0.9)
            assert player.sounded() is None
            await answer
            assert player.sounded() == pytest.approx(1.0 + DELAY, abs=FRAME)

    in_virtual_time(main)


def test_a_hush_while_the_line_is_away() -> None:
    async def main() -> None:
        player = Sender(RATE)
        async with listening(player) as client, answering(player, two()) as answer:
            await asyncio.sleep(1)
            client.hang_up()
            player.detach()
            player.hush()
            await answer
            player.attach(again := Listener(player))
            await asyncio.sleep(1)
            assert not again.syncs
            assert not again.stream

    in_virtual_time(main)
