"""Sessions that are recorded while they are served."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from pipeline.errors import JournalError
from pipeline.graph.build import Built, build, open_spec
from pipeline.graph.registry import Registry
from pipeline.runners.serve.hosting import hosting
from pipeline.runners.serve.observers import Journals
from pipeline.runners.serve.settings import Address, Settings
from pipeline.runners.serve.tokens import SHORTEST, Secret
from pipeline.runtime.journal import read_journal
from pipeline.testing import run, scripted_graph

SECRET = Secret(Path("nowhere"), b"s" * SHORTEST)


@pytest.fixture(scope="module")
def built() -> Built:
    return build(open_spec("captions", ()), Registry())


async def talk(journals: Journals, *users: str) -> None:
    """Each user says something, all at the same time; then the server ends."""
    graph = scripted_graph("captions")

    async def say(port: int, user: str) -> None:
        async with connect(f"ws://127.0.0.1:{port}/parley") as line:
            await line.send(json.dumps({"type": "hello", "user": user}))
            await line.send(json.dumps({"type": "text", "text": f"I am {user}"}))
            while json.loads(await line.recv())["type"] != "answered":
                pass

    async with hosting(graph, Settings(Address(port=0)), journals=journals, secret=SECRET) as host:
        await graph.load()
        async with host.open():
            await asyncio.gather(*(say(host.port, user) for user in users))
        await graph.close()


def test_each_session_has_a_journal_of_its_own(tmp_path: Path, built: Built) -> None:
    folder = tmp_path / "new" / "sessions"
    run(talk(Journals(folder, built), "ada", "bob"))
    journals = [read_journal(each) for each in folder.iterdir()]
    assert sorted(journal.header.user for journal in journals) == ["ada", "bob"]
    for journal in journals:
        (turn,) = journal.turns
        assert turn.record
        assert turn.record.transcript
        assert turn.record.transcript.text == f"I am {journal.header.user}"
        assert journal.header.started
        assert not journal.stopped
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_disk_that_takes_nothing_costs_the_journal_and_not_the_session(
    tmp_path: Path, built: Built, caplog: pytest.LogCaptureFixture
) -> None:
    journals = Journals(tmp_path / "sessions", built)
    (tmp_path / "sessions").rmdir()
    (tmp_path / "sessions").touch()
    run(talk(journals, "ada"))
    assert "not recorded" in caplog.text


def test_a_folder_that_cannot_be_made_is_known_at_once(tmp_path: Path, built: Built) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="choose another folder"):
        Journals(tmp_path / "file" / "sessions", built)
