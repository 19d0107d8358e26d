from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
import pytest
from support.needs import needing
from support.reading import word_error_rate
from support.sounds import RATE, SAID, noises, speech
from support.streams import collect, stream

from models.asr.moonshine import Moonshine
from models.context import DEFAULT, Context
from models.protocols import Hypothesis, Recogniser, Samples
from pipeline.errors import PipelineError
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank
from pipeline.packets import Audio, Partial, Text, Transcript
from pipeline.stages.asr import Asr, Options
from pipeline.stages.stage import Turn
from pipeline.testing import run

T = TypeVar("T")

TURN = Turn("t1")
FRAME = RATE // 50


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Counting(Recogniser):
    """Hears how long it listened, and remembers what it was asked."""

    sample_rate = RATE
    inline = True
    incremental = True

    def __init__(self, clock: Clock | None = None, cost: float = 0.0) -> None:
        self.asked: list[tuple[float, Hypothesis | None]] = []
        self.clock, self.cost = clock or Clock(), cost

    def transcribe(self, samples: Samples, context: Context = DEFAULT, earlier: Hypothesis | None = None) -> Hypothesis:
        self.asked.append((samples.size / RATE, earlier))
        self.clock.now += self.cost
        return Hypothesis(f"{samples.size / RATE:.2f} s", "en", 0.5)


class Chinese(Counting):
    languages = frozenset({"zh"})


class Told(Counting):
    """Knows many languages, and was told which to expect."""

    language = "sv"


class Whole(Counting):
    """Has no use for an earlier hypothesis."""

    incremental = False


def host(engine: Recogniser) -> Host[Recogniser]:
    return Host("asr", [EngineThread(Rank("engine", engine))])


def frames(samples: Samples, start: float = 0.0) -> Iterator[Audio]:
    """As a microphone gives them, 20 ms at a time."""
    for at in range(0, samples.size, FRAME):
        yield Audio(samples[at : at + FRAME], RATE, start + at / RATE)


async def spoken(packets: Iterable[Audio], clock: Clock) -> AsyncIterator[Audio]:
    """Each packet arrives when its sound has been made."""
    for packet in packets:
        clock.now += packet.samples.size / RATE
        yield packet


async def resumed(packets: Iterable[Audio], at: int, clock: Clock) -> AsyncIterator[Audio]:
    """The first packets arrive at once, and those from number `at` on when their sound has been made."""
    for number, packet in enumerate(packets):
        clock.now += packet.samples.size / RATE if number >= at else 0.0
        yield packet


def listen(
    engine: Recogniser,
    samples: Samples,
    options: Options | None = None,
    clock: Clock | None = None,
    turn: Turn = TURN,
) -> list[Partial | Transcript]:
    clock = clock or Clock()
    stage = Asr(host(engine), options or Options(), clock)
    return asyncio.run(collect(stage.run(spoken(frames(samples), clock), turn)))


def voice(seconds: float) -> Samples:
    return np.full(round(seconds * RATE), 0.3, np.float32)


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def test_an_utterance_gives_its_captions_and_then_its_transcript() -> None:
    engine = Counting()
    given = listen(engine, voice(1.2))
    assert given == [
        Partial("0.52 s", 0.52, 0.5),
        Partial("1.02 s", 1.02, 0.5),
        Transcript("1.20 s", "en", 0.0, 1.2, 0.5),
    ]
    assert [earlier and earlier.text for _, earlier in engine.asked] == [None, "0.52 s", "1.02 s"]


def test_no_sound_gives_nothing() -> None:
    stage = Asr(host(Counting()), Options())
    assert asyncio.run(collect(stage.run(stream(), TURN))) == []
    assert asyncio.run(collect(stage.run(stream(Audio(quiet(0), RATE, 0.0)), TURN))) == []


def test_a_transcript_knows_when_it_was_said() -> None:
    packets = [Audio(voice(0.5), RATE, 7.0), Audio(voice(0.25), RATE, 7.5)]
    stage = Asr(host(Counting()), Options(partials=0))
    assert asyncio.run(collect(stage.run(stream(*packets), TURN))) == [Transcript("0.75 s", "en", 7.0, 7.75, 0.5)]


