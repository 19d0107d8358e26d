from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.devices.files.paths import find_audio, shown, unique_names
from pipeline.errors import MediaError


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("b.wav", "a.MP3", "notes.txt", ".hidden.wav", "deep/er/c.opus", "deep/b.wav", ".git/d.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def found(*inputs: str, outside: str | None = None) -> list[str]:
    return [path.as_posix() for path in find_audio(inputs, Path(outside) if outside else None)]


@pytest.mark.usefixtures("tree")
class TestFinding:
    def test_folder_is_searched_to_the_bottom(self) -> None:
        assert found(".") == ["a.MP3", "b.wav", "deep/b.wav", "deep/er/c.opus"]

    def test_file_named_outright_is_taken_whatever_its_name(self) -> None:
        assert found("notes.txt", ".hidden.wav") == ["notes.txt", ".hidden.wav"]

    def test_wildcards(self) -> None:
        assert found("*") == ["a.MP3", "b.wav"]
        assert found("**/*.wav") == ["b.wav", "deep/b.wav"]

    def test_a_name_that_looks_like_a_wildcard(self, tree: Path) -> None:
        (tree / "b[1].wav").write_bytes(b"x")
        assert found("b[1].wav") == ["b[1].wav"]

    def test_each_file_once_where_it_was_first_named(self, tree: Path) -> None:
        assert found("b.wav", ".", str(tree / "b.wav")) == ["b.wav", "a.MP3", "deep/b.wav", "deep/er/c.opus"]

    def test_a_link_is_the_file_it_leads_to(self, tree: Path) -> None:
        (tree / "link.wav").symlink_to(tree / "b.wav")
        assert found(".").count("link.wav") == 0

    def test_inputs_that_lead_nowhere_stay_to_be_complained_about(self, tree: Path) -> None:
        (tree / "empty").mkdir()
        assert found("b.wav", "gone.wav", "empty", "*.ogg") == ["b.wav", "gone.wav", "empty", "*.ogg"]

    def test_nothing_at_all(self) -> None:
        with pytest.raises(MediaError, match=r"^gone\.wav, \*\.ogg: no sound file found; name files, folders or wild"):
            find_audio(["gone.wav", "*.ogg"])
        with pytest.raises(MediaError, match="no input"):
            find_audio([])

    def test_answers_of_an_earlier_run_are_not_answered(self, tree: Path) -> None:
        (tree / "deep" / "b.reply.wav").write_bytes(b"x")
        assert found(".", outside="deep/er") == ["a.MP3", "b.wav", "deep/b.wav"]
        assert found("**/*", outside="deep") == ["a.MP3", "b.wav"]

    def test_answers_beside_the_recordings(self) -> None:
        for inputs in (".", "*"):
            assert {"a.MP3", "b.wav"} <= set(found(inputs, outside="."))
        assert found("deep", outside=".") == ["deep/b.wav", "deep/er/c.opus"]

    def test_home_folder(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tree))
        monkeypatch.setenv("USERPROFILE", str(tree))
        assert found("~/b.wav") == [(tree / "b.wav").as_posix()]


class TestNames:
    @staticmethod
    def named(*paths: str) -> list[str]:
        return list(unique_names([Path(path) for path in paths]).values())

    def test_the_files_own_name_where_that_is_enough(self) -> None:
        assert self.named("a/x.wav", "a/y.wav") == ["x", "y"]

    def test_suffix_tells_apart(self) -> None:
        assert self.named("x.wav", "x.mp3", "y.wav") == ["x-wav", "x-mp3", "y"]

    def test_folder_tells_apart(self) -> None:
        assert self.named("a/x.wav", "b/x.wav") == ["a-x", "b-x"]
        assert self.named("a/in/x.wav", "b/in/x.wav") == ["a-in-x", "b-in-x"]

    def test_case_does_not_tell_apart_on_every_disk(self) -> None:
        names = self.named("a/X.wav", "b/x.wav")
        assert names == ["a-X", "b-x"]

    def test_the_summary_keeps_its_name(self) -> None:
        assert self.named("Summary.wav") == ["Summary-wav"]

    def test_what_lies_beside_an_answer_keeps_its_name(self) -> None:
        assert self.named("x.reply.wav", "x.Visemes.mp3", "x.wav") == ["x.reply-wav", "x.Visemes-mp3", "x"]
        assert self.named("/x.reply") == ["x"]

    def test_names_that_collide_with_joined_ones(self) -> None:
        paths = ["a/x.wav", "b/x.wav", "a-x.wav", "c/a-x.wav", "/a/b/x.mp3", "/a-b/x.mp3", "x-wav.wav", "x"]
        names = self.named(*paths)
        assert len({name.casefold() for name in names}) == len(paths)

    def test_order_does_not_matter(self) -> None:
        paths = [Path(name) for name in ("a/x.wav", "b/x.wav", "x.wav", "x.mp3", "a-x.wav")]
        assert unique_names(paths) == unique_names(paths[::-1])

    def test_nothing_left_to_tell_apart_is_numbered(self) -> None:
        names = self.named("/a-b/x", "/a/b/x", "/b/x", "/x")
        assert len(set(names)) == 4


def test_shown_is_one_printable_line() -> None:
    assert shown("naïve 声.wav") == "naïve 声.wav"
    assert shown("two\nlines\x1b[31m.wav") == "two\\nlines\\x1b[31m.wav"
    broken = os.fsdecode(b"caf\xe9.wav")
    assert shown(broken).encode("utf-8")
