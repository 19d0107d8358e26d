"""A conversation: history, interruption, failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from support.dialogues import exchanges
from support.streams import graph, node, stream

from models.dialogue import Exchange
from pipeline.packets import Audio, Reply, Transcript
from pipeline.runtime.record import Fate, Observer, Record
from pipeline.runtime.session import Session
from pipeline.stages.stage import Turn


def audio(seconds: float) -> Audio:
    return Audio(np.zeros(round(16_000 * seconds), np.float32), 16_000, 0.0)


class Ears:
    """Hears how many seconds there were."""

    async def run(self, inputs: AsyncIterator[Audio], turn: Turn) -> AsyncIterator[Transcript]:
        heard = 0.0
        async for piece in inputs:
            heard += piece.samples.size / piece.sample_rate
        yield Transcript(f"{heard:g}" if heard else "", "en", 0.0, heard)


class Mouth:
    """Counts on without end; fails at what it is told to."""

    def __init__(self, limit: int = 3) -> None:
        self.limit = limit
        self.turns: list[Turn] = []

    async def run(self, inputs: AsyncIterator[Transcript], turn: Turn) -> AsyncIterator[Reply]:
        self.turns.append(turn)
        async for transcript in inputs:
            if transcript.text == "13":
                raise ValueError("will not say thirteen")
            for count in range(self.limit):
                await asyncio.sleep(0)
                yield Reply(f" {count}")


class Listener:
    """A sink that hears everything at once, and says so."""

    def __init__(self, patience: int = 1_000_000) -> None:
        self.words, self.hushed, self.played = "", 0, False
        self.patience, self.full = patience, asyncio.Event()

    async def play(self, packets: AsyncIterator[Any]) -> None:
        self.words, self.played = "", True
        async for packet in packets:
            self.words += packet.text
            if len(self.words) >= self.patience:
                self.full.set()

    def hush(self) -> None:
        self.hushed += 1

    def pause(self) -> None:
        raise AssertionError("nobody interrupts for a moment")

    resume = pause

    def heard(self) -> str:
        return self.words

    def sounded(self) -> float | None:
        return None


class Records(Observer):
    def __init__(self) -> None:
        self.ones: list[Record] = []

    def ended(self, record: Record, at: float) -> None:
        self.ones.append(record)


def conversation(mouth: Mouth) -> tuple[Session, list[Record]]:
    records = Records()
    talk = graph([node("asr", Ears(), "audio"), node("response", mouth, "asr")], "response")
    return Session(talk, "s", observers=[records]), records.ones


def test_history_grows_and_reaches_the_stages() -> None:
    mouth = Mouth()
    session, records = conversation(mouth)

    async def two_turns() -> None:
        await session.answer(stream(audio(1), audio(1)), Listener())
        await session.answer(stream(audio(3)), Listener())

    asyncio.run(two_turns())
    assert exchanges(mouth.turns[1].context.dialogue) == [Exchange("2", " 0 1 2")]
    assert [turn.id for turn in mouth.turns] == ["s/1", "s/2"]
    assert [(r.reply, r.error) for r in records] == [(" 0 1 2", None)] * 2


def test_nothing_heard_leaves_no_history() -> None:
    session, (records) = conversation(Mouth())
    asyncio.run(session.answer(stream(audio(0)), Listener()))
    assert not session.dialogue.exchanges
    assert records[0].transcript == Transcript("", "en", 0.0, 0.0)


def test_a_failing_turn_keeps_what_was_heard_and_the_session_goes_on() -> None:
    session, records = conversation(Mouth())

    async def fail_then_speak() -> None:
        await session.answer(stream(audio(13)), Listener())
        await session.answer(stream(audio(1)), Listener())

    asyncio.run(fail_then_speak())
    assert str(records[0].error) == "response: will not say thirteen (turn s/1)"
    assert records[0].transcript is not None
    assert records[0].transcript.text == "13"
    assert records[1].reply == " 0 1 2"


def test_cancelling_silences_the_answer_and_history_holds_what_was_heard() -> None:
    session, records = conversation(Mouth(limit=1_000_000))

    async def leave() -> Listener:
        listener = Listener(patience=20)
        others = asyncio.all_tasks()
        answer = asyncio.create_task(session.answer(stream(audio(1)), listener))
        await listener.full.wait()
        answer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answer
        assert asyncio.all_tasks() == others
        return listener

    listener = asyncio.run(asyncio.wait_for(leave(), 5))
    (record,) = records
    assert record.fate is Fate.INTERRUPTED
    assert listener.hushed == 1
    (exchange,) = exchanges(session.dialogue)
    assert exchange == Exchange("1", record.heard, interrupted=True)
    assert record.reply.startswith(exchange.said)
    assert len(exchange.said) >= 20


def test_nothing_leaves_before_it_is_confirmed() -> None:
    session, records = conversation(Mouth())
    listener = Listener()

    async def hesitate() -> None:
        answer = session.open()
        running = asyncio.create_task(session.run(answer, stream(audio(1)), listener))
        await answer.ready.wait()
        for _ in range(100):
            await asyncio.sleep(0)
        assert not listener.played
        assert not session.dialogue.exchanges
        answer.confirm(session.now())
        await running

    asyncio.run(asyncio.wait_for(hesitate(), 5))
    assert listener.words == " 0 1 2"
    assert exchanges(session.dialogue) == [Exchange("1", " 0 1 2")]
    assert records[0].fate is Fate.ANSWERED


def test_what_is_never_confirmed_is_never_heard_nor_remembered() -> None:
    session, records = conversation(Mouth())
    listener = Listener()

    async def go_on() -> None:
        answer = session.open()
        running = asyncio.create_task(session.run(answer, stream(audio(1)), listener))
        await answer.ready.wait()
        answer.record.fate = Fate.SUPERSEDED
        running.cancel()
        await asyncio.wait([running])

    asyncio.run(asyncio.wait_for(go_on(), 5))
    assert not listener.played
    assert not session.dialogue.exchanges
    assert [(record.fate, record.heard) for record in records] == [(Fate.SUPERSEDED, "")]
