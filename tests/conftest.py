"""What many tests share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Generator, Iterator

import pytest
from support import needs
from support.needs import needing

from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph


@pytest.fixture(scope="session")
@needing("model")
def assistant() -> Iterator[Graph]:
    """The assistant with real engines, on the smaller language model: tests hold several copies of it in memory."""
    graph = open_graph("assistant-small", ["stages.task.with.world=:memory:"])
    asyncio.run(graph.load())
    yield graph
    asyncio.run(graph.close())


def pytest_configure() -> None:
    needs.watch()


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        needs.mark(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with needs.held_to(item):
        return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything can be installed, a test that was skipped is one that should have run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("PARLEY_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
