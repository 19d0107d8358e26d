from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.journals import HEADER, PIECE, check, new, record, spoken

from pipeline.errors import JournalError
from pipeline.runtime.journal import digest, read_header, read_journal


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
        assert ("not copied whole" in recorded.stopped) == (share < 1.0)


def test_a_changed_sample_is_noticed(journal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "j"
    shutil.copytree(journal, folder)
    rewrite("events.jsonl", lambda text: text.replace(digest(spoken(0, PIECE)), digest(spoken(1, PIECE))))(folder)
    exact = [crossing.exact for turn in read_journal(folder).turns for crossing in turn.crossings]
    assert exact.count(False) == 1
    assert read_header(folder) == HEADER
