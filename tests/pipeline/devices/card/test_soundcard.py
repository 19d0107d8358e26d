"""The microphone and the loudspeaker on a real PulseAudio, through the real PortAudio."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager

import numpy as np
import pytest
from support.needs import needing
from support.pulse import RATE, SoundCard, sound_card
from support.reading import word_error_rate
from support.sounds import speech
from support.streams import stream
from support.waves import loudness, tone

from models.asr.moonshine import Moonshine
from models.protocols import Samples, Voiced
from pipeline.devices.card import soundcard
from pipeline.devices.card.player import Player
from pipeline.devices.card.port import Port
from pipeline.devices.card.soundcard import Loudspeaker, Microphone
from pipeline.errors import MediaError
from pipeline.packets import Audio, Speech

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs PulseAudio")

TRIED = "Ever tried. Ever failed. No matter."
ASKED = "And so, my fellow Americans"


@pytest.fixture(scope="module")
@needing("device")
def card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundCard]:
    with sound_card(tmp_path_factory.mktemp("card")) as card:
        yield card


@pytest.fixture(scope="module")
@needing("model")
def reader() -> Moonshine:
    engine = Moonshine()
    engine.load()
    return engine


@pytest.fixture(scope="module")
@needing("model")
def tried() -> Speech:
    return Speech(Voiced(speech("speech-beckett")[: 4 * RATE], RATE), 0.0, TRIED)


@pytest.fixture(scope="module")
@needing("model")
def asked() -> Samples:
    return speech("speech-jfk")[: round(2.2 * RATE)]


@asynccontextmanager
async def recording(microphone: Microphone) -> AsyncIterator[list[Audio]]:
    """What `microphone` gives meanwhile."""
    pieces: list[Audio] = []

    async def record() -> None:
        async with aclosing(microphone.frames()) as frames:
            async for audio in frames:
                pieces.append(audio)

    task = asyncio.create_task(record())
    try:
        yield pieces
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not happened():  # noqa: ASYNC110  what is waited for happens in another process
            await asyncio.sleep(0.02)


async def said(card: SoundCard, samples: Samples, pieces: list[Audio]) -> None:
    """Say `samples`, and wait until `pieces` has the last of them, and silence behind it."""
    card.say(samples)
    await until(lambda: not card.saying)
    spoken = len(pieces)
    await until(lambda: len(pieces) > spoken + 25 and not sound(pieces[-25:]).any())


def sound(pieces: list[Audio]) -> Samples:
    return np.concatenate([audio.samples for audio in pieces])


def gaps(pieces: list[Audio]) -> list[float]:
    """Seconds missing between two pieces, wherever there are any."""
    ends = [audio.start + audio.samples.size / audio.sample_rate for audio in pieces]
    missing = [audio.start - end for audio, end in zip(pieces[1:], ends, strict=False)]
    return [seconds for seconds in missing if abs(seconds) > 1e-6]


def test_speech_goes_in_and_comes_out(card: SoundCard, reader: Moonshine, tried: Speech, asked: Samples) -> None:
    async def run() -> list[Audio]:
        player = Player(24_000)
        async with Microphone(None, RATE) as microphone, Loudspeaker(None, player) as loudspeaker:
            async with recording(microphone) as pieces:
                await until(lambda: len(pieces) > 5)
                card.heard()
                await asyncio.gather(player.play(stream(tried)), said(card, asked, pieces))
                assert microphone.dropped == 0
                assert 0.0 < microphone.latency < 1.0
                assert 0.0 < player.latency < 1.0
            assert (microphone.name, loudspeaker.name) == ("default", "default")
        assert player.heard() == TRIED
        return pieces

    pieces = asyncio.run(run())
    assert pieces[0].start == 0.0
    assert gaps(pieces) == []
    assert {(audio.samples.shape, audio.samples.dtype.name, audio.sample_rate) for audio in pieces} == {
        ((320,), "float32", RATE)
    }
    assert word_error_rate(ASKED, reader.transcribe(sound(pieces)).text) <= 0.25
    assert word_error_rate(TRIED, reader.transcribe(card.heard()).text) < 0.4


def test_a_device_of_another_rate_and_in_stereo(
    card: SoundCard, reader: Moonshine, tried: Speech, asked: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Port, "_forms", lambda *_: [(2, 44_100)])
    played: list[Samples] = []

    async def run() -> list[Audio]:
        player = Player(24_000)
        speaker = Loudspeaker("pulse", player, lambda samples, rate: played.append(samples))
        async with Microphone("pulse", RATE) as microphone, speaker, recording(microphone) as pieces:
            await until(lambda: len(pieces) > 5)
            card.heard()
            await asyncio.gather(player.play(stream(tried)), said(card, asked, pieces))
        return pieces

    pieces = asyncio.run(run())
    assert gaps(pieces) == []
    assert {audio.samples.shape for audio in pieces} == {(320,)}
    assert word_error_rate(ASKED, reader.transcribe(sound(pieces)).text) <= 0.25
    assert word_error_rate(TRIED, reader.transcribe(card.heard()).text) < 0.4
    # Whoever cancels echoes is told what went there, at the player's own rate.
    assert np.count_nonzero(np.concatenate(played)) == pytest.approx(4 * 24_000, rel=0.05)


def test_unplugged_in_mid_sentence(card: SoundCard, reader: Moonshine, asked: Samples) -> None:
    troubles: list[str | None] = []
    heard: list[Samples] = []

    async def run() -> list[Audio]:
        player = Player(24_000)
        long = Speech(Voiced(speech("speech-two-cities")[: 7 * RATE], RATE), 0.0, "It was the best")
        speaker = Loudspeaker(None, player, trouble=troubles.append)
        async with Microphone(None, RATE, troubles.append) as microphone, speaker, recording(microphone) as pieces:
            await until(lambda: len(pieces) > 5)
            answer = asyncio.create_task(player.play(stream(long)))
            await until(lambda: player.sounded() is not None)
            await asyncio.sleep(2.0)
            heard.append(card.heard())
            card.unplug()
            await until(lambda: len(troubles) == 2)
            assert not answer.done()
            await asyncio.to_thread(card.plug)
            await until(lambda: troubles.count(None) == 2)
            await until(lambda: len(gaps(pieces)) > 0)
            await said(card, asked, pieces)
            await answer
            await asyncio.sleep(0.5)
            heard.append(card.heard())
        return pieces

    pieces = asyncio.run(run())
    assert sorted(message for message in troubles if message) == [
        "the loudspeaker (default) gives no sign of life; plug it in again",
        "the microphone (default) gives no sign of life; plug it in again",
    ]
    (missing,) = gaps(pieces)
    assert missing > 0, "time goes on while nothing is heard"
    back = next(index for index in range(1, len(pieces)) if gaps(pieces[index - 1 : index + 1]))
    assert word_error_rate(ASKED, reader.transcribe(sound(pieces[back:])).text) <= 0.25
    before, behind = (reader.transcribe(samples).text for samples in heard)
    assert before.startswith("It was")
    assert "wisdom" in behind


def test_a_session_that_is_late_loses_the_oldest_sound(card: SoundCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundcard, "BACKLOG", 0.2)

    async def run() -> None:
        async with Microphone(None, RATE) as microphone, aclosing(microphone.frames()) as frames:
            first = await anext(frames)
            await until(lambda: microphone.dropped > 20)
            dropped = microphone.dropped
            rest = [first, *[await anext(frames) for _ in range(20)]]
            (missing,) = gaps(rest)
            assert missing == pytest.approx(dropped * soundcard.BLOCK, abs=0.2)

    asyncio.run(run())


def test_how_loud_it_is(card: SoundCard) -> None:
    async def run() -> None:
        async with Microphone(None, RATE) as microphone:
            card.say(tone(20.0, level=0.5))
            await until(lambda: microphone.level == pytest.approx(0.5 / 2**0.5, rel=0.02))

    asyncio.run(run())
    card.hush()


def test_hush_is_heard(card: SoundCard) -> None:
    async def run() -> None:
        player = Player(24_000)
        async with Loudspeaker(None, player):
            answer = asyncio.create_task(player.play(stream(Speech(Voiced(tone(20.0), RATE), 0.0, "la"))))
            await until(lambda: bool(card.heard()[-320:].any()))
            player.hush()
            await answer
            await until(lambda: not card.heard()[-320:].any())

    asyncio.run(run())


def test_a_device_that_cannot_be_opened(card: SoundCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Port, "_forms", lambda *_: [(1, 1)])

    async def run() -> None:
        async with Microphone(None, RATE):
            pass

    with pytest.raises(MediaError, match=r"^microphone 'default' cannot be opened: .*sample rate.*; see whether"):
        asyncio.run(run())
    assert not Port._opened


def test_a_new_device_is_found_while_another_is_open(card: SoundCard, monkeypatch: pytest.MonkeyPatch) -> None:
    start = Microphone._start
    seen: list[int] = []

    def stale(microphone: Microphone) -> None:
        """PortAudio does not know the device until it is restarted."""
        seen.append(len(seen))
        if len(seen) == 2:
            raise MediaError("no microphone")
        start(microphone)

    monkeypatch.setattr(Microphone, "_start", stale)

    async def run() -> None:
        player = Player(24_000)
        async with Microphone(None, RATE) as microphone, Loudspeaker(None, player):
            await asyncio.sleep(1.1)
            microphone._stream.abort()
            async with recording(microphone) as pieces:
                await until(lambda: len(pieces) > 5)
            assert len(seen) == 3
            await player.play(stream(Speech(Voiced(tone(0.5), RATE), 0.0, "la")))
            assert player.heard() == "la"

    asyncio.run(run())
    assert loudness(card.heard()) > 0.05


def test_nothing_stays_open(card: SoundCard) -> None:
    async def run() -> None:
        async with Microphone(None, RATE), Loudspeaker(None, Player(24_000)):
            await asyncio.sleep(60)

    async def interrupted() -> None:
        for patience in (0.0, 0.05, 0.3):
            task = asyncio.create_task(run())
            await asyncio.sleep(patience)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            assert not Port._opened

    asyncio.run(interrupted())