def test_a_recording_has_no_captions_because_nobody_waits_for_them() -> None:
    stage = Asr(host(Counting()), Options(), Clock())
    given = asyncio.run(collect(stage.run(stream(*frames(voice(3.0))), TURN)))
    assert given == [Transcript("3.00 s", "en", 0.0, 3.0, 0.5)]


def test_a_pause_is_used_to_recognise_what_was_said_before_it() -> None:
    engine = Counting()
    listen(engine, np.concatenate([voice(0.7), quiet(0.6)]), Options(partials=5.0))
    assert [round(seconds, 2) for seconds, _ in engine.asked] == [0.94, 1.3]


def test_each_pause_is_used_once() -> None:
    engine = Counting()
    listen(engine, np.concatenate([voice(0.4), quiet(0.5), voice(0.4), quiet(0.5)]), Options(partials=5.0))
    assert [round(seconds, 2) for seconds, _ in engine.asked] == [0.64, 1.54, 1.8]


def test_an_engine_that_starts_over_each_time_is_asked_once_unless_told_otherwise() -> None:
    engine = Whole()
    assert len(listen(engine, voice(2.0))) == 1
    assert len(listen(engine, voice(1.9), Options(partials=0.5))) == 4


def test_a_slow_engine_is_asked_less_often() -> None:
    clock = Clock()
    engine = Counting(clock, cost=0.3)
    listen(engine, voice(4.0), clock=clock)
    gaps = np.diff([seconds for seconds, _ in engine.asked[:-1]])
    assert (gaps >= 0.3 / 0.25 - 0.02).all()


def test_sound_that_a_caption_covers_is_not_recognised_again() -> None:
    engine = Counting()
    given = listen(engine, voice(1.0))
    assert len(engine.asked) == 2
    assert given[-1] == Transcript("1.00 s", "en", 0.0, 1.0, 0.5)


def test_every_partial_hypothesis_is_told_because_a_replay_needs_its_time() -> None:
    class Same(Counting):
        def transcribe(
            self, samples: Samples, context: Context = DEFAULT, earlier: Hypothesis | None = None
        ) -> Hypothesis:
            return Hypothesis("well" if samples.size > RATE else "", "en")

    *partials, _ = listen(Same(), voice(2.2))
    assert partials == [Partial("", 0.52), Partial("well", 1.02), Partial("well", 1.52), Partial("well", 2.02)]


def test_an_utterance_that_goes_on_after_its_beginning_came_at_once_has_captions_again() -> None:
    clock, engine = Clock(), Counting()
    beginning = Hypothesis("what I said before", "en")
    stage = Asr(host(engine), Options(), clock)
    sound = resumed(frames(voice(4.0), 7.0), 150, clock)  # the first three seconds at once
    given = asyncio.run(collect(stage.run(sound, Turn("t1", earlier=beginning))))
    assert [round(packet.end, 2) for packet in given] == [10.52, 11.0]
    assert (round(engine.asked[0][0], 2), engine.asked[0][1]) == (3.52, beginning)


def test_an_earlier_draft_is_no_transcript() -> None:
    engine = Counting()
    listen(engine, voice(0.2), turn=Turn("t1", earlier=Hypothesis("what I said before", "en")))
    assert [earlier and earlier.text for _, earlier in engine.asked] == ["what I said before"]


def test_sound_that_comes_in_bursts_has_captions() -> None:
    clock = Clock()

    async def bursts() -> AsyncIterator[Audio]:
        for number, packet in enumerate(frames(voice(1.2))):
            clock.now += 0.0 if number % 5 else 5 * FRAME / RATE
            yield packet

    given = asyncio.run(collect(Asr(host(Counting()), Options(), clock).run(bursts(), TURN)))
    assert [type(packet) for packet in given] == [Partial, Partial, Transcript]


def test_a_typed_line_is_its_own_transcript() -> None:
    async def typed(engine: Recogniser) -> list[Partial | Transcript]:
        return await collect(Asr(host(engine), Options()).run(stream(Text("buy a kite", 4.0)), TURN))

    engine = Counting()
    assert asyncio.run(typed(engine)) == [Transcript("buy a kite", "en", 4.0, 4.0)]
    assert engine.asked == []
    assert [asyncio.run(typed(other))[0].language for other in (Chinese(), Told())] == ["zh", "sv"]  # type: ignore[union-attr]


