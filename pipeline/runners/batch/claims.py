"""Which files a batch may write: where nothing stands, or where its own earlier answer to the same recording does.

The proof is the result beside them, ``<name>.json``: it holds the hash of its recording's sound, and the names of the
files that were written with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel

from pipeline.devices.files.atomic import sweep
from pipeline.devices.files.paths import ANSWER, alike, shown
from pipeline.errors import MediaError
from pipeline.runners.batch.results import Status
from pipeline.runners.batch.tracks import ENDINGS

RESULT = ".json"
SUMMARY = "summary.json"
REMEDY = "choose another folder with --out, or rename or move one of the two"

Kind = TypeVar("Kind", bound=BaseModel)


class _Proof(BaseModel):
    """As much of a result as tells what it belongs to."""

    schema_version: Literal[1]
    source: str
    sound: str = ""
    graph: str
    turns: list[object]
    status: Status
    files: list[str] = []


class _SummaryProof(BaseModel):
    """As much of a summary as tells it from other files."""

    schema_version: Literal[1]
    graph: str
    answered: int
    failed: int
    files: list[object]


class Claim:
    """The right to write the answer to one recording."""

    def __init__(self, folder: Path, name: str, earlier: Collection[str]) -> None:
        """`earlier` are the names of the files that an earlier answer to the same recording consists of."""
        self.result = folder / f"{name}{RESULT}"
        self.sound = folder / f"{name}{ANSWER}"
        self.over = frozenset(folder / file for file in earlier)
        """Files that may be replaced; all others must not be there."""

    def remove_stale(self, kept: Collection[str]) -> None:
        """Remove the files of the earlier answer that the new one, which consists of `kept`, does not have.

        Raises MediaError."""
        for path in self.over:
            if path.name not in kept and path != self.result:
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    raise MediaError(
                        f"{shown(path)}: belongs to an earlier answer and cannot be removed: {error.strerror}; "
                        "remove it and run again"
                    ) from error


class Claims:
    """Gives each recording of a batch the files that it may write in a folder, and refuses the others."""

    def __init__(self, folder: Path, recordings: Iterable[Path]) -> None:
        self._folder = folder
        self._paths, self._files = set[str](), set[tuple[int, int]]()
        for path in recordings:
            self._paths.add(_place(path))
            self._files.update(_identities(path))

    def claim(self, name: str, recording: Path, sound: str) -> Claim:
        """The files that the answer to `recording` is written to under `name`; `sound` is the hash of its sound.

        Raises MediaError where one of them stands there and belongs to somebody else."""
        targets = [self._folder / f"{name}{ending}" for ending in (RESULT, ANSWER, *ENDINGS)]
        for target in targets:
            if _place(target) in self._paths or not self._files.isdisjoint(_identities(target)):
                raise _refusal(recording, target, "is itself a recording of this batch")
        result = targets[0]
        proof = _read(_Proof, result)
        if proof and not _same(proof, recording, sound):
            old = proof.turns and not proof.sound
            why = "was written by an earlier version of Parley, which did not note the hash of its recording"
            raise _refusal(recording, result, why if old else f"is the answer to another recording, {proof.source}")
        earlier = [result.name, *proof.files] if proof else []
        for target in targets:
            if os.path.lexists(target) and not (target.name in earlier and _is_plain(target)):
                raise _refusal(recording, target, "is there already and no answer to this recording")
        return Claim(self._folder, name, [target.name for target in targets if target.name in earlier])


def make_folder(path: Path) -> None:
    """Have a folder for answers. Raises MediaError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"{shown(path)}: cannot be made a folder for the answers: {error.strerror}") from error


def open_folder(path: Path) -> None:
    """Have a folder for a batch's answers, without what killed batches left there.

    Raises MediaError where it cannot be made, or where a file that no batch wrote has the summary's name."""
    make_folder(path)
    sweep(path)
    summary = path / SUMMARY
    if os.path.lexists(summary) and _read(_SummaryProof, summary) is None:
        raise MediaError(
            f"{shown(summary)}: is there already and no summary of a batch, so it is kept; "
            "choose another folder with --out, or rename it"
        )


def _same(proof: _Proof, recording: Path, sound: str) -> bool:
    """True where the result is of that recording. One that could not be read is known by its path."""
    return proof.sound == sound if proof.sound else not proof.turns and proof.source == shown(recording)


def _refusal(recording: Path, target: Path, why: str) -> MediaError:
    return MediaError(f"{shown(recording)}: not answered, because {shown(target)} {why}; {REMEDY}")


def _read(kind: type[Kind], path: Path) -> Kind | None:
    """What a batch wrote to a file; None where it is something else."""
    if not _is_plain(path):
        return None
    try:
        # Names that are no UTF-8 are lone surrogates, which only Python's own reader takes.
        return kind.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return None


def _is_plain(path: Path) -> bool:
    """True for a file that is no link, folder, pipe or device."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _identities(path: Path) -> Iterable[tuple[int, int]]:
    """What tells the file at a path from all others, and likewise the link that leads to it."""
    for look in (os.stat, os.lstat):
        with contextlib.suppress(OSError, ValueError):
            about = look(path)
            yield about.st_dev, about.st_ino


def _place(path: Path) -> str:
    """Where a path is, alike for the names that some file systems take for the same."""
    folder = os.path.realpath(path.parent)
    return alike(os.path.join(folder, path.name))
