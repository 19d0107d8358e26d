"""The simulated sound card: what goes in at one end comes out at the other, when it should."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import numpy as np
import pytest
from support.streams import stream

from models.protocols import Samples, Voiced
from pipeline.devices.card.player import Player
from pipeline.packets import Audio, Speech
from pipeline.testing.clock import run
from pipeline.testing.room import SAMPLE_RATE, Card, Room
from pipeline.testing.tones import GAP, read, tones


class Counting:
    """A player of numbered samples."""

    def __init__(self, sample_rate: int = 24_000) -> None:
        self.sample_rate, self.latency, self.count = sample_rate, 0.0, 0
        self.pulls: list[float] = []

    def pull(self, frames: int) -> Samples:
        self.pulls.append(asyncio.get_running_loop().time())
        self.count += frames
        return np.arange(self.count - frames, self.count, dtype=np.float32) / 1e6


async def listen(room: Room, seconds: float) -> list[tuple[float, Audio]]:
    """What the microphone gives until then, each piece with the time when it came."""
    heard = []
    async with aclosing(room.microphone()) as pieces:
        async for piece in pieces:
            heard.append((room.now, piece))
            if piece.start + piece.samples.size / SAMPLE_RATE >= seconds - 1e-9:
                break
    return heard


def joined(heard: list[tuple[float, Audio]]) -> Samples:
    return np.concatenate([piece.samples for _, piece in heard])


def test_the_microphone_hears_what_is_said_where_it_is_said() -> None:
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, 5_000).astype(np.float32)

    async def main() -> tuple[float, list[tuple[float, Audio]]]:
        async with Room(Counting()) as room:
            end = room.say(sound, at=0.25)
            return end, await listen(room, 1.0)

    end, heard = run(main())
    whole = joined(heard)
    assert end == 0.25 + 5_000 / SAMPLE_RATE
    assert np.array_equal(whole[4_000:9_000], sound)
    assert not whole[:4_000].any()
    assert not whole[9_000:].any()
    assert [piece.start for _, piece in heard] == pytest.approx([0.02 * place for place in range(50)])
    assert {(piece.samples.size, piece.sample_rate) for _, piece in heard} == {(320, 16_000)}


def test_pieces_come_when_they_are_over_and_the_cards_latency_has_passed() -> None:
    async def main() -> list[tuple[float, Audio]]:
        async with Room(Counting(), card=Card(input_latency=0.05)) as room:
            return await listen(room, 0.4)

    assert [at for at, _ in run(main())] == pytest.approx([0.02 * place + 0.07 for place in range(20)])


def test_voices_and_noise_mix_and_full_scale_is_the_limit() -> None:
    hum = np.array([0.1, -0.1, 0.2], np.float32)
    voice, other = np.full(400, 0.3, np.float32), np.full(400, 0.9, np.float32)

    async def main() -> list[tuple[float, Audio]]:
        async with Room(Counting(), noise=hum) as room:
            room.say(voice, at=0.0)
            room.say(other, at=0.0125)
            return await listen(room, 0.06)

    whole = joined(run(main()))
    noise = np.resize(hum, 960)
    expected = noise + np.pad(voice, (0, 560)) + np.pad(other, (200, 360))
    assert whole == pytest.approx(np.clip(expected, -1, 1))


def test_the_loudspeaker_is_recorded_where_it_is_heard() -> None:
    async def main() -> tuple[Counting, Room]:
        player = Counting(22_050)  # whose blocks of 10 ms are 220 or 221 samples
        async with Room(player, card=Card(output_latency=0.03)) as room:
            await room.until(1.0)
        return player, room

    player, room = run(main())
    assert player.latency == 0.03
    assert player.pulls == pytest.approx([0.01 * place for place in range(len(player.pulls))])
    assert room.played.end == pytest.approx(1.03, abs=0.011)
    assert not room.played.between(0.0, 0.03).any()
    assert room.played.between(0.53, 0.54)[0] == pytest.approx(0.5 * 22_050 / 1e6, abs=1.1e-6)


def test_a_texts_way_through_player_loudspeaker_air_and_microphone() -> None:
    answer = tones("hello there", 24_000)

    async def speak(player: Player) -> None:
        await player.play(stream(Speech(Voiced(answer, 24_000), 0.0, "hello there")))

    async def main() -> tuple[str, str, Room, float | None]:
        player = Player(24_000)
        async with Room(player, echo=0.4, card=Card(echo_delay=0.1)) as room:
            speaking = asyncio.create_task(speak(player))
            heard = await listen(room, 1.0)
            await speaking
            return read(joined(heard)), player.heard(), room, player.sounded()

    echoed, heard, room, sounded = run(main())
    assert (echoed, heard) == ("hello there", "hello there")
    assert read(room.played.between(0.0, 1.0), 24_000) == "hello there"
    assert room.played.first_audible() == pytest.approx(sounded)
    assert room.played.silent_from() == pytest.approx(0.01 + answer.size / 24_000 - GAP, abs=0.001)


def test_the_echo_comes_when_and_as_loud_as_it_should() -> None:
    class Pulse(Counting):
        def pull(self, frames: int) -> Samples:
            before = self.count
            super().pull(frames)
            sound = np.zeros(frames, np.float32)
            if before <= 4_800 < self.count:
                sound[4_800 - before] = 1.0
            return sound

    async def main() -> list[tuple[float, Audio]]:
        async with Room(Pulse(16_000), echo=0.5, card=Card(output_latency=0.02, echo_delay=0.05)) as room:
            return await listen(room, 0.6)

    whole = joined(run(main()))
    assert whole.argmax() == 4_800 + 0.07 * 16_000
    assert whole.max() == 0.5


def test_a_canceller_hears_both_sides() -> None:
    class Perfect:
        def __init__(self) -> None:
            self.far_samples = 0

        def far(self, samples: Samples, sample_rate: int) -> None:
            self.far_samples += samples.size
            assert sample_rate == 24_000

        def near(self, samples: Samples) -> Samples:
            return np.zeros_like(samples)

    canceller = Perfect()

    async def main() -> list[tuple[float, Audio]]:
        async with Room(Counting(), echo=1.0, canceller=canceller) as room:
            room.say("nobody hears this")
            return await listen(room, 0.5)

    assert not joined(run(main())).any()
    assert canceller.far_samples >= 0.5 * 24_000


def test_leaving_ends_the_microphone_and_whoever_does_not_listen_loses_the_oldest() -> None:
    async def main() -> tuple[list[Audio], int, int]:
        others = len(asyncio.all_tasks())
        async with Room(Counting()) as room:
            await room.until(11.0)
        pieces = [piece async for piece in room.microphone()]
        return pieces, room.dropped, len(asyncio.all_tasks()) - others

    pieces, dropped, tasks = run(main())
    assert 450 <= len(pieces) <= 501
    assert dropped == pytest.approx(50, abs=2)
    assert pieces[-1].start == pytest.approx(10.96, abs=0.03)
    assert tasks == 0


def test_what_is_said_too_late_is_refused() -> None:
    async def main() -> None:
        async with Room(Counting()) as room:
            await room.until(1.0)
            with pytest.raises(ValueError, match=r"nothing can be said at 0\.5 s: it is 0\.99 s already"):
                room.say("too late", at=0.5)

    run(main())
    with pytest.raises(ValueError, match="not the times of a sound card"):
        Card(echo_delay=0.0)


def test_a_player_that_fails_is_not_passed_over() -> None:
    class Broken(Counting):
        def pull(self, frames: int) -> Samples:
            raise OSError("the loudspeaker is on fire")

    async def main() -> None:
        async with Room(Broken()) as room:
            await room.until(0.1)

    with pytest.raises(OSError, match="on fire"):
        run(main())


def test_in_real_time_a_late_loop_leaves_gaps_but_never_drifts() -> None:
    async def main() -> tuple[Room, list[tuple[float, Audio]]]:
        player = Counting()
        async with Room(player) as room:
            room.say("hello", at=0.1)
            time.sleep(0.08)  # noqa: ASYNC251  a loop that is busy elsewhere
            heard = await listen(room, 0.5)
        return room, heard

    room, heard = asyncio.run(main())
    assert room.underruns >= 5
    assert not room.played.between(0.03, 0.06).any()
    assert read(joined(heard)[1_600:]) == "hello"
    assert all(at >= piece.start + 0.02 for at, piece in heard)


def test_an_hour_is_remembered_as_far_as_wanted() -> None:
    async def main() -> Room:
        async with Room(Counting(), keep=2.0, card=Card(block=1.0, output_latency=0.0)) as room:
            await room.until(3_600.0)
        return room

    room = run(main())
    assert room.played._buffer.nbytes < 1_000_000
    assert room.played.between(3_599.0, 3_599.5)[0] == pytest.approx(3_599 * 24_000 / 1e6)
    assert not room.played.between(10.0, 11.0).any()
