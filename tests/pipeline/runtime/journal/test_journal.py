from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from support.journals import HEADER, PIECE, RATE, new, spoken, until

from models.context import Context, User
from models.dialogue import Deed, Dialogue, Exchange, Mention, Question
from models.protocols import Hypothesis
from pipeline.devices.files import decoding
from pipeline.devices.pcm import from_pcm16, to_pcm16
from pipeline.errors import MediaError
from pipeline.graph.graph import Graph
from pipeline.packets import Audio, Partial, Reply, Speech, Text, Transcript
from pipeline.runtime.journal import Journal, fingerprint, read_journal
from pipeline.runtime.record import Fate, Observer, Record, State
from pipeline.runtime.session import Session
from pipeline.stages.stage import Turn

SAMPLES = Path(__file__).parents[4] / "audio_samples"


class Ear:
    """A sink that hears everything at once."""

    def __init__(self) -> None:
        self._heard = ""

    async def play(self, packets: AsyncIterator[Any]) -> None:
        self._heard = "".join([packet.text async for packet in packets if isinstance(packet, Speech)])

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def hush(self) -> None: ...

    def heard(self) -> str:
        return self._heard

    def sounded(self) -> float | None:
        return None


class Spy(Observer):
    """Notes what a journal should hold."""

    def __init__(self) -> None:
        self.crossings: list[tuple[str, float, str, str]] = []
        self.records: list[Record] = []
        self.states: list[tuple[float, State]] = []

    def state(self, state: State, at: float) -> None:
        self.states.append((at, state))

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        self.crossings.append((turn, at, node, fingerprint(packet)))

    def ended(self, record: Record, at: float) -> None:
        self.records.append(record)


def test_a_real_session_comes_back_as_it_was(assistant: Graph, tmp_path: Path) -> None:
    """Words, intents, mouth shapes and times are equal; sound is, bit by bit, where 24 bits hold it."""
    spy = Spy()

    async def talk(journal: Journal) -> None:
        session, at = Session(assistant, "ada", User("ada"), observers=[spy, journal]), 0.0
        for name in ("hello.wav", "price.flac"):
            samples = from_pcm16(to_pcm16(decoding.read(SAMPLES / name)))

            async def microphone(samples: Any = samples, begin: float = at) -> AsyncIterator[Audio]:
                for first in range(0, samples.size, PIECE):
                    audio = Audio(samples[first : first + PIECE], RATE, begin + first / RATE)
                    journal.sound(audio)
                    yield audio

            await session.answer(microphone(), Ear())
            at += samples.size / RATE + 1.5

    with new(tmp_path / "j") as journal:
        asyncio.run(talk(journal))
    recorded = read_journal(tmp_path / "j")
    assert (journal.trouble, recorded.stopped) == ("", "")
    assert recorded.states == spy.states
    found = [(turn.turn.id, c.at, c.node, c.fingerprint) for turn in recorded.turns for c in turn.crossings]
    assert found == spy.crossings
    for turn, ended in zip(recorded.turns, spy.records, strict=True):
        assert turn.record == ended
        assert ended.transcript is not None
        assert ended.visemes
        assert turn.turn.captions == tuple(packet.end for packet in turn.packets("asr") if isinstance(packet, Partial))
        assert all(crossing.exact for crossing in turn.crossings if crossing.node == "audio")
    earlier = Exchange(spy.records[0].transcript.text, spy.records[0].heard, turn="ada/1")  # type: ignore[union-attr]
    assert recorded.turns[1].turn.context.dialogue.exchanges == (earlier,)
    assert sorted(path.name for path in (tmp_path / "j").glob("*.flac")) == ["microphone.flac", "tts-24000.flac"]
    starts = [audio.start for audio in recorded.sound()]
    assert starts == sorted(starts)
    assert len([start for start in starts if start == recorded.turns[1].packets("audio")[0].start]) == 1


