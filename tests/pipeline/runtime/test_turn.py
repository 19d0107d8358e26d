"""One turn through a graph, with stages that need no model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest
from support.streams import graph, node, stream

from models.protocols import Engine
from pipeline.errors import StageFailed
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank
from pipeline.runtime.turn import OUTPUTS, Report, run_turn
from pipeline.stages.stage import Turn
from pipeline.testing import run


@dataclass(frozen=True, slots=True)
class Sound:
    at: int


@dataclass(frozen=True, slots=True)
class Draft:
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    text: str


@dataclass(frozen=True, slots=True)
class Voice:
    text: str
    piece: int


class Listen:
    async def run(self, inputs: AsyncIterator[Sound], turn: Turn) -> AsyncIterator[Draft | Words]:
        count = 0
        async for _ in inputs:
            count += 1
            yield Draft(str(count))
        yield Words(f"heard {count}")


class Answer:
    async def run(self, inputs: AsyncIterator[Words], turn: Turn) -> AsyncIterator[Words]:
        async for words in inputs:
            for part in range(3):
                yield Words(f"{words.text}/{part}")


class Pass:
    async def run(self, inputs: AsyncIterator[Sound], turn: Turn) -> AsyncIterator[Sound]:
        async for sound in inputs:
            yield sound


class Hasty:
    async def run(self, inputs: AsyncIterator[Sound], turn: Turn) -> AsyncIterator[Words]:
        async for _ in inputs:
            yield Words("enough")
            return


class Broken:
    async def run(self, inputs: AsyncIterator[Words], turn: Turn) -> AsyncIterator[Words]:
        async for words in inputs:
            raise ValueError("the model spoke gibberish")
            yield words


class Speaker(Engine):
    """A synchronous engine that waits to be told to go on, so that tests decide where it stands."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.closed = threading.Event()
        self.go = threading.Semaphore(0)

    def speak(self, text: str) -> Iterator[int]:
        try:
            for piece in range(4):
                self.go.acquire()
                self.steps.append(f"{text}:{piece}")
                yield piece
        finally:
            self.closed.set()


class Speak:
    def __init__(self, engine: Speaker) -> None:
        self.host: Host[Speaker] = Host("speak", [EngineThread(Rank("speaker", engine))])

    async def run(self, inputs: AsyncIterator[Words], turn: Turn) -> AsyncIterator[Voice]:
        async for words in inputs:
            text = words.text
            async with aclosing(self.host.stream(lambda engine, text=text: engine.speak(text))) as pieces:  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                async for piece in pieces:
                    yield Voice(text, piece)


class Collector:
    def __init__(self) -> None:
        self.packets: list[Any] = []
        self.began = asyncio.Event()

    async def play(self, packets: AsyncIterator[Any]) -> None:
        async for packet in packets:
            self.packets.append(packet)
            self.began.set()


LISTEN_ANSWER = graph([node("asr", Listen(), "audio"), node("response", Answer(), "asr")], "asr", "response")


def test_packets_reach_only_readers_that_accept_them() -> None:
    heard = Collector()
    asyncio.run(run_turn(LISTEN_ANSWER, Turn("t"), stream(Sound(0), Sound(1)), heard.play))
    assert [p for p in heard.packets if isinstance(p, Draft)] == [Draft("1"), Draft("2")]
    texts = [p.text for p in heard.packets if isinstance(p, Words)]
    assert texts == ["heard 2", "heard 2/0", "heard 2/1", "heard 2/2"]


def test_a_full_inbox_holds_back_the_source() -> None:
    made: list[int] = []
    lead: list[int] = []

    async def microphone() -> AsyncIterator[Sound]:
        for at in range(200):
            made.append(at)
            yield Sound(at)

    async def slow(packets: AsyncIterator[Any]) -> None:
        async for packet in packets:
            await asyncio.sleep(0)
            lead.append(len(made) - packet.at)

    narrow = graph([node("pass", Pass(), "audio", buffer=4)], "pass")
    asyncio.run(run_turn(narrow, Turn("t"), microphone(), slow))
    assert len(lead) == 200
    assert max(lead) <= 4 + 16 + 3  # both inboxes, and one packet in each pump's hands


