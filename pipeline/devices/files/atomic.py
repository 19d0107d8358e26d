"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.devices.files.paths import shown
from pipeline.errors import MediaError

_REMEDIES = {
    errno.ENOSPC: "free some space and run again",
    errno.EDQUOT: "free some space and run again",
    errno.EFBIG: "choose a folder on a disk that takes larger files",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
    errno.ENOENT: "its folder is gone; make it again and run again",
    errno.ENAMETOOLONG: "give the recording a shorter name",
}


class Draft:
    """A file in the making. Its methods raise MediaError."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self._file = path, file

    def write(self, data: bytes) -> None:
        """Append `data`, or overwrite where `seek` went."""
        with _naming(self.path):
            self._file.write(data)

    def seek(self, position: int) -> None:
        """Go to a position in bytes."""
        with _naming(self.path):
            self._file.seek(position)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Draft]:
    """A new file that takes the place of `path` once the block has ended well and its bytes are on the disk.

    Until then, and after an error, `path` is as it was and nothing else is left in its folder. Raises MediaError."""
    # Beside the target, because a file cannot be renamed to another disk; its name is short, because the target's may
    # be as long as names can be.
    draft = path.parent / f".{secrets.token_hex(8)}.part"
    with _naming(path):
        file = open(draft, "xb")  # noqa: SIM115 - closed below, before it is renamed or removed
    try:
        yield Draft(path, file)
        with _naming(path):
            file.flush()
            os.fsync(file.fileno())
            file.close()
            os.replace(draft, path)
    except BaseException:
        # What went wrong is on its way up already; a folder that has vanished took the draft with it.
        with contextlib.suppress(OSError):
            file.close()
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        remedy = f"; {_REMEDIES[error.errno]}" if error.errno in _REMEDIES else ""
        raise MediaError(f"{shown(path)}: cannot be written: {error.strerror or error}{remedy}") from error


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented UTF-8 JSON, whole or not at all. Raises MediaError; ValueError for NaN or infinity."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    with replacing(path) as file:
        # File names that are no UTF-8 hold lone surrogates; with a backslash they are JSON's own escapes.
        file.write(text.encode("utf-8", "backslashreplace") + b"\n")
