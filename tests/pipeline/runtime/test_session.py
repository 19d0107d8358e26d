"""A conversation: history, interruption, failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from support.streams import graph, node, stream

from pipeline.packets import Audio, Reply, Transcript
from pipeline.runtime.session import Record, Session
from pipeline.stages.stage import Exchange, Turn


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
        self.words, self.hushed = "", 0
        self.patience, self.full = patience, asyncio.Event()

    async def play(self, packets: AsyncIterator[Any]) -> None:
        self.words = ""
        async for packet in packets:
            self.words += packet.text
            if len(self.words) >= self.patience:
                self.full.set()

    def hush(self) -> None:
        self.hushed += 1

    def heard(self) -> str:
        return self.words


def conversation(mouth: Mouth) -> tuple[Session, list[Record]]:
    records: list[Record] = []
    talk = graph([node("asr", Ears(), "audio"), node("response", mouth, "asr")], "response")
    return Session(talk, "s", ended=records.append), records


def test_history_grows_and_reaches_the_stages() -> None:
    mouth = Mouth()
    session, records = conversation(mouth)

    async def two_turns() -> None:
        await session.answer(stream(audio(1), audio(1)), Listener())
        await session.answer(stream(audio(3)), Listener())

    asyncio.run(two_turns())
    assert mouth.turns[1].history == (Exchange("2", " 0 1 2"),)
    assert [turn.id for turn in mouth.turns] == ["s/1", "s/2"]
    assert [(r.reply, r.error) for r in records] == [(" 0 1 2", None)] * 2


def test_nothing_heard_leaves_no_history() -> None:
    session, (records) = conversation(Mouth())
    asyncio.run(session.answer(stream(audio(0)), Listener()))
    assert not session.history
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


def test_a_new_utterance_silences_the_answer_and_history_holds_what_was_heard() -> None:
    session, records = conversation(Mouth(limit=1_000_000))

    async def interrupt() -> Listener:
        listener = Listener(patience=20)

        async def utterances() -> AsyncIterator[AsyncIterator[Audio]]:
            yield stream(audio(1))
            await listener.full.wait()
            session.graph.nodes[1].stage.limit = 2  # type: ignore[attr-defined]  # so that the second answer ends
            yield stream(audio(2))

        await session.converse(utterances(), listener)
        return listener

    listener = asyncio.run(asyncio.wait_for(interrupt(), 5))
    first, second = records
    assert (first.interrupted, second.interrupted) == (True, False)
    assert listener.hushed == 1
    assert second.reply == " 0 1"
    heard = session.history[0].said
    assert first.reply.startswith(heard)
    assert len(heard) >= 20


def test_ending_the_conversation_ends_the_answer() -> None:
    session, records = conversation(Mouth(limit=1_000_000))

    async def leave() -> None:
        listener = Listener(patience=20)

        async def utterances() -> AsyncIterator[AsyncIterator[Audio]]:
            yield stream(audio(1))
            await listener.full.wait()
            await asyncio.Event().wait()

        others = asyncio.all_tasks()
        talk = asyncio.create_task(session.converse(utterances(), listener))
        await listener.full.wait()
        talk.cancel()
        with pytest.raises(asyncio.CancelledError):
            await talk
        assert asyncio.all_tasks() == others

    asyncio.run(asyncio.wait_for(leave(), 5))
    assert records[0].interrupted
