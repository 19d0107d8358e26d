"""The files of a journal. Only their user may read them, and they are whole up to the last write."""

from __future__ import annotations

import contextlib
import os
from io import FileIO
from pathlib import Path


class Growing:
    """A new file that grows by appending. What is added reaches the operating system with `flush`."""

    def __init__(self, path: Path) -> None:
        """Create the file. Raises OSError, and FileExistsError where it exists."""
        self._file = _private(path)
        self._added: list[bytes] = []

    def add(self, data: bytes) -> None:
        """Append `data`."""
        self._added.append(data)

    def flush(self) -> None:
        """Hand over what was added. Where this raises OSError, the file is as it was before."""
        data = b"".join(self._added)
        whole = self._file.tell()
        try:
            _write(self._file, data)
        except OSError:
            with contextlib.suppress(OSError):  # the reader can read an incomplete file, too
                self._file.truncate(whole)
                self._file.seek(whole)
            raise
        self._added.clear()

    def forget(self) -> None:
        """Drop what was added and not handed over."""
        self._added.clear()

    def amend(self, position: int, data: bytes) -> None:
        """Overwrite bytes that are in the file already. Raises OSError."""
        self._file.seek(position)
        _write(self._file, data)
        self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Close the file; what was not handed over is dropped. Raises OSError."""
        self._file.close()


def write_new(path: Path, text: str) -> None:
    """Write a new file, as a whole or not at all. Raises OSError."""
    draft = path.with_name(f".{path.name}.part")
    with _private(draft) as file:
        _write(file, text.encode("utf-8", "backslashreplace"))
        os.fsync(file.fileno())
    os.replace(draft, path)


def _private(path: Path) -> FileIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return FileIO(os.open(path, flags, 0o600), "wb")


def _write(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) or 0 :]