def test_a_replay_makes_the_captions_that_there_were() -> None:
    said = voice(3.0)
    clock, engine = Clock(), Counting(cost=0.1)
    engine.clock = clock
    live = listen(engine, said, clock=clock)
    ends = tuple(packet.end for packet in live if isinstance(packet, Partial))
    assert len(ends) > 3
    for size in (FRAME, RATE, 7):  # whatever the pieces
        again = Counting()
        pieces = [Audio(said[at : at + size], RATE, at / RATE) for at in range(0, said.size, size)]
        stage = Asr(host(again), Options(partials=0))
        given = asyncio.run(collect(stage.run(stream(*pieces), Turn("t1", captions=ends))))
        assert given == live
        assert again.asked == engine.asked


def test_captions_of_sound_that_never_came_are_left_out() -> None:
    stage = Asr(host(Counting()), Options())
    turn = Turn("t1", captions=(0.0, 0.25, 0.5, 9.0))
    given = asyncio.run(collect(stage.run(stream(*frames(voice(0.4))), turn)))
    assert [packet.text for packet in given] == ["0.25 s", "0.40 s"]


def test_captions_give_way_to_another_sessions_utterance() -> None:
    async def two_sessions() -> list[list[Partial | Transcript]]:
        release = asyncio.Event()

        class Slow(Host[Recogniser]):
            async def call(self, work: Callable[[Recogniser], T], language: str = "") -> T:
                await release.wait()
                return work(self.engine)

        clock, engine = Clock(), Counting()
        stage = Asr(Slow("asr", [EngineThread(Rank("engine", engine))]), Options(), clock)
        ending = asyncio.create_task(collect(stage.run(stream(*frames(voice(0.4))), TURN)))
        await asyncio.sleep(0)
        speaking = asyncio.create_task(collect(stage.run(spoken(frames(voice(2.0)), clock), TURN)))
        await asyncio.sleep(0.01)  # the time is virtual: everybody waits by now
        release.set()
        return list(await asyncio.gather(ending, speaking))

    ending, speaking = run(two_sessions())
    assert [type(packet) for packet in ending] == [Transcript]
    assert [type(packet) for packet in speaking] == [Transcript]


def test_another_sample_rate_is_refused() -> None:
    stage = Asr(host(Counting()), Options())
    with pytest.raises(PipelineError, match=r"48000 Hz.*16000 Hz"):
        asyncio.run(collect(stage.run(stream(Audio(voice(0.1), 48_000, 0.0)), TURN)))


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="partials"):
        Options(partials=-1)


@pytest.fixture(scope="module")
@needing("model")
def moonshine() -> Iterator[Moonshine]:
    engine = Moonshine()
    engine.load()
    yield engine
    engine.close()


def test_a_person_is_heard_as_well_with_captions_as_without(moonshine: Moonshine) -> None:
    said = speech("speech-jfk")
    *partials, transcript = listen(moonshine, said)
    assert isinstance(transcript, Transcript)
    assert word_error_rate(SAID["speech-jfk"], transcript.text) <= 0.05
    assert transcript.end == pytest.approx(said.size / RATE)
    assert len(partials) > 5


def test_noise_gives_empty_captions_and_an_empty_transcript(moonshine: Moonshine) -> None:
    for name in ("silence", "white, loud", "clicks"):
        assert {packet.text for packet in listen(moonshine, noises()[name])} == {""}, name


def test_a_replayed_utterance_gives_bit_equal_packets(moonshine: Moonshine) -> None:
    said = speech("speech-jfk")[: 5 * RATE]
    earlier = Hypothesis(moonshine.transcribe(said[:RATE]).text, "en")
    live = listen(moonshine, said, turn=Turn("t1", earlier=earlier))
    ends = tuple(packet.end for packet in live if isinstance(packet, Partial))
    stage = Asr(host(moonshine), Options())
    again = stage.run(stream(Audio(said, RATE, 0.0)), Turn("t1", earlier=earlier, captions=ends))
    assert asyncio.run(collect(again)) == live
