"""Which sound files are meant, what the answers to them are called, and how a path is shown to a person."""

from __future__ import annotations

import glob
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import MediaError

SUFFIXES = frozenset(
    (".wav", ".wave", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".flac", ".mp3", ".ogg", ".oga")
) | frozenset((".opus", ".m4a", ".m4b", ".mp4", ".aac", ".3gp", ".amr", ".webm", ".mka", ".mkv", ".wma"))
"""What sound files are called; only folders and wildcards are searched by it, a file named outright is always read."""

ANSWER = ".reply.wav"
"""How the sound of an answer is called; folders are searched without them, or a second run would answer the first."""


BESIDE = (".reply", ".visemes", ".face")
"""How names end, up to the suffix, of files that lie beside an answer: ``x.reply.srt``, ``x.visemes.json``."""


def shown(path: Path | str) -> str:
    """`path` on one line that any terminal and log can print, whatever bytes its name holds."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in str(path)
    )


def alike(name: str) -> str:
    """The same text for all names that some file system takes for one: it ignores case, and how accents are coded."""
    return unicodedata.normalize("NFC", name).casefold()


def find_audio(inputs: Sequence[str], outside: Path | None = None) -> list[Path]:
    """The sound files that files, folders (with all that is below them) and wildcards name, each once.

    Files of a folder or wildcard come sorted, without hidden ones and without those below `outside`, which is where the
    answers go, unless the search itself begins in there. An input that leads to no sound stays in the list, so that
    reading it says what is wrong with it while the others are answered. Raises MediaError if none leads to anything."""
    found: dict[str, Path] = {}
    for given in inputs:
        for path in _expand(given, outside):
            found.setdefault(os.path.realpath(path), path)
    paths = list(found.values())
    if not any(path.is_file() for path in paths):
        named = ", ".join(shown(given) for given in inputs) or "(no input)"
        raise MediaError(f"{named}: no sound file found; name files, folders or wildcards such as recordings/*.wav")
    return paths


def _expand(given: str, outside: Path | None) -> list[Path]:
    path = Path(given).expanduser()
    if _within(_root(path), outside):
        outside = None
    if path.is_dir():
        return sorted(_below(path, outside)) or [path]
    if path.exists() or not glob.has_magic(given):
        return [path]
    # Shells on Windows leave wildcards to the program.
    matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))
    files = [match for match in matches if match.is_file() and _is_sound(match) and not _within(match, outside)]
    return files or [path]


def _root(path: Path) -> Path:
    """The folder where a search for `path` begins."""
    return path if path.is_dir() else next(parent for parent in path.parents if not glob.has_magic(str(parent)))


def _below(folder: Path, outside: Path | None) -> Iterator[Path]:
    unreadable: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: unreadable.append(Path(error.filename))):
        folders[:] = [name for name in folders if name[0] != "." and not _within(Path(parent, name), outside)]
        yield from (path for name in files if _is_sound(path := Path(parent, name)))
    yield from unreadable


def _is_sound(path: Path) -> bool:
    name = path.name.lower()
    return not name.startswith(".") and not name.endswith(ANSWER) and path.suffix.lower() in SUFFIXES


def _within(path: Path, folder: Path | None) -> bool:
    return folder is not None and path.resolve().is_relative_to(folder.resolve())


def unique_names(paths: Sequence[Path], reserved: Sequence[str] = ("summary",)) -> dict[Path, str]:
    """A name for the answer to each path, no two that a file system may take for one, and none in `reserved`.

    A file's own name without its suffix where that is enough, else with its suffix or its folders: ``x``, ``x-mp3``,
    ``a-x``. None looks like a file that lies beside another's answer. The names depend on the set of paths, not on its
    order."""
    candidates = {
        path: [name for name in dict.fromkeys(_names(path)) if not alike(name).endswith(BESIDE)] for path in paths
    }
    uses = Counter(alike(name) for names in candidates.values() for name in names)
    uses.update(dict.fromkeys((alike(name) for name in reserved), 2))
    chosen: dict[Path, str] = {}
    for path in sorted(candidates):
        free = (name for name in candidates[path] if uses[alike(name)] == 1)
        chosen[path] = next(free, None) or _numbered(path.stem, uses)
    return {path: chosen[path] for path in paths}


def _names(path: Path) -> Iterator[str]:
    stem, suffix = path.stem, path.suffix[1:]
    yield stem
    if suffix:
        yield f"{stem}-{suffix}"
    for parent in path.absolute().parents:
        stem = f"{parent.name}-{stem}"
        yield stem
        if suffix:
            yield f"{stem}-{suffix}"


def _numbered(stem: str, uses: Counter[str]) -> str:
    number = 2
    while uses[alike(f"{stem}-{number}")]:
        number += 1
    uses[alike(f"{stem}-{number}")] = 2
    return f"{stem}-{number}"
