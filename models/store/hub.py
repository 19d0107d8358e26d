"""Fetches sources of the form ``hub:ORG/REPO[@REVISION][#FILE]`` with the ordinary client of the model hub.

Files that it fetches directly stay in the client's own cache, where other programs find them too. They have no checksum
in Parley's catalogue. The client checks their size; to be sure of their content, pin a revision.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from models.errors import ModelUnavailable, SourceFailed
from models.store.catalogue import Source
from models.store.files import DENIED, FULL, whole

log = logging.getLogger(__name__)

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.h5", "*.msgpack", "*.pkl", "*.pickle")
"""Weights in other forms, which are left out where a repository has safetensors. They hold the same numbers, and
opening a pickle runs the code in it."""

GLANCE = 3.0
"""Seconds to wait for the hub's answer where it is only asked whether it is there."""
REPLY = 10.0
"""Seconds to wait for the hub's first answer."""


def fetch_file(source: Source, folder: Path) -> Path:
    """Fetch one file of a repository into `folder`. Raises SourceFailed, or OSError if the disk is full."""
    from huggingface_hub import hf_hub_download

    with _silence(), _reasons():
        revision = _files(source)[0]
        return Path(hf_hub_download(source.name, source.member, revision=revision, local_dir=folder))


def locate(source: Source, marks: Path, *, shown: bool = False) -> Path:
    """The file or folder that a source names. It is fetched at first use, and later the hub is not asked again.

    A repository counts as complete once a mark in the folder `marks` says so. If `shown`, the client draws its own
    progress bars, because only the client knows the size. Raises ModelUnavailable with the remedy.
    """
    try:
        with nullcontext() if shown else _silence():
            return _file(source) if source.member else _folder(source, marks)
    except SourceFailed as error:
        raise ModelUnavailable(
            f"{source}: {error}\n"
            "  Remedy: connect this machine to the hub, or fetch it on another one with\n"
            f"    hf download {source.name} {source.member}".rstrip()
            + "\n  and give its path here instead of the hub id."
        ) from error


def answers(source: Source) -> bool:
    """Whether a file or a repository is in the client's cache, or the hub knows it and answers at once."""
    from huggingface_hub import HfApi, try_to_load_from_cache

    if source.member and isinstance(try_to_load_from_cache(source.name, source.member), str):
        return True
    try:
        with _silence(), _reasons():
            HfApi().model_info(source.name, revision=source.version or None, timeout=GLANCE)
    except (SourceFailed, OSError):
        return False
    return True


def _file(source: Source) -> Path:
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    with _reasons():
        cached = try_to_load_from_cache(source.name, source.member, revision=source.version or None)
        if isinstance(cached, str):
            return Path(cached)
        log.info("%s: fetching", source)
        _files(source)
        return Path(hf_hub_download(source.name, source.member, revision=source.version or None))


def _folder(source: Source, marks: Path) -> Path:
    from huggingface_hub import snapshot_download

    mark = marks / (source.package.removeprefix("hub:").replace("/", "--") + ".txt")
    if mark.is_file() and (folder := Path(mark.read_text(encoding="utf-8"))).is_dir():
        return folder
    log.info("%s: fetching", source)
    with _reasons():
        skip = list(PICKLES) if any(name.endswith(".safetensors") for name in _files(source)[1]) else None
        folder = Path(snapshot_download(source.name, revision=source.version or None, ignore_patterns=skip))
    with whole(mark) as file:
        file.write(str(folder).encode())
    return folder


def _files(source: Source) -> tuple[str | None, list[str]]:
    """The commit and the files of a repository.

    This is asked before anything is fetched: without a network this question fails at once, while a download tries
    again for half a minute."""
    from huggingface_hub import HfApi

    info = HfApi().model_info(source.name, revision=source.version or None, timeout=REPLY)
    return info.sha, [file.rfilename for file in info.siblings or ()]


@contextmanager
def _silence() -> Iterator[None]:
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


@contextmanager
def _reasons() -> Iterator[None]:
    """Turn the client's exceptions into SourceFailed with a few words. The OSError of a full disk passes."""
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        raise SourceFailed("the repository asks for permission: accept its terms, then run hf auth login") from error
    except errors.RepositoryNotFoundError as error:
        raise SourceFailed("the hub has no such repository, or it is private: hf auth login") from error
    except errors.RevisionNotFoundError as error:
        raise SourceFailed("the repository has no such revision") from error
    except errors.LocalEntryNotFoundError as error:
        raise SourceFailed("the hub cannot be reached") from error
    except errors.EntryNotFoundError as error:
        raise SourceFailed("the repository has no such file") from error
    except errors.HFValidationError as error:
        raise SourceFailed(f"not a valid hub id: {_brief(error)}") from error
    except Exception as error:  # network errors are those of the HTTP library that the client uses
        if isinstance(error, OSError) and error.errno in FULL | DENIED:
            raise
        raise SourceFailed(f"the hub cannot be reached: {_brief(error)}") from error


def _brief(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
