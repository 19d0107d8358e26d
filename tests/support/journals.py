"""A session whose every packet is known, and a process that records it: ``python journals.py FOLDER SECONDS [BYTES]``.

The process records SECONDS of session time, at up to ten times real speed, says so, and then waits to be killed; with
BYTES, no file may grow larger, and it ends by itself."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.protocols import Samples, Voiced
from pipeline.packets import Audio, Reply, Speech
from pipeline.runtime.journal import Header, Journal, Recorded
from pipeline.runtime.record import Record
from pipeline.stages.stage import Turn

RATE = 16_000
PIECE = 320
"""Samples in 20 ms."""
PATIENCE = 60.0
"""Seconds until what a writer should have written counts as missing."""
HEADER = Header("2026-01-01T00:00:00+00:00", "1.2.3", "3.11", "test", "ada", RATE, ())


def spoken(first: int, count: int) -> Samples:
    """Samples of the user's, from the one with the index `first`: no two pieces are alike."""
    return (((np.arange(first, first + count) * 7919) % 20_011 - 10_000) / 32_768).astype(np.float32)


def record(journal: Journal, piece: int) -> None:
    """What happens in the 20 ms with the index `piece`: every second a turn, which is answered."""
    at, name = piece * PIECE / RATE, f"ada/{piece // 50}"
    audio = Audio(spoken(piece * PIECE, PIECE), RATE, at)
    journal.sound(audio)
    if piece % 50 == 0:
        journal.began(Turn(name), at)
    journal.crossed(name, "audio", audio, at)
    if piece % 50 == 30:
        journal.crossed(name, "response", Reply(f"At {piece}."), at)
        journal.crossed(name, "tts", Speech(Voiced(spoken(piece, 700), 24_000), 0.0, f"At {piece}."), at)
    if piece % 50 == 49:
        journal.ended(Record(name, heard=f"At {piece - 19}."), at)


def new(folder: Path, *kinds: type) -> Journal:
    """A journal that records packets of those kinds, too."""
    return Journal(folder, HEADER, "stages: {}\n", kinds)


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


def until(written: Callable[[], bool]) -> None:
    """Wait until something was written."""
    deadline = time.monotonic() + PATIENCE
    while not written():
        assert time.monotonic() < deadline, "it is not written"
        time.sleep(0.02)


def main(folder: Path, seconds: float, largest: int | None) -> None:
    if largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    with new(folder) as journal:
        print("recording", flush=True)
        for piece in range(round(seconds * 50)):
            record(journal, piece)
            time.sleep(0.002)
        print("recorded", flush=True)
        if largest is None:
            time.sleep(600)
    print(journal.trouble, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
