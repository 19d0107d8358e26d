"""Opens a graph for a command: its models are fetched with a bar, its engines loaded, and closed in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from rich.console import Console

from pipeline.cli.bars import bars
from pipeline.graph.graph import Graph

T = TypeVar("T")


async def loaded(graph: Graph, work: Callable[[Graph], Awaitable[T]], *, silent: bool = False) -> T:
    """Do `work` with the graph, loaded. Raises EngineFailed, ModelError."""
    console = Console(stderr=True, quiet=silent)
    await asyncio.to_thread(bring, graph.weights(), console)
    try:
        with console.status("loading the engines", spinner="dots"):
            await graph.load()
        return await work(graph)
    finally:
        await graph.close()


def bring(models: Sequence[str], console: Console) -> None:
    """Have the models on this machine, and show how what is missing comes. Raises ModelError."""
    from models.store.store import Store

    store = Store()
    with bars(console) as report:
        for model in models:
            if model in store.catalog.entries and store.state(model).path is None:
                store.locate(model, report)
