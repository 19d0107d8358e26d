"""Output that cannot be written, in a process of its own: an interpreter complains again when it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PRINTS = """
import sys
from pipeline.cli.output import Output
output = Output()
for place in range(3):
    output.print(f"line {place} 声 \\udce9")
output.print_line(b"{}")
sys.stderr.write(output.trouble)
"""


def prints(stdout: int, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", PRINTS]
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=True, env={**os.environ, **environ}
    )


def test_what_can_be_written_is() -> None:
    done = prints(subprocess.PIPE, PYTHONIOENCODING="utf-8")
    assert done.stdout.splitlines() == [*(f"line {place} 声 \\udce9" for place in range(3)), "{}"]
    assert done.stderr == ""


def test_characters_that_the_terminal_has_not_are_spelt_out() -> None:
    done = prints(subprocess.PIPE, PYTHONIOENCODING="ascii")
    assert done.stdout.splitlines()[0] == "line 0 \\u58f0 \\udce9"
    assert done.stderr == ""


def test_a_reader_that_left_is_noted_once() -> None:
    end, start = os.pipe()
    os.close(end)
    assert prints(start).stderr == "Broken pipe"
    os.close(start)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_so_is_a_full_disk() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    assert prints(full).stderr == "No space left on device"
    os.close(full)
