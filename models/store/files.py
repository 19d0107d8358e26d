"""Writes files whole or not at all, and computes checksums once.

A half-written file never has the final name. Data goes to a temporary file beside the target and is flushed to the
disk. Then the file takes the name in one step.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from models.errors import ModelCorrupt, ModelUnavailable

log = logging.getLogger(__name__)

BLOCK = 1 << 20
"""Bytes that are copied or read at a time."""

UNFINISHED = ".unfinished"
"""The end of a file's name while it is written."""

Bytes = Callable[[int], None]
"""A function that is told how many bytes are done so far."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST})


def silent(done: int) -> None:
    """Ignore the progress."""


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Raise ModelUnavailable with the remedy if the disk is full or the folder may not be written to."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise ModelUnavailable(
                f"{root}: {error.strerror}; free some space, or set PARLEY_MODELS to a folder on another disk"
            ) from error
        if error.errno in DENIED:
            raise ModelUnavailable(
                f"{error.filename or root}: {error.strerror}; set PARLEY_MODELS to a folder that you may write to"
            ) from error
        raise


def copy(source: IO[bytes], target: IO[bytes], limit: int, report: Bytes = silent) -> int:
    """Copy all of `source`, telling `report` the bytes so far. Raises ModelCorrupt past `limit` bytes.

    The limit keeps a hostile archive from filling the disk."""
    done = 0
    while block := source.read(BLOCK):
        done += len(block)
        if done > limit:
            raise ModelCorrupt(f"holds more than the {limit:,} bytes that the catalogue names")
        target.write(block)
        report(done)
    return done


def settle(file: IO[bytes]) -> None:
    """Wait until everything written to `file` is on the disk."""
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def whole(target: Path) -> Iterator[IO[bytes]]:
    """A file that becomes `target` if the block succeeds, and is deleted otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}{UNFINISHED}")
    try:
        with unfinished.open("wb") as file:
            yield file
            settle(file)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def sha256(path: Path, report: Bytes = silent) -> str:
    """The checksum of a file in hexadecimal, telling `report` the bytes so far."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            done += len(block)
            report(done)
    return digest.hexdigest()


class Ledger:
    """Remembers which files were checked, so that loading a model does not read it twice.

    A file counts as unchanged while its size, modification time and inode are those of the last check. That guards
    against accidents. `fresh=True` guards against malice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def matches(self, file: Path, size: int, checksum: str, *, fresh: bool = False, report: Bytes = silent) -> bool:
        """True where `file` has that size and SHA-256. It reads the whole file if that changed since, or if `fresh`."""
        seen = file.stat()
        if seen.st_size != size:
            return False
        mark = [checksum, seen.st_size, seen.st_mtime_ns, seen.st_ino]
        if not fresh and self._read().get(str(file)) == mark:
            return True
        right = sha256(file, report) == checksum
        self._write(str(file), mark if right else None)
        return right

    def remember(self, file: Path, checksum: str) -> None:
        """Note that `file` was just found to have that SHA-256."""
        seen = file.stat()
        self._write(str(file), [checksum, seen.st_size, seen.st_mtime_ns, seen.st_ino])

    def forget(self) -> None:
        """Forget every file."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):  # without a readable ledger, the files are only read again
            found = json.loads(self.path.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                return found
        return {}

    def _write(self, key: str, mark: list[Any] | None) -> None:
        marks = {name: known for name, known in self._read().items() if name != key}
        if mark is not None:
            marks[key] = mark
        try:
            with whole(self.path) as file:
                file.write(json.dumps(marks, indent=1).encode())
        except OSError as error:  # such as a read-only cache in a container, which is only slower
            log.info("%s: cannot remember a checked file, so the next load checks it again: %s", self.path, error)
