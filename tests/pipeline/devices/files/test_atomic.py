from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.devices.files.atomic import replacing, write_json
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
