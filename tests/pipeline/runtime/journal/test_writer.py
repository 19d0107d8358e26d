from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import journals
from support.journals import RATE, check, new, record, spoken, until

from models.protocols import Voiced
from pipeline.errors import JournalError
from pipeline.packets import Audio, Reply, Speech, Transcript
from pipeline.runtime.journal import read_journal, writer
from pipeline.runtime.journal.files import Growing
from pipeline.runtime.record import Record
from pipeline.stages.stage import Turn


@contextmanager
def writing(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that records; killed at the end of the block."""
    command = [sys.executable, journals.__file__, str(folder), *arguments]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_killed_at_any_instant_it_is_whole_up_to_there(tmp_path: Path) -> None:
    chance = random.Random()
    for folder in (tmp_path / "a", tmp_path / "b", tmp_path / "c"):
        with writing(folder, "1000") as process:
            assert said(process) == "recording"
            until(lambda folder=folder: check(read_journal(folder)) > 0)  # type: ignore[misc]  # the default binds it
            time.sleep(chance.uniform(0.0, 0.7))
        recorded = read_journal(folder)
        assert "the process ended" in recorded.stopped
        assert check(recorded) > 0


def test_killed_when_nothing_follows_nothing_is_missing(tmp_path: Path) -> None:
    with writing(tmp_path / "j", "2.62") as process:  # ends behind a piece of speech that fills no block
        assert (said(process), said(process)) == ("recording", "recorded")
        until(lambda: check(read_journal(tmp_path / "j")) == 131)
    recorded = read_journal(tmp_path / "j")
    assert len(recorded.turns[-1].packets("tts")) == 1
    assert [turn.record is not None for turn in recorded.turns] == [True, True, False]


def test_a_full_disk_ends_the_recording_and_not_the_session(tmp_path: Path) -> None:
    with writing(tmp_path / "j", "8", "60000") as process:
        assert (said(process), said(process)) == ("recording", "recorded")
        assert "cannot be written to: File too large" in said(process)
        assert process.wait() == 0
    recorded = read_journal(tmp_path / "j")
    assert check(recorded) > 0
    assert "File too large" in recorded.stopped


def test_a_disk_that_hangs_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    goes_on, flush = threading.Event(), Growing.flush

    def slow(file: Growing) -> None:
        goes_on.wait()
        flush(file)

    monkeypatch.setattr(Growing, "flush", slow)
    monkeypatch.setattr(writer, "ROOM", 1_000_000)
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
    monkeypatch.setattr(writer, "PATIENCE", 0.3)
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
    assert "TypeError (codec.py:" in caplog.text
    assert "secret" not in caplog.text
    assert read_journal(tmp_path / "j").stopped == journal.trouble


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Five minutes, as fast as the disk takes them."""

    def memory() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before, threads = 0, threading.active_count()
    with new(tmp_path / "j") as journal:
        for piece in range(5 * 60 * 10):
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
            if piece == 90 * 10:
                before = memory()
        after = memory()
    assert journal.trouble == ""
    assert after - before < 12_000_000
    assert threading.active_count() <= threads


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
    with pytest.raises(JournalError, match=r"holds events\.jsonl already, and nothing is written over it; give a new"):
        new(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "graph.yaml").write_text("extends: assistant")
    with pytest.raises(JournalError, match=r"mine: holds graph\.yaml already"):
        new(tmp_path / "mine")


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written to: Not a directory"):
        new(tmp_path / "file" / "j")


@dataclass(frozen=True, slots=True)
class Sketch:
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Glance:
    target: str
    weight: float = 1.0


def test_packets_of_others_are_recorded_if_their_fields_can_be(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"Sketch cannot be recorded: <class 'bytes'> .* they may hold text"):
        new(tmp_path / "a", Sketch)
    assert not (tmp_path / "a").exists()
    with new(tmp_path / "b", Glance) as journal:
        journal.began(Turn("a"), 0.0)
        journal.crossed("a", "eyes", Glance("door"), 0.5)
    with pytest.raises(
        JournalError, match="'eyes' gave a packet of the type 'Glance', which is not known here; remedy"
    ):
        read_journal(tmp_path / "b")
    assert read_journal(tmp_path / "b", [Glance]).turns[0].packets("eyes") == [Glance("door")]
