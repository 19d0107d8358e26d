"""Asks a graph's intent stage alone what phrasings mean, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

from models.context import DEFAULT, Context
from pipeline.errors import GraphError
from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.packets import Intent, Transcript
from pipeline.stages.intent import IntentStage
from pipeline.stages.stage import Turn


class StageRecogniser:
    """The intent stage of a graph as an engine is called."""

    def __init__(self, runner: asyncio.Runner, stage: IntentStage) -> None:
        self._runner, self._stage = runner, stage

    def understand(self, text: str, context: Context = DEFAULT) -> tuple[Intent, ...]:
        """The commands of one utterance, as the graph's task stage would get them."""
        return self._runner.run(self._ask(text, context))

    async def _ask(self, text: str, context: Context) -> tuple[Intent, ...]:
        async def inputs() -> AsyncIterator[Transcript]:
            yield Transcript(text, context.language, 0.0, 1.0)

        return tuple([found async for found in self._stage.run(inputs(), Turn("phrasing", context))])


@contextmanager
def graph_recogniser(graph: str, options: Sequence[str]) -> Iterator[StageRecogniser]:
    """The recogniser of a graph, with no other engine loaded than those of the intent and the task. Raises GraphError
    where the graph has no intent stage."""
    with asyncio.Runner() as runner:
        opened = open_graph(graph, list(options))
        stage = runner.run(_loaded(opened))
        try:
            yield StageRecogniser(runner, stage)
        finally:
            runner.run(opened.close())


async def _loaded(graph: Graph) -> IntentStage:
    stage = next((node.stage for node in graph.nodes if isinstance(node.stage, IntentStage)), None)
    if stage is None:
        raise GraphError(f"graph '{graph.name}' has no intent stage; name a graph that acts on what is said")
    for host in graph.hosts:
        if host.name in (stage.host.name, stage.options.skills):
            await host.load()
    await stage.prepare({node.name: node.stage for node in graph.nodes})
    return stage
