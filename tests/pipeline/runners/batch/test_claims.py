"""A batch writes over nothing but its own answers to the same recordings."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.batches import answer, record

from pipeline.cli.progress import Silent
from pipeline.errors import MediaError
from pipeline.graph.graph import Graph
from pipeline.runners.batch.results import FileResult, FileSummary
from pipeline.testing import scripted_graph


def batch(out: Path, *paths: Path, graph: Graph | None = None, progress: Silent | None = None) -> list[FileSummary]:
    return answer(out, *paths, graph=graph, progress=progress).files


def contents(folder: Path) -> Mapping[str, bytes]:
    """Every file, but for the summary."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "summary.json"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_answer_names_its_recording_and_its_files(folder: Path) -> None:
    (file,) = batch(Path("out"), record(Path("foo.wav"), "hello there"))
    assert file.status == "answered"
    result = FileResult.model_validate_json(Path("out/foo.json").read_bytes())
    assert len(result.sound) == 64
    assert result.files == [file.speech, *file.tracks]
    assert {*result.files, "foo.json"} == set(contents(Path("out")))


def test_the_same_recording_is_answered_again_from_wherever_it_lies(folder: Path) -> None:
    first = record(Path("a/foo.wav"), "hello there")
    batch(Path("out"), first)
    Path("b").mkdir()
    (moved,) = batch(Path("out"), first.rename("b/foo.wav"))
    assert moved.status == "answered"
    assert json.loads(Path("out/foo.json").read_text())["source"] == "b/foo.wav"


@pytest.mark.parametrize("words", ["another one", ""])
def test_another_recording_of_the_same_name_leaves_the_first_ones_answer(folder: Path, words: str) -> None:
    batch(Path("out"), record(Path("a/foo.wav"), "hello there"))
    before = contents(Path("out"))
    (file,) = batch(Path("out"), record(Path("b/foo.wav"), words))
    assert (file.status, file.result, file.speech, file.tracks) == ("failed", None, None, [])
    assert file.error == (
        "b/foo.wav: not answered, because out/foo.json is the answer to another recording, a/foo.wav; "
        "choose another folder with --out, or rename or move one of the two"
    )
    assert contents(Path("out")) == before


@pytest.mark.parametrize("name", ["foo.json", "foo.reply.wav", "foo.srt", "foo.reply.vtt", "foo.visemes.csv"])
@pytest.mark.parametrize("answered", [False, True])
def test_files_of_the_users_own_are_kept(folder: Path, name: str, answered: bool) -> None:
    # Nothing is heard in the first recording, so no captions and no sound are written with its result.
    foo = record(Path("foo.wav"), "")
    if answered and name != "foo.json":
        batch(Path("out"), foo)
    Path("out").mkdir(exist_ok=True)
    Path("out", name).write_text('{"mine": true}')
    before = contents(Path("out"))
    (file,) = batch(Path("out"), foo)
    assert file.status == "failed"
    assert f"because out/{name} is there already" in (file.error or "")
    assert contents(Path("out")) == before


def test_a_recording_is_never_written_over(folder: Path) -> None:
    foo, other = record(Path("foo.wav"), "hello there"), record(Path("foo.reply.wav"), "another one")
    before = other.read_bytes()
    first, second = batch(Path(), foo, other)
    assert first.error is not None
    assert first.error.startswith("foo.wav: not answered, because foo.reply.wav is itself a recording of this batch")
    assert (second.status, second.result) == ("answered", "foo.reply-wav.json")
    assert other.read_bytes() == before
    assert not Path("foo.json").exists()


