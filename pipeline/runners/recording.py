"""Records sessions: journals whose headers name the versions of Parley, the engines and the models."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from models.context import User
from models.store.catalogue import builtin
from pipeline.graph.build import Built
from pipeline.graph.dump import dump
from pipeline.graph.engines import Made
from pipeline.graph.mistakes import dotted
from pipeline.graph.registry import OWN
from pipeline.runtime.journal import EngineUsed, Header, Journal


def open_journal(folder: Path, built: Built, user: User) -> Journal:
    """Open a journal in `folder` for one session of `user` on that graph. Raises JournalError."""
    packets = {kind for node in built.graph.nodes for kind in node.emits}
    return Journal(folder, header(built, user), dump(built.spec.name, built.spec.root), packets)


def header(built: Built, user: User) -> Header:
    """The header of a journal for a session that begins now."""
    packages = _Packages()
    return Header(
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        parley=metadata.version(OWN),
        python=f"{platform.python_version()} {platform.system()} {platform.machine()}",
        graph=built.graph.name,
        user=user.id,
        sample_rate=built.graph.sample_rate,
        engines=tuple(_used(made, built, packages) for made in built.engines),
    )


class _Packages:
    """Finds the packages that modules come from."""

    def __init__(self) -> None:
        self._owners = metadata.packages_distributions()

    def versions(self, *modules: str) -> dict[str, str]:
        """Versions of the packages that hold these modules; a module without a package is left out."""
        owners = [owner for module in modules for owner in self._owners.get(module.partition(".")[0], ())]
        return {owner: metadata.version(owner) for owner in dict.fromkeys(owners)}


def _used(made: Made, built: Built, packages: _Packages) -> EngineUsed:
    engine = made.engine
    options = built.spec.root.get(*made.path, "with")
    return EngineUsed(
        place=dotted(made.path),
        step=made.step,
        name=made.name,
        options=options.shown() if options else {},
        packages=packages.versions(type(engine).__module__, *engine.requires),
        weights={name: _checksums(name) for name in engine.weights()},
    )


def _checksums(model: str) -> Mapping[str, str]:
    """SHA-256 of a model's files by path; none where the catalogue does not know it."""
    entry = builtin().entries.get(model)
    return {file.path: file.sha256 for file in entry.files} if entry else {}
