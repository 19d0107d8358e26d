"""The model store turns a model's name into a verified local path.

    from models.store.store import locate
    path = locate("moonshine-tiny-en")

A model of the catalogue is looked for in the cache and in installed packages, and fetched if it is in neither. The
cache holds a folder for each model. It lies in the user's cache folder, or in the folder that the environment variable
PARLEY_MODELS names. It may be copied between machines, and may be read-only once it is filled.
"""

from __future__ import annotations

import difflib
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.errors import ModelError, ModelUnavailable, SourceFailed
from models.store.catalogue import Catalog, Entry, ModelFile, Source, builtin
from models.store.fetching import Fetching, Progress, Report
from models.store.files import Ledger, writing
from models.store.remedies import damaged
from models.store.sources import installed

log = logging.getLogger(__name__)


def locate(model: str | Path, report: Report | None = None) -> Path:
    """The verified local path of a model: its file if it has exactly one, else the folder that holds its files.

    `model` is a catalogue name, a local path, or a hub id (``hub:ORG/REPO[@REVISION][#FILE]``). Missing files are
    fetched, and `report` is told of the progress. Local paths and hub ids have no checksum, so they are not verified.
    Raises ModelUnavailable or ModelCorrupt, with the remedy.
    """
    return Store().locate(model, report)


def default_root() -> Path:
    """The folder of the cache."""
    if chosen := os.environ.get("PARLEY_MODELS"):
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path  # not needed where PARLEY_MODELS is set

    return user_cache_path("parley", appauthor=False) / "models"


@dataclass(frozen=True, slots=True)
class State:
    """Where a model is, judged only by the sizes of its files. `Store.check` reads the files."""

    where: Literal["cache", "package", "partial", "absent"]
    """The place of the model. ``partial`` means that only some files are in the cache, or one has the wrong size."""
    path: Path | None
    """The path that `locate` would give, if the model is complete."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What `Store.check` found about one file."""

    model: str
    file: str
    path: Path
    problem: str
    """What is wrong with the file, with the remedy; empty where nothing is."""


