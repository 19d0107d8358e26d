from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import journal_writer
from support.journal_writer import HEADER, PIECE, RATE, record, spoken

from models.protocols import Hypothesis, Voiced
from pipeline.devices import files
from pipeline.errors import JournalError
from pipeline.graph.graph import Graph
from pipeline.packets import Audio, Partial, Reply, Speech, Text, Transcript
from pipeline.runtime.journal import Journal, Recorded, digest, fingerprint, read_header, read_journal
from pipeline.runtime.journal import writer as journal_writer_module
from pipeline.runtime.journal.files import Growing
from pipeline.runtime.record import Fate, Record, State, Watcher
from pipeline.runtime.session import Session
from pipeline.stages.stage import Exchange, Turn

SAMPLES = Path(__file__).parents[4] / "audio_samples"


def new(folder: Path, *kinds: type) -> Journal:
    return Journal(folder, HEADER, "stages: {}\n", kinds)


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


class Spy(Watcher):
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
        session, at = Session(assistant, "ada", "ada", watchers=[spy, journal]), 0.0
        for name in ("hello.wav", "price.flac"):
            samples = np.rint(files.read(SAMPLES / name) * 32_767).astype(np.float32) / 32_768

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
    assert recorded.turns[1].turn.history == (Exchange(spy.records[0].transcript.text, spy.records[0].heard),)  # type: ignore[union-attr]
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
    sizes = {path.name: files.read(path).size for path in (tmp_path / "j").glob("*.flac")}
    assert sizes == {"microphone.flac": 100 * PIECE, "audio-16000.flac": 500}
    assert np.array_equal(np.concatenate([audio.samples for audio in recorded.sound()]), spoken(0, 100 * PIECE))
    assert next(recorded.sound()).start == 3.0


