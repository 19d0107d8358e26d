"""What many tests share."""

from __future__ import annotations

import asyncio
import os
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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything can be installed, a test that was skipped is one that should have run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("PARLEY_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