def test_an_answer_that_has_become_a_recording_is_not_written_over(folder: Path) -> None:
    foo = record(Path("foo.wav"), "hello there")
    batch(Path(), foo)
    answer = Path("foo.reply.wav")
    before = answer.read_bytes()
    first, _ = batch(Path(), foo, answer)
    assert first.status == "failed"
    assert answer.read_bytes() == before


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_nor_is_one_behind_a_link(folder: Path, link: object) -> None:
    foo, other = record(Path("foo.wav"), "hello there"), record(Path("in/other.wav"), "another one")
    Path("out").mkdir()
    (os.symlink if link is os.symlink else os.link)(other.resolve(), "out/foo.reply.wav")
    first, second = batch(Path("out"), foo, other)
    assert "out/foo.reply.wav is itself a recording of this batch" in (first.error or "")
    assert second.status == "answered"
    assert Path("out/foo.reply.wav").samefile(other)


def test_nor_one_that_differs_in_case_where_that_does_not_count(folder: Path) -> None:
    foo, other = record(Path("foo.wav"), "hello there"), record(Path("FOO.Reply.WAV"), "another one")
    first, _ = batch(Path(), foo, other)
    assert first.status == "failed"
    assert "is itself a recording" in (first.error or "")


def test_what_the_new_answer_does_not_have_goes(folder: Path) -> None:
    foo = record(Path("foo.wav"), "hello there")
    batch(Path("out"), foo)
    Path("out/foo.txt").write_text("mine")
    captions = scripted_graph("captions")
    (file,) = batch(Path("out"), foo, graph=captions)
    assert set(contents(Path("out"))) == {"foo.json", "foo.srt", "foo.vtt", "foo.txt"}
    assert file.tracks == ["foo.srt", "foo.vtt"]


def test_a_recording_that_could_not_be_read_is_tried_again(folder: Path) -> None:
    Path("foo.wav").write_bytes(b"")
    for _ in range(2):
        (file,) = batch(Path("out"), Path("foo.wav"))
        assert file.error == "foo.wav: is empty (0 bytes)"
        assert file.result == "foo.json"
    (file,) = batch(Path("out"), record(Path("foo.wav"), "hello there"))
    assert file.status == "answered"
    Path("foo.wav").write_bytes(b"")
    (file,) = batch(Path("out"), Path("foo.wav"))
    assert (file.status, file.result) == ("failed", None)
    assert FileResult.model_validate_json(Path("out/foo.json").read_bytes()).status == "answered"


def test_a_result_without_a_hash_proves_nothing(folder: Path) -> None:
    foo = record(Path("foo.wav"), "hello there")
    batch(Path("out"), foo)
    result = json.loads(Path("out/foo.json").read_text())
    del result["sound"], result["files"]
    Path("out/foo.json").write_text(json.dumps(result))
    (file,) = batch(Path("out"), foo)
    assert "out/foo.json was written by an earlier version" in (file.error or "")


@pytest.mark.parametrize("content", ["{}", "my notes", '{"answered": 3}'])
def test_a_summary_of_the_users_own_is_kept_and_nothing_is_answered(folder: Path, content: str) -> None:
    Path("out").mkdir()
    Path("out/summary.json").write_text(content)
    with pytest.raises(MediaError, match=r"out/summary\.json: is there already and no summary of a batch"):
        batch(Path("out"), record(Path("foo.wav"), "hello there"))
    assert Path("out/summary.json").read_text() == content
    assert not contents(Path("out"))


def test_a_file_that_appears_meanwhile_is_kept(folder: Path) -> None:
    class Meddler(Silent):
        def answered(self, path: Path, turn: object) -> None:
            Path("out/foo.srt").write_text("mine")

    (file,) = batch(Path("out"), record(Path("foo.wav"), "hello there"), progress=Meddler())
    assert "out/foo.srt: appeared while it was being written" in (file.error or "")
    assert Path("out/foo.srt").read_text() == "mine"
    assert "foo.json" not in contents(Path("out"))


def test_drafts_of_a_killed_batch_go_with_the_next_one(folder: Path) -> None:
    Path("out").mkdir()
    Path("out/.0123456789abcdef.part").write_bytes(b"half an answer")
    (file,) = batch(Path("out"), record(Path("foo.wav"), "hello there"))
    assert {"foo.json", *file.tracks, file.speech} == set(contents(Path("out")))
