"""Chooses the largest of the shipped graphs that this machine carries."""

from __future__ import annotations

import os
from dataclasses import dataclass

from models.store.machine import GIB, free_memory
from models.store.store import Store
from pipeline.graph.build import open_graph


@dataclass(frozen=True, slots=True)
class Rung:
    """A shipped graph, and what a machine needs for it beside the models."""

    graph: str
    memory: float = 0.0
    """GiB that must be free."""
    cores: int = 1
    """Cores with which its language model keeps up with speech."""


LADDER = (Rung("assistant-plus", 8.0, 8), Rung("assistant", 3.0), Rung("assistant-small"))
"""The largest first. The last one is for any machine."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The graph that was chosen, and why no larger one was."""

    graph: str
    passed_over: tuple[str, ...]
    """A clause for each larger graph: what it lacks here."""

    def __str__(self) -> str:
        why = f" ({'; '.join(self.passed_over)})" if self.passed_over else ""
        return f"graph {self.graph}, the largest that this machine carries{why}"


def largest(store: Store | None = None, cores: int | None = None) -> Choice:
    """The largest graph of the ladder for which there are memory, cores and models, or ways to fetch these.

    `cores` None takes those of the machine. Asking a model hub takes up to a few seconds."""
    store, cores = store or Store(), cores or os.cpu_count() or 1
    passed: list[str] = []
    for rung in LADDER[:-1]:
        lack = _lack(rung, store, cores)
        if not lack:
            return Choice(rung.graph, tuple(passed))
        passed.append(f"{rung.graph} {lack}")
    return Choice(LADDER[-1].graph, tuple(passed))


def _lack(rung: Rung, store: Store, cores: int) -> str:
    """What the machine lacks for a graph, as the end of a sentence; empty for nothing."""
    if cores < rung.cores:
        return f"wants {rung.cores} cores, and there are {cores}"
    free = free_memory()
    if free is not None and free < rung.memory * GIB:
        return f"wants {rung.memory:g} GiB of memory, and {free / GIB:.1f} GiB are free"
    missing = next((model for model in open_graph(rung.graph).weights() if not store.obtainable(model)), "")
    return f"needs {missing}, which is not here and cannot be fetched" if missing else ""