def test_a_stage_that_stops_early_blocks_nobody() -> None:
    heard = Collector()
    hasty = graph([node("asr", Hasty(), "audio", buffer=1)], "asr")

    async def bounded() -> None:
        await asyncio.wait_for(run_turn(hasty, Turn("t"), stream(*map(Sound, range(100))), heard.play), 5)

    asyncio.run(bounded())
    assert heard.packets == [Words("enough")]


def test_a_player_that_stops_early_ends_the_turn() -> None:
    async def first_only(packets: AsyncIterator[Any]) -> None:
        await anext(packets)

    async def bounded() -> None:
        source = stream(*map(Sound, range(100)))
        await asyncio.wait_for(run_turn(LISTEN_ANSWER, Turn("t"), source, first_only), 5)

    asyncio.run(bounded())


def test_a_failure_names_the_stage_and_keeps_the_cause() -> None:
    broken = graph([node("asr", Listen(), "audio"), node("intent", Broken(), "asr")], "intent")
    with pytest.raises(StageFailed, match=r"intent: the model spoke gibberish \(turn t9\)") as failure:
        asyncio.run(run_turn(broken, Turn("t9"), stream(Sound(0)), Collector().play))
    assert failure.value.stage == "intent"
    assert isinstance(failure.value.__cause__, ValueError)


def test_a_player_that_fails_raises_its_own_error() -> None:
    async def full_disk(packets: AsyncIterator[Any]) -> None:
        async for _ in packets:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        asyncio.run(run_turn(LISTEN_ANSWER, Turn("t"), stream(Sound(0)), full_disk))


def test_cancelling_stops_the_engine_between_two_items() -> None:
    speaker = Speaker()
    talk = graph([node("asr", Listen(), "audio"), node("tts", Speak(speaker), "asr")], "tts")
    heard = Collector()

    async def interrupted() -> None:
        turn = asyncio.create_task(run_turn(talk, Turn("t"), stream(Sound(0)), heard.play))
        speaker.go.release()
        await heard.began.wait()
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        speaker.go.release(10)  # the step that was running may end, but nothing follows it
        await asyncio.to_thread(speaker.closed.wait, 5)

    asyncio.run(interrupted())
    assert speaker.closed.is_set()
    assert len(speaker.steps) <= 2
    assert heard.packets == [Voice("heard 1", 0)]


def test_turns_side_by_side_keep_apart() -> None:
    async def all_of_them() -> list[Collector]:
        heard = [Collector() for _ in range(20)]
        turns = (
            run_turn(LISTEN_ANSWER, Turn(str(i)), stream(*map(Sound, range(i + 1))), heard[i].play) for i in range(20)
        )
        await asyncio.gather(*turns)
        return heard

    for i, heard in enumerate(asyncio.run(all_of_them())):
        assert Words(f"heard {i + 1}") in heard.packets
        assert len(heard.packets) == i + 1 + 1 + 3


def test_the_report_tells_waiting_from_computing() -> None:
    report = Report()

    class Slow:
        async def run(self, inputs: AsyncIterator[Sound], turn: Turn) -> AsyncIterator[Words]:
            async for _ in inputs:
                await asyncio.sleep(0.02)
                yield Words("slow")

    class Late:
        async def run(self, inputs: AsyncIterator[Words], turn: Turn) -> AsyncIterator[Words]:
            async for words in inputs:
                yield words

    both = graph([node("slow", Slow(), "audio"), node("late", Late(), "slow")], "late")
    run(run_turn(both, Turn("t"), stream(Sound(0), Sound(1)), Collector().play, report=report))
    slow, late = report.meters["slow"], report.meters["late"]
    assert (slow.packets_in, slow.packets_out) == (2, 2)
    assert (slow.computing, slow.waiting) == pytest.approx((0.04, 0.0))
    assert (late.computing, late.waiting) == pytest.approx((0.0, 0.04))
    assert late.first_in == pytest.approx(0.02)
    assert report.meters[OUTPUTS].packets_in == 2
    assert report.seconds == pytest.approx(0.04)


def test_every_packet_is_observed_before_its_readers_see_it() -> None:
    seen: list[tuple[str, Any]] = []
    asyncio.run(
        run_turn(LISTEN_ANSWER, Turn("t"), stream(Sound(0)), Collector().play, lambda n, p: seen.append((n, p)))
    )
    assert seen[0] == ("audio", Sound(0))
    assert ("asr", Words("heard 1")) in seen
    assert seen[-1] == ("response", Words("heard 1/2"))
