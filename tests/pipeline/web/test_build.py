"""The built page that is shipped is what its sources build."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.pages import WEB

from pipeline.wire.schema import schema


@pytest.mark.browser
def test_the_shipped_page_is_what_its_sources_build(tmp_path: Path) -> None:
    if not (WEB / "node_modules").is_dir():
        npm("ci")
    npm("run", "build", "--", "--outDir", str(tmp_path), "--emptyOutDir")
    assert contents(tmp_path) == contents(WEB / "dist"), "run: cd pipeline/web && npm ci && npm run build"


def npm(*words: str) -> None:
    quiet = os.environ | {"NO_COLOR": "1"}
    done = subprocess.run(["npm", *words], cwd=WEB, capture_output=True, text=True, timeout=300, check=False, env=quiet)
    assert done.returncode == 0, done.stdout + done.stderr


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_shipped_names_no_place_it_came_from() -> None:
    assert not [name for name, data in contents(WEB / "dist").items() if str(WEB.parents[1]).encode() in data]
    assert '"resolved"' not in (WEB / "package-lock.json").read_text("utf-8")


SOURCE = (WEB / "src" / "protocol" / "messages.ts").read_text("utf-8")
RENAMED = {"Error": "ErrorIs"}
"""Where TypeScript has another meaning for a name."""


@pytest.mark.parametrize("name", sorted({*schema()["$defs"]} - {"FromClient", "FromServer"}))
def test_the_page_knows_the_protocol(name: str) -> None:
    """Every message has the fields that the server's has; those that it gives a default may be left out by a client."""
    known = fields(RENAMED.get(name, name))
    definition: dict[str, Any] = schema()["$defs"][name]
    assert known == set(definition["properties"])


def fields(name: str) -> set[str]:
    """Of an interface, with those of the one that it extends."""
    found = re.search(rf"export interface {name} (?:extends (\w+) )?{{\n(.*?)\n}}", SOURCE, re.DOTALL)
    assert found, f"messages.ts has no {name}"
    inherited = {"Look": {"name", "start", "duration", "weight"}, "Movement": {"name", "start"}}.get(found[1], set())
    return inherited | set(re.findall(r"^  (\w+)\??:", found[2], re.MULTILINE))
