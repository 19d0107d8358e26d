"""Opens a graph for a command: its models are fetched with a bar, its engines loaded, and closed in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from pipeline.graph.graph import Graph

if TYPE_CHECKING:
    from models.fetching import Progress as Fetched

T = TypeVar("T")


async def opened(
    name: str, overrides: Sequence[str], work: Callable[[Graph], Awaitable[T]], *, silent: bool = False
) -> T:
    """Do `work` with the loaded graph. Raises GraphError, EngineFailed, ModelError."""
    from pipeline.graph.build import open_graph

    graph = open_graph(name, overrides)
    console = Console(stderr=True, quiet=silent)
    await asyncio.to_thread(bring, graph.weights(), console)
    try:
        with console.status("loading the engines", spinner="dots"):
            await graph.load()
        return await work(graph)
    finally:
        await graph.close()


def bring(names: Sequence[str], console: Console) -> None:
    """Have the models of the catalogue on this machine, showing a bar for what must be fetched. Raises ModelError."""
    from models.store import Store

    store = Store()
    absent = [name for name in names if name in store.catalog.entries and store.state(name).path is None]
    columns = (TextColumn("fetching {task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        for name in absent:
            if not console.is_terminal:
                console.print(f"fetching {name} ({store.entry(name).size / 1e6:.0f} MB)", highlight=False)
            store.locate(name, _shown(progress, progress.add_task(name, total=store.entry(name).size)))


def _shown(progress: Progress, task: TaskID) -> Callable[[Fetched], None]:
    def report(fetched: Fetched) -> None:
        progress.update(task, completed=fetched.done)

    return report
