"""Packages of other people, built and installed beside Parley for a test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Beside:
    """A place where Parley and the other distribution are both to be seen."""

    folder: Path
    environ: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Python with these arguments."""
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False
        )

    def parley(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line of Parley."""
        return self.run("-c", "from pipeline.cli import main; main()", *arguments)


def install_beside(folder: Path, files: Mapping[str, str]) -> Beside:
    """Build a distribution of these files, by path, and install it into a folder of its own."""
    source, target = folder / "source", folder / "target"
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*install, "--target", target, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    path = os.pathsep.join(filter(None, [str(target), os.environ.get("PYTHONPATH")]))
    return Beside(folder, os.environ | {"PYTHONPATH": path})


def lines_of(files: Mapping[str, str]) -> int:
    """Lines that somebody had to write: those that hold something."""
    return sum(bool(line.strip()) for text in files.values() for line in text.splitlines())
