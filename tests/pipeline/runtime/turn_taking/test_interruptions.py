"""Five interruptions in a row, with real engines and real speech, in virtual time: what was remembered was heard."""

from __future__ import annotations

import asyncio

import numpy as np
from support.dialogues import exchanges
from support.reading import read_speech, word_error_rate
from support.sessions import spoken

from models.dialogue import Exchange
from pipeline.graph.graph import Graph
from pipeline.runtime.record import Fate, Record, State
from pipeline.testing import Talk, run, talking

QUESTIONS = ("story.m4a", "teach.wav", "story.m4a", "where.wav", "late.wav", "price.flac")


def test_five_interruptions_in_a_row(assistant: Graph) -> None:
    async def main() -> None:
        async with talking(assistant, "hands-free") as talk:
            await asyncio.sleep(0.1)
            tasks = asyncio.all_tasks()
            for place, question in enumerate(QUESTIONS):
                talk.room.say(await spoken(question))
                await until_it_answers(talk, place)
                await asyncio.sleep(1.6)
            await asyncio.sleep(6.0)
            assert talk.session.state is State.IDLE
            assert asyncio.all_tasks() == tasks  # nothing of an answer is left
        check(talk)

    run(main())


async def until_it_answers(talk: Talk, place: int) -> None:
    deadline = talk.room.now + 20.0
    while (len(talk.session.dialogue.exchanges), talk.session.state) != (place, State.SPEAKING):
        assert talk.room.now < deadline, QUESTIONS[place]
        await asyncio.sleep(0.05)


def check(talk: Talk) -> None:
    answers = [turn for turn in talk.turns if turn.fate in (Fate.ANSWERED, Fate.INTERRUPTED)]
    assert [turn.fate for turn in answers] == [Fate.INTERRUPTED] * 5 + [Fate.ANSWERED]
    assert exchanges(talk.session.dialogue) == [
        Exchange(transcript(turn), turn.heard, turn.fate is Fate.INTERRUPTED) for turn in answers
    ]
    starts = [turn.sounded or 0.0 for turn in answers] + [talk.room.played.end]
    for turn, start, end in zip(answers, starts, starts[1:], strict=False):
        sound = talk.room.played.between(start, end)
        assert np.abs(sound).max() > 0.05
        assert turn.reply.startswith(turn.heard)
        # The last word may be cut in its middle, and is then read as another, or not at all.
        whole = " ".join(turn.heard.split()[:-1]) if turn.fate is Fate.INTERRUPTED else turn.heard
        assert word_error_rate(whole, read_speech(sound, talk.room.player.sample_rate)) <= 0.5, turn.heard


def transcript(turn: Record) -> str:
    assert turn.transcript is not None
    return turn.transcript.text