def test_a_microphone_that_stops_and_goes_on_keeps_its_times(tmp_path: Path) -> None:
    with new(tmp_path / "j") as journal:
        for start in (0.0, 10.0, 10.5, 20.0):
            journal.sound(Audio(spoken(round(start * RATE), RATE // 2), RATE, start))
            time.sleep(0.7)  # longer than the writer waits before it fills up a block
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


def test_what_a_turn_came_to(tmp_path: Path) -> None:
    turn = Turn("a/2", "ada", (Exchange("hi", "Hel", interrupted=True),), earlier=Hypothesis("and", "en", 0.5))
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


# --- a process that dies ------------------------------------------------------------------------------------------


@contextmanager
def writing(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that records; killed at the end of the block."""
    command = [sys.executable, journal_writer.__file__, str(folder), *arguments]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def check(recorded: Recorded) -> int:
    """Everything that was read is as it was recorded, and nothing before its end is missing; pieces of 20 ms in it."""
    heard = np.concatenate([np.zeros(0, np.float32), *(audio.samples for audio in recorded.sound())])
    pieces = 0
    for turn in recorded.turns:
        for crossing in turn.crossings:
            at = pieces if crossing.node == "audio" else pieces - 1
            assert crossing.exact
            match crossing.packet:
                case Audio(samples=samples, start=start):
                    assert np.array_equal(samples, spoken(at * PIECE, PIECE))
                    assert start == at * PIECE / RATE
                    pieces += 1
                case Reply(text=text):
                    assert text == f"At {at}."
                case Speech(voiced=voiced):
                    assert np.array_equal(voiced.samples, spoken(at, 700))
    assert heard.size >= pieces * PIECE
    given = np.trim_zeros(heard, "b")  # the last block may be filled up with silence
    assert np.array_equal(given, spoken(0, given.size))
    assert [turn.turn.id for turn in recorded.turns] == [f"ada/{index}" for index in range(len(recorded.turns))]
    return pieces


def test_killed_at_any_instant_it_is_whole_up_to_there(tmp_path: Path) -> None:
    chance, lengths = random.Random(), []
    for folder in (tmp_path / "a", tmp_path / "b", tmp_path / "c"):
        with writing(folder, "1000") as process:
            assert said(process) == "recording"
            time.sleep(chance.uniform(0.2, 0.9))
        recorded = read_journal(folder)
        assert "the process ended" in recorded.stopped
        lengths.append(check(recorded))
    assert max(lengths) > 0


def test_killed_a_second_later_nothing_is_missing(tmp_path: Path) -> None:
    with writing(tmp_path / "j", "2.62") as process:  # ends behind a piece of speech that fills no block
        assert (said(process), said(process)) == ("recording", "recorded")
        time.sleep(1.0)
    recorded = read_journal(tmp_path / "j")
    assert check(recorded) == 131
    assert len(recorded.turns[-1].packets("tts")) == 1
    assert [turn.record is not None for turn in recorded.turns] == [True, True, False]


def test_a_journal_that_is_cut_off_anywhere_is_read_up_to_there(tmp_path: Path) -> None:
    with new(tmp_path / "j") as journal:
        for piece in range(70):
            record(journal, piece)
    lines = (tmp_path / "j" / "events.jsonl").read_bytes()
    sound = (tmp_path / "j" / "microphone.flac").read_bytes()
    assert check(read_journal(tmp_path / "j")) == 70
    for share in np.linspace(0.0, 1.0, 23):
        (tmp_path / "j" / "events.jsonl").write_bytes(lines[: int(len(lines) * share)])
        assert check(read_journal(tmp_path / "j")) <= 70 * share + 1
    (tmp_path / "j" / "events.jsonl").write_bytes(lines)
    for share in np.linspace(0.01, 1.0, 23):
        (tmp_path / "j" / "microphone.flac").write_bytes(sound[: int(len(sound) * share)])
        recorded = read_journal(tmp_path / "j")
        assert check(recorded) <= 70 * share + 1
        assert bool(recorded.stopped) == (share < 1.0)


# --- a disk that fails --------------------------------------------------------------------------------------------


def test_a_full_disk_ends_the_recording_and_not_the_session(tmp_path: Path) -> None:
    with writing(tmp_path / "j", "8", "60000") as process:
        assert (said(process), said(process)) == ("recording", "recorded")
        assert "cannot be written to: File too large" in said(process)
        assert process.wait() == 0
    recorded = read_journal(tmp_path / "j")
    assert check(recorded) > 0
    assert "File too large" in recorded.stopped or "the process ended" in recorded.stopped


def test_a_disk_that_hangs_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    goes_on, flush = threading.Event(), Growing.flush

    def slow(file: Growing) -> None:
        goes_on.wait()
        flush(file)

    monkeypatch.setattr(Growing, "flush", slow)
    monkeypatch.setattr(journal_writer_module, "ROOM", 1_000_000)
    caplog.set_level(logging.INFO)
    with new(tmp_path / "j") as journal:
        piece = 0
        while not journal.trouble:
            record(journal, piece)
            piece += 1
        for later in range(piece, piece + 1_000):
            record(journal, later)
        assert journal.waiting < 1_100_000
        goes_on.set()
    recorded = read_journal(tmp_path / "j")
    assert 0 < check(recorded) <= piece
    assert recorded.stopped == journal.trouble == "the disk is too slow, and 1 MB wait for it"
    assert [message.count("not recorded") for message in caplog.messages] == [1]


def test_a_disk_that_hangs_for_ever_does_not_keep_the_session_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, flush = threading.Event(), Growing.flush
    monkeypatch.setattr(Growing, "flush", lambda file: (goes_on.wait(), flush(file)))
    monkeypatch.setattr(journal_writer_module, "PATIENCE", 0.3)
    with new(tmp_path / "j") as journal:
        record(journal, 0)
    assert "did not take what was left" in journal.trouble
    goes_on.set()


def test_no_word_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    with new(tmp_path / "j") as journal:
        journal.began(Turn("a"), 0.0)
        journal.crossed("a", "asr", Transcript("my secret", "en", 0.0, object()), 0.0)  # type: ignore[arg-type]
        journal.crossed("a", "response", Reply("it is safe"), 0.0)
    assert journal.trouble == "TypeError: a object cannot be recorded"
    assert "secret" not in caplog.text
    assert read_journal(tmp_path / "j").stopped == journal.trouble


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Eight minutes, as fast as the disk takes them."""

    def memory() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = 0
    with new(tmp_path / "j") as journal:
        for piece in range(8 * 60 * 10):
            audio = Audio(spoken(piece * RATE // 10, RATE // 10), RATE, piece / 10)
            journal.sound(audio)
            if piece % 100 == 0:
                journal.began(Turn(f"a/{piece}"), piece / 10)
                journal.crossed(f"a/{piece}", "tts", Speech(Voiced(spoken(piece, 24_000), 24_000), 0.0, ""), 0.0)
            if piece % 100 == 50:
                journal.crossed(f"a/{piece - 50}", "audio", audio, piece / 10)
                journal.ended(Record(f"a/{piece - 50}"), piece / 10)
            while journal.waiting > 2_000_000:
                time.sleep(0.01)
            if piece == 2 * 60 * 10:
                before = memory()
        after = memory()
    assert journal.trouble == ""
    assert after - before < 12_000_000
    assert threading.active_count() < 20


# --- folders and strangers ----------------------------------------------------------------------------------------


def test_only_its_user_may_open_it(tmp_path: Path) -> None:
    with new(tmp_path / "a" / "j") as journal:
        record(journal, 0)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "a" / "j").iterdir()}
    assert (tmp_path / "a" / "j").stat().st_mode & 0o777 == 0o700
    assert set(modes.values()) == {0o600}
    assert set(modes) == {"session.json", "graph.yaml", "events.jsonl", "microphone.flac"}


def test_nothing_is_written_over_a_journal(tmp_path: Path) -> None:
    with new(tmp_path) as journal:
        record(journal, 0)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(
        JournalError, match="holds a journal already, and nothing is written over it; give a new folder"
    ):
        new(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written to: Not a directory"):
        new(tmp_path / "file" / "j")


@dataclass(frozen=True, slots=True)
class Picture:
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Gaze:
    target: str
    weight: float = 1.0


def test_packets_of_others_are_recorded_if_their_fields_can_be(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"Picture cannot be recorded: <class 'bytes'> .* they may hold text"):
        new(tmp_path / "a", Picture)
    assert not (tmp_path / "a").exists()
    with new(tmp_path / "b", Gaze) as journal:
        journal.began(Turn("a"), 0.0)
        journal.crossed("a", "eyes", Gaze("door"), 0.5)
    with pytest.raises(JournalError, match="'eyes' gave a packet of the type 'Gaze', which is not known here; remedy"):
        read_journal(tmp_path / "b")
    assert read_journal(tmp_path / "b", [Gaze]).turns[0].packets("eyes") == [Gaze("door")]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("journals") / "j"
    with new(folder) as journal:
        for piece in range(55):
            record(journal, piece)
    return folder


def rewrite(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        (folder / name).write_text(change((folder / name).read_text()))

    return apply


def header(**changes: Any) -> Callable[[Path], None]:
    return rewrite("session.json", lambda text: json.dumps(json.loads(text) | changes))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            shutil.rmtree,
            "holds no journal: there is no session.json; expected a folder that parley talk --record wrote",
        ),
        (
            header(format=2, parley="9.9"),
            "format 2, written by Parley 9.9; this Parley reads formats up to 1; remedy: pip",
        ),
        (header(format="1"), "is not the head of a journal: format: found 1, expected 1"),
        (header(user=7), "is not the head of a journal: Header.user: found 7, expected str"),
        (rewrite("session.json", lambda _: "[" * 200_000), "is not the head of a journal"),
        (rewrite("events.jsonl", lambda text: "{}\n" + text), r"events.jsonl:1: .* whose event is one of sound, state"),
        (rewrite("events.jsonl", lambda text: "[" * 200_000 + "\n" + text), r"jsonl:1: .* inside each other"),
        (rewrite("events.jsonl", lambda text: "x" * 5_000_000 + "\n" + text), r"a line is longer than 4,000,000 bytes"),
        (rewrite("events.jsonl", lambda text: text.replace("ada/1", "ada/0")), "'ada/0' begins a second time"),
        (rewrite("events.jsonl", lambda text: text.replace("began", "gone")), "whose event is one of"),
        (
            rewrite("events.jsonl", lambda text: text.replace('"microphone"', '"../../etc"')),
            "is not the name of a track",
        ),
        (
            rewrite("events.jsonl", lambda text: text.replace('"offset":320', '"offset":-9')),
            "holds 17600 samples, and not",
        ),
        (rewrite("events.jsonl", lambda text: text.replace('"Reply"', '"Popen"')), "'Popen', which is not known here"),
        (lambda folder: (folder / "microphone.flac").unlink(), "microphone.flac: cannot be read: No such file"),
        (lambda folder: (folder / "microphone.flac").write_bytes(b"RIFF" * 50), "microphone.flac: its header is not"),
    ],
)
def test_what_strangers_give_is_refused_with_its_place(
    journal: Path, tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    folder = tmp_path / "j"
    shutil.copytree(journal, folder)
    damage(folder)
    with pytest.raises(JournalError, match=message):
        read_journal(folder)


def test_a_changed_sample_is_noticed(journal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "j"
    shutil.copytree(journal, folder)
    rewrite("events.jsonl", lambda text: text.replace(digest(spoken(0, PIECE)), digest(spoken(1, PIECE))))(folder)
    exact = [crossing.exact for turn in read_journal(folder).turns for crossing in turn.crossings]
    assert exact.count(False) == 1
    assert read_header(folder) == HEADER
