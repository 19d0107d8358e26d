from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.devices.files.atomic import Together, replacing, sweep, write_json
from pipeline.errors import MediaError


def test_appears_whole_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"-ew")
        file.seek(0)
        file.write(b"n")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["x.bin"]


def test_respects_the_umask(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_json(tmp_path / "x.json", 1)
    assert (tmp_path / "x.json").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("error", [ValueError("mine"), OSError(errno.ECONNRESET, "mine"), KeyboardInterrupt("mine")])
def test_an_error_in_the_block_leaves_everything_as_it_was(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")

    def fail() -> None:
        with replacing(path) as file:
            file.write(b"new")
            raise error

    with pytest.raises(type(error), match="mine"):
        fail()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x.bin"]


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(MediaError, match=r"x\.json: cannot be written: No space left on device; free some space"):
        write_json(tmp_path / "x.json", {"a": 1})
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="has no limits on file sizes")
def test_a_disk_that_takes_no_more_in_mid_file(tmp_path: Path) -> None:
    script = """
import resource, signal, sys
from pathlib import Path
from pipeline.devices.files.atomic import write_json
from pipeline.errors import MediaError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    write_json(Path(sys.argv[1]), list(range(100_000)))
except MediaError as error:
    print(error)
"""
    command = [sys.executable, "-W", "error", "-c", script, str(tmp_path / "x.json")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "x.json: cannot be written: File too large; choose a folder on a disk that takes larger files" in ran.stdout
    assert ran.stderr == ""
    assert os.listdir(tmp_path) == []


def test_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"x\.json: cannot be written: No such file or directory; its folder is gone"):
        write_json(tmp_path / "gone" / "x.json", {})


def test_folder_vanishes_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def vanish() -> None:
        with replacing(folder / "x.bin") as file:
            file.write(b"new")
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()

    with pytest.raises(MediaError, match="its folder is gone"):
        vanish()


def test_a_folder_stands_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    with pytest.raises(MediaError, match=r"x\.json: cannot be written: Is a directory"):
        write_json(tmp_path / "x.json", {})
    assert os.listdir(tmp_path) == ["x.json"]


def test_name_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="give the recording a shorter name"):
        write_json(tmp_path / ("x" * 300), {})
    longest = "x" * 255
    write_json(tmp_path / longest, {})
    assert os.listdir(tmp_path) == [longest]


def test_json_for_people_and_odd_names(tmp_path: Path) -> None:
    value = {"said": "naïve 声", "source": os.fsdecode(b"caf\xe9.wav")}
    write_json(tmp_path / "x.json", value)
    text = (tmp_path / "x.json").read_text("utf-8")
    assert "naïve 声" in text
    assert json.loads(text) == value


def test_json_without_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range float values"):
        write_json(tmp_path / "x.json", float("nan"))
    assert os.listdir(tmp_path) == []


def test_what_may_not_be_replaced_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"

    def write() -> None:
        with replacing(path, over=False) as file:
            file.write(b"new")
            path.write_bytes(b"mine")

    with pytest.raises(MediaError, match=r"x\.bin: appeared while it was being written"):
        write()
    assert path.read_bytes() == b"mine"
    assert os.listdir(tmp_path) == ["x.bin"]


def test_files_appear_together_once_all_are_whole(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"old")
    with Together(over=[one]) as files:
        for path in (one, two):
            with files.file(path) as draft:
                draft.write(b"new")
        assert one.read_bytes() == b"old"
        assert not two.exists()
        files.publish()
    assert one.read_bytes() == two.read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path)) == ["one", "two"]


def test_files_that_are_not_published_leave_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with Together(over=()) as files:
            with files.file(tmp_path / "one") as draft:
                draft.write(b"new")
            with files.file(tmp_path / "two"):
                raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fail()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the locks that tell drafts in use are those of POSIX")
def test_drafts_of_a_killed_program_are_swept_and_no_others(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from pipeline.devices.files.atomic import Draft
draft = Draft(Path(sys.argv[1]))
draft.write(b"half")
print("begun", flush=True)
time.sleep(60)
"""
    for name in (".mine.part", ".0123456789ABCDEF.part", "0123456789abcdef.part", ".0123456789abcdef.part.txt"):
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / ".0123456789abcdef.part").mkdir()
    (tmp_path / ".fedcba9876543210.part").symlink_to("0123456789abcdef.part")
    kept = set(os.listdir(tmp_path))
    command = [sys.executable, "-c", script, str(tmp_path / "x.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"begun\n"
        sweep(tmp_path)
        assert len(set(os.listdir(tmp_path)) - kept) == 1, "its writer lives"
        writer.kill()
    sweep(tmp_path)
    assert set(os.listdir(tmp_path)) == kept


def test_a_folder_that_cannot_be_swept_is_nobodys_trouble(tmp_path: Path) -> None:
    sweep(tmp_path / "gone")
