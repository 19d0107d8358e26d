"""The demo takes the largest of the shipped assistants that the machine carries."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from models.store import hub
from models.store.machine import GIB
from models.store.store import Store
from pipeline.cli import largest as module
from pipeline.cli.largest import LADDER, largest
from pipeline.graph.build import open_graph


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What the machine has: ``memory`` in GiB, and 1 for a ``hub`` that answers."""
    has = {"memory": 32.0, "hub": 1.0}
    monkeypatch.setattr(module, "free_memory", lambda: int(has["memory"] * GIB))
    monkeypatch.setattr(hub, "answers", lambda source: bool(has["hub"]))
    return has


def test_a_large_machine_gets_the_largest_graph(machine: dict[str, float], tmp_path: Path) -> None:
    choice = largest(Store(tmp_path), cores=8)
    assert str(choice) == "graph assistant-plus, the largest that this machine carries"


@pytest.mark.parametrize(
    ("has", "cores", "graph", "why"),
    [
        ({}, 2, "assistant", "assistant-plus wants 8 cores, and there are 2"),
        ({"memory": 4.0}, 8, "assistant", "assistant-plus wants 8 GiB of memory, and 4.0 GiB are free"),
        ({"hub": 0.0}, 8, "assistant", "which is not here and cannot be fetched"),
        ({"memory": 1.5}, 8, "assistant-small", "assistant wants 3 GiB of memory, and 1.5 GiB are free"),
    ],
)
def test_what_the_machine_lacks_is_told(
    machine: dict[str, float], tmp_path: Path, has: dict[str, float], cores: int, graph: str, why: str
) -> None:
    machine.update(has)
    choice = largest(Store(tmp_path), cores)
    assert choice.graph == graph
    assert why in str(choice)


def test_a_full_disk_has_room_for_no_model(
    machine: dict[str, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=0))
    assert largest(Store(tmp_path), cores=2).graph == "assistant-small"


def test_every_rung_is_a_graph_that_opens() -> None:
    for rung in LADDER:
        assert open_graph(rung.graph).name == rung.graph