def test_sound_of_the_user_is_stored_once(tmp_path: Path) -> None:
    """Where the user paused, an utterance is heard twice. Sound that is not the microphone's has a track of its own."""
    other = Audio(spoken(99, 500), RATE, 0.1)
    with new(tmp_path / "j") as journal:
        for piece in range(100):
            journal.sound(Audio(spoken(piece * PIECE, PIECE), RATE, 3.0 + piece * PIECE / RATE))
        for name in ("a", "b"):
            journal.began(Turn(name), 5.0)
            journal.crossed(name, "audio", Audio(spoken(1_000, 20_000), RATE, 3.0 + 1_000 / RATE), 5.0)
        journal.crossed("b", "audio", other, 6.0)
        journal.crossed("b", "audio", Text("hello", 6.0), 6.0)
        journal.crossed("b", "audio", Audio(np.zeros(0, np.float32), RATE, 7.0), 6.0)
    recorded = read_journal(tmp_path / "j")
    first, again = (turn.packets("audio")[0].samples for turn in recorded.turns)
    assert np.array_equal(first, spoken(1_000, 20_000))
    assert np.array_equal(again, first)
    _, own, typed, empty = recorded.turns[1].packets("audio")
    assert np.array_equal(own.samples, other.samples)
    assert typed == Text("hello", 6.0)
    assert empty.samples.size == 0
    sizes = {path.name: decoding.read(path).size for path in (tmp_path / "j").glob("*.flac")}
    assert sizes == {"microphone.flac": 100 * PIECE, "audio-16000.flac": 500}
    assert np.array_equal(np.concatenate([audio.samples for audio in recorded.sound()]), spoken(0, 100 * PIECE))
    assert next(recorded.sound()).start == 3.0


def stored(track: Path) -> int:
    """How many samples are there to be read by now."""
    try:
        return decoding.read(track).size
    except MediaError:
        return 0  # nothing yet, or the beginning of a block


def test_a_microphone_that_stops_and_goes_on_keeps_its_times(tmp_path: Path) -> None:
    track, written = tmp_path / "j" / "microphone.flac", 0
    with new(tmp_path / "j") as journal:
        for start in (0.0, 10.0, 10.5, 20.0):
            journal.sound(Audio(spoken(round(start * RATE), RATE // 2), RATE, start))
            # The writer fills up the block, as nothing follows.
            until(lambda least=written + RATE // 2: stored(track) >= least)  # type: ignore[misc]
            written = stored(track)
        journal.sound(Audio(spoken(5, 4_800), 48_000, 30.0))
    pieces = list(read_journal(tmp_path / "j").sound(piece=60.0))
    assert [(audio.start, audio.sample_rate) for audio in pieces] == [
        (0.0, RATE),
        (10.0, RATE),
        (10.5, RATE),
        (20.0, RATE),
        (30.0, 48_000),
    ]
    for audio in pieces[:4]:
        sound = audio.samples[: RATE // 2]
        assert np.array_equal(sound, spoken(round(audio.start * RATE), RATE // 2))
        assert not audio.samples[RATE // 2 :].any()


SPOKEN = Context(
    "zh",
    ("en", "zh"),
    User("guestavo"),
    role="guide",
    dialogue=Dialogue(
        (Exchange("hi", "Hel", interrupted=True, turn="a/1"),),
        Question("buy", "item", {"quantity": 2}, "a/1"),
        (Mention("lantern", "item", "user", "a/1"),),
        (Deed("a/1", "buy", {"item": "map"}, told=False),),
    ),
    hints=("lantern",),
)


def test_what_a_turn_came_to(tmp_path: Path) -> None:
    turn = Turn("a/2", SPOKEN, earlier=Hypothesis("and", "en", 0.5))
    with new(tmp_path / "j") as journal:
        journal.state(State.LISTENING, 0.5)
        journal.began(turn, 1.0)
        journal.crossed("a/2", "asr", Partial("and", 1.25), 1.3)
        journal.crossed("a/2", "asr", Transcript("and so", "en", 0.5, 1.5), 1.5)
        journal.crossed("a/2", "response", Reply("Well."), 1.7)
        journal.ended(Record("a/2", fate=Fate.SUPERSEDED, heard="", began=1.0, finished=1.5), 2.0)
        journal.began(Turn("a/3"), 2.0)
    recorded = read_journal(tmp_path / "j")
    one, two = recorded.turns
    assert recorded.states == [(0.5, State.LISTENING)]
    assert one.turn == replace(turn, captions=(1.25,), confirmed=one.turn.confirmed)
    assert (one.began, one.ended, two.ended, two.record) == (1.0, 2.0, None, None)
    assert one.record == Record(
        "a/2",
        partial=Partial("and", 1.25),
        transcript=Transcript("and so", "en", 0.5, 1.5),
        reply="Well.",
        fate=Fate.SUPERSEDED,
        began=1.0,
        finished=1.5,
    )
    assert recorded.header == HEADER
    assert recorded.graph.read_text() == "stages: {}\n"
