"""Fetching from a model hub on loopback with the real client, in processes of its own: it reads its settings once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.registries import UNREACHABLE, Registry, point_clients_at

pytestmark = pytest.mark.model  # the client of a hub fetches models

DATA = random.Random(3).randbytes(100_000)

CHILD = """
import json, pathlib, sys
from models.errors import ModelError
from models.store.store import Store
from support.registries import catalog, model
data = pathlib.Path(sys.argv[2]).read_bytes()
toy = model("toy", {"toy.gguf": (data, ["hub:org/toy#sub/toy.gguf"])})
store, answers = Store(pathlib.Path(sys.argv[1]) / "models", catalog(toy)), []
for name in sys.argv[3:]:
    try:
        path = store.locate(name)
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        answers.append({"path": str(path), "files": sorted(file.name for file in files)})
    except ModelError as error:
        answers.append({"error": str(error), "kind": type(error).__name__})
print(json.dumps(answers))
"""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Registry]:
    with Registry().serve() as registry:
        point_clients_at(monkeypatch, registry.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        (tmp_path / "data").write_bytes(DATA)
        yield registry


def locate(tmp_path: Path, *names: str, **environment: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), str(tmp_path / "data"), *names],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "a library prints nothing"
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_a_hub_is_asked_once(hub: Registry, tmp_path: Path) -> None:
    hub.add_repository("org/one", {"sub/toy.gguf": DATA, "other.gguf": b"other"})
    hub.add_repository("org/all", {"model.safetensors": DATA, "config.json": b"{}", "pytorch_model.bin": DATA[::-1]})
    names = ("hub:org/one#sub/toy.gguf", "hub:org/all")
    file, folder = locate(tmp_path, *names)
    assert Path(file["path"]).read_bytes() == DATA
    assert folder["files"] == ["config.json", "model.safetensors"], "no pickle where there are safetensors"
    assert locate(tmp_path, *names, HF_ENDPOINT=UNREACHABLE) == [file, folder]


def test_a_model_of_the_catalogue_can_come_from_a_hub(hub: Registry, tmp_path: Path) -> None:
    hub.add_repository("org/toy", {"sub/toy.gguf": DATA})
    [answer] = locate(tmp_path, "toy")
    assert answer["path"] == str(tmp_path / "models" / "toy" / "toy.gguf")
    assert Path(answer["path"]).read_bytes() == DATA


def test_a_hub_that_gives_something_else_is_refused(hub: Registry, tmp_path: Path) -> None:
    hub.add_repository("org/toy", {"sub/toy.gguf": DATA[::-1]})
    [answer] = locate(tmp_path, "toy")
    assert answer["kind"] == "ModelCorrupt"
    assert not (tmp_path / "models" / "toy" / "toy.gguf").exists()


def test_what_a_hub_does_not_have_is_named(hub: Registry, tmp_path: Path) -> None:
    hub.add_repository("org/toy", {"sub/toy.gguf": DATA})
    repository, file, invalid = locate(tmp_path, "hub:org/nothing", "hub:org/toy#nothing.gguf", "hub:-/-#x")
    assert "the hub has no such repository" in repository["error"]
    assert "the repository has no such file" in file["error"]
    assert "not a valid hub id" in invalid["error"]
    assert repository["kind"] == file["kind"] == invalid["kind"] == "ModelUnavailable"


@pytest.mark.parametrize("environment", [{"HF_ENDPOINT": UNREACHABLE}, {"HF_HUB_OFFLINE": "1"}])
def test_without_a_network_the_remedy_is_named(hub: Registry, tmp_path: Path, environment: dict[str, str]) -> None:
    [answer] = locate(tmp_path, "hub:org/toy#sub/toy.gguf", **environment)
    assert "the hub cannot be reached" in answer["error"]
    assert "hf download org/toy sub/toy.gguf" in answer["error"]
