"""Opens a graph for a command: fetches its models with a progress bar, loads its engines, and closes them at the
end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from rich.console import Console

from pipeline.cli.bars import bars, say
from pipeline.graph.graph import Graph

T = TypeVar("T")


async def loaded(graph: Graph, work: Callable[[Graph], Awaitable[T]], *, silent: bool = False) -> T:
    """Load the graph, do `work` with it, and close it. Raises EngineFailed, ModelError."""
    console = Console(stderr=True, quiet=silent)
    await asyncio.to_thread(bring, graph.weights(), console)
    try:
        with console.status("loading the engines", spinner="dots"):
            await graph.load()
        for line in graph.passed_over:
            say(Console(stderr=True), f"parley: {line}")
        return await work(graph)
    finally:
        await graph.close()


def bring(models: Sequence[str], console: Console) -> None:
    """Fetch the models that are not on this machine, and show the progress. Raises ModelError."""
    from models.store.store import Store

    store = Store()
    with bars(console) as report:
        for model in models:
            if model in store.catalog.entries and store.state(model).path is None:
                store.locate(model, report)