class Store:
    """A catalogue, and the folder in which its models are kept."""

    def __init__(self, root: Path | None = None, catalog: Catalog | None = None) -> None:
        self.root = default_root() if root is None else root
        self.catalog = builtin() if catalog is None else catalog

    def locate(self, model: str | Path, report: Report | None = None) -> Path:
        """The verified local path of a model, as the function `locate` gives it."""
        text = str(model)
        if text.startswith("hub:"):
            return self._hub(text, shown=report is not None and sys.stderr.isatty())
        entry = self.catalog.entries.get(text)
        if entry is None:
            return self._local(text)
        return self._find(entry) or self._pull(entry, report or _quiet)

    def obtainable(self, model: str) -> bool:
        """Whether a model is on this machine, or seems to be within reach.

        A model of the catalogue is within reach if the disk has room for it, a hub's if the hub answers within a few
        seconds. A path must exist."""
        if model.startswith("hub:"):
            from models.store import hub  # only hub ids need it

            return hub.answers(Source.parse(model))
        if model not in self.catalog.entries:
            return Path(model).expanduser().exists()
        if self.state(model).path is not None:
            return True
        place = next(folder for folder in (self.root, *self.root.parents) if folder.exists())
        return shutil.disk_usage(place).free > 2 * self.catalog.entries[model].size  # the parts, and the whole

    def entry(self, name: str) -> Entry:
        """A model of the catalogue. Raises ModelError, which suggests similar names."""
        if name not in self.catalog.entries:
            raise ModelError(f"{name!r}: the catalogue has no such model{self._alike(name)}")
        return self.catalog.entries[name]

    def state(self, name: str) -> State:
        """Where a model is, without reading or fetching it."""
        entry = self.entry(name)
        complete = [_is_size(self._cached(entry, file), file) for file in entry.files]
        if all(complete):
            return State("cache", self._whole(entry, self.root / entry.name))
        folder = self._package(entry)
        if folder is not None and all(_is_size(folder / file.path, file) for file in entry.files):
            return State("package", self._whole(entry, folder))
        return State("partial" if any(self._cached(entry, file).exists() for file in entry.files) else "absent", None)

    def check(self, name: str, report: Report | None = None) -> list[Finding]:
        """Read every file of a model that is on this machine. `report` is told of the progress."""
        entry = self.entry(name)
        folder = (self._package(entry) if self.state(name).where == "package" else None) or self.root / name
        findings, before = [], 0

        def count(done: int) -> None:
            (report or _quiet)(Progress(name, "checking", before + done, entry.size))

        for file in entry.files:
            path = folder / file.path
            if not path.is_file():
                problem = f"{name}: {path} is not there; remedy: parley models pull {name}"
            elif self._ledger(entry).matches(path, file.size, file.sha256, fresh=True, report=count):
                problem = ""
            else:
                problem = damaged(entry, path)
            findings.append(Finding(name, file.path, path, problem))
            before += file.size
        return findings

    def remove(self, name: str) -> int:
        """Delete a model from the cache, and return the bytes that became free. Installed packages stay."""
        entry = self.entry(name)
        with writing(self.root), self._lock(entry, _quiet):
            folders = [self.root / name, self.root / ".fetching" / name]
            freed = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
            for folder in folders:
                if folder.exists():
                    shutil.rmtree(folder)
            self._ledger(entry).forget()
        return freed

    # --- looking ----------------------------------------------------------------------------------------------------

    def _find(self, entry: Entry) -> Path | None:
        """The verified model, if it is on this machine."""
        for folder in (self.root / entry.name, self._package(entry)):
            if folder is not None and all(self._right(entry, file, folder / file.path) for file in entry.files):
                return self._whole(entry, folder)
        return None

    def _right(self, entry: Entry, file: ModelFile, path: Path) -> bool:
        if not path.is_file():
            return False
        right = self._ledger(entry).matches(path, file.size, file.sha256)
        if not right:
            # This is no alarm: an installed package may have another version, and a damaged file is fetched again.
            log.info("%s: %s is not the file that the catalogue names", entry.name, path)
        return right

    def _package(self, entry: Entry) -> Path | None:
        """The folder inside an installed package that holds all files of a model under their own names."""
        folders = set()
        for file in entry.files:
            folder = _installed_folder(file)
            if folder is None:
                return None
            folders.add(folder)
        return folders.pop() if len(folders) == 1 else None

    def _cached(self, entry: Entry, file: ModelFile) -> Path:
        return self.root / entry.name / file.path

    @staticmethod
    def _whole(entry: Entry, folder: Path) -> Path:
        return folder / entry.files[0].path if len(entry.files) == 1 else folder

    def _ledger(self, entry: Entry) -> Ledger:
        return Ledger(self.root / ".checked" / f"{entry.name}.json")

    # --- getting ----------------------------------------------------------------------------------------------------

    def _pull(self, entry: Entry, report: Report) -> Path:
        """Fetch the missing files. If several processes want them at once, one fetches and the others wait."""
        with writing(self.root), self._lock(entry, report):
            folder = self.root / entry.name
            missing = [file for file in entry.files if not self._right(entry, file, folder / file.path)]
            if missing:
                Fetching(entry, folder, self.root / ".fetching" / entry.name, self._ledger(entry), report).run(missing)
        report(Progress(entry.name, "ready", entry.size, entry.size))
        return self._whole(entry, folder)

    @contextmanager
    def _lock(self, entry: Entry, report: Report) -> Iterator[None]:
        from filelock import FileLock, Timeout  # not needed if the model is on this machine

        locks = self.root / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        lock = FileLock(locks / f"{entry.name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log.info("%s: waiting for another process that fetches it", entry.name)
            report(Progress(entry.name, "waiting", 0, entry.size))
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _hub(self, text: str, *, shown: bool) -> Path:
        from models.store import hub  # only hub ids need it

        try:
            source = Source.parse(text)
        except ValueError as error:
            raise ModelUnavailable(f"{text!r} is not a hub id; expected hub:ORG/REPO[@REVISION][#FILE]") from error
        with writing(self.root):
            return hub.locate(source, self.root / ".hub", shown=shown)

    def _local(self, text: str) -> Path:
        path = Path(text).expanduser()
        if not path.exists():
            raise ModelUnavailable(
                f"{text!r}: neither a file or folder here nor a model of the catalogue{self._alike(text)}"
            )
        return path.absolute()

    def _alike(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.catalog.entries, n=3)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ";"
        return f"{hint} (parley models list shows all)"


def _installed_folder(file: ModelFile) -> Path | None:
    for parts in file.sources:
        if len(parts) == 1 and parts[0].kind in ("pypi", "package") and parts[0].member.endswith(file.path):
            try:
                path = installed(parts[0])
            except SourceFailed:
                continue
            return path.parents[file.path.count("/")]
    return None


def _is_size(path: Path, file: ModelFile) -> bool:
    return path.is_file() and path.stat().st_size == file.size


def _quiet(progress: Progress) -> None:
    """Ignore the progress."""
