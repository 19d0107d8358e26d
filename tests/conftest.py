"""What many tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph


@pytest.fixture(scope="session")
def assistant() -> Iterator[Graph]:
    """The graph that the demo uses, with its real engines."""
    graph = open_graph("assistant", ["stages.task.with.world=:memory:"])
    asyncio.run(graph.load())
    yield graph
    asyncio.run(graph.close())
