"""Files that are written whole or not at all, one by one or several together."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from pipeline.devices.files.paths import shown
from pipeline.errors import MediaError

try:
    import fcntl
except ImportError:  # Windows, where a file that a program has open cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

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

_DRAFT = re.compile(r"\.[0-9a-f]{16}\.part")
_ABANDONED = 24 * 3600.0
"""Seconds since it was last written to after which a draft that cannot be locked belongs to nobody."""


class Draft:
    """A file in the making, beside the path whose place it takes. Its methods raise MediaError.

    The writer holds a lock on it, so `sweep` can tell the drafts of a killed program from those of a running one."""

    def __init__(self, path: Path, *, over: bool = True) -> None:
        """Begin a draft of `path`. Unless it may be published `over` what stands there, nothing may stand there then.

        Raises MediaError."""
        self.path, self._over = path, over
        with _naming(path):
            self._draft, self._file = _begin(path.parent)

    def write(self, data: bytes) -> None:
        """Append `data`, or overwrite where `seek` went."""
        with _naming(self.path):
            self._file.write(data)

    def seek(self, position: int) -> None:
        """Go to a position in bytes."""
        with _naming(self.path):
            self._file.seek(position)

    def finish(self) -> None:
        """Bring all that was written to the disk."""
        with _naming(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())

    def publish(self) -> None:
        """Let the draft take the place of its path; it was finished before."""
        if not self._over and os.path.lexists(self.path):
            raise MediaError(
                f"{shown(self.path)}: appeared while it was being written, so another program made it; it is kept, "
                "choose another folder and run again"
            )
        with _naming(self.path):
            if fcntl is None:  # Windows renames no open file
                self._file.close()
            os.replace(self._draft, self.path)
        self._file.close()

    def discard(self) -> None:
        """Remove the draft; one that was published stays."""
        # What went wrong is on its way up already; a folder that has vanished took the draft with it.
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._draft.unlink()


OpenDraft: TypeAlias = Callable[[Path], AbstractContextManager[Draft]]
"""Opens a draft of a path for the length of a block, and discards it where the block fails."""


@contextlib.contextmanager
def replacing(path: Path, *, over: bool = True) -> Iterator[Draft]:
    """A new file that takes the place of `path` once the block has ended well and its bytes are on the disk.

    Until then, and after an error, `path` is as it was and nothing else is left in its folder. Unless it may be written
    `over` what stands there, a file that stands there at the end is an error. Raises MediaError."""
    draft = Draft(path, over=over)
    try:
        yield draft
        draft.finish()
        draft.publish()
    except BaseException:
        draft.discard()
        raise


class Together:
    """Files that appear one right after the other, once all of them are whole and on the disk.

    Used as a context: what was not published when it ends is discarded."""

    def __init__(self, over: Collection[Path]) -> None:
        """Only the paths in `over` may replace a file that stands there."""
        self._over, self._drafts = over, list[Draft]()

    def __enter__(self) -> Together:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    @contextlib.contextmanager
    def file(self, path: Path) -> Iterator[Draft]:
        """A draft of `path`, finished when the block ends. Raises MediaError."""
        draft = Draft(path, over=path in self._over)
        self._drafts.append(draft)
        yield draft
        draft.finish()

    def publish(self) -> None:
        """Put all files in their places. Raises MediaError."""
        while self._drafts:
            self._drafts[0].publish()
            del self._drafts[0]

    def discard(self) -> None:
        """Remove all drafts that were not published."""
        for draft in self._drafts:
            draft.discard()
        self._drafts.clear()


def sweep(folder: Path) -> None:
    """Remove the drafts that killed programs left in a folder; those that are being written stay."""
    with contextlib.suppress(OSError):  # nobody needs a clean folder as much as the work that is to come
        for path in list(folder.iterdir()):
            if _DRAFT.fullmatch(path.name):
                _remove_abandoned(path)


def _remove_abandoned(path: Path) -> None:
    with contextlib.suppress(OSError):
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            return
        with path.open("rb") as file:
            if _lock(file, wait=False) or time.time() - about.st_mtime > _ABANDONED:
                path.unlink()


def _begin(folder: Path) -> tuple[Path, BinaryIO]:
    """A new draft in that folder, and locked. Raises OSError."""
    while True:
        # Beside the target, because a file cannot be renamed to another disk; its name is short, because the target's
        # may be as long as names can be.
        path = folder / f".{secrets.token_hex(8)}.part"
        file = open(path, "xb")  # noqa: SIM115 - closed when it is published or discarded
        _lock(file, wait=True)
        if path.exists():  # else `sweep` of another program came between the two
            return path, file
        file.close()


def _lock(file: BinaryIO, *, wait: bool) -> bool:
    """Lock a file until it is closed. False where another program has the lock, or where there are no locks."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


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
