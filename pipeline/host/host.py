"""Ranks of engines: a stage asks the first that speaks the wanted language, and the next where one fails or is late.

A `Host` is what a stage holds; the threads of its engines are those of `pipeline.host.threads`.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from typing import Generic, TypeVar

from models.protocols import Engine, speaks
from pipeline.errors import EngineFailed, traced
from pipeline.host.threads import END, EngineThread, drop

E = TypeVar("E", bound=Engine)
T = TypeVar("T")

log = logging.getLogger(__name__)


class Host(Generic[E]):
    """The ranked engines of one stage, shared by every session."""

    def __init__(self, name: str, threads: Sequence[EngineThread[E]]) -> None:
        self.name = name
        self.passed_over: list[str] = []
        """A sentence for each engine that could not be loaded or prepared, while others could."""
        self._threads = tuple(threads)

    @property
    def engine(self) -> E:
        """The best engine, to read its constants from; work goes through `call` and `stream`."""
        return self._threads[0].rank.engine

    @property
    def acts(self) -> bool:
        """True where calls of any ranked engine depend on the world outside, or change it."""
        return any(thread.rank.engine.acts for thread in self._threads)

    def weights(self) -> tuple[str, ...]:
        """Names in the model catalogue that the ranked engines open."""
        return tuple(name for thread in self._threads for name in thread.rank.engine.weights())

    async def load(self) -> None:
        """Load every ranked engine; one that cannot is passed over, unless none is left. Raises EngineFailed."""
        await self._keep("be loaded", EngineThread.load)

    async def each(self, work: Callable[[E], object]) -> None:
        """Prepare every ranked engine alike, without a deadline; one that fails is passed over from now on, unless none
        is left. Raises EngineFailed."""
        await self._keep("be prepared", lambda thread: thread.prepare(work))

    async def call(self, work: Callable[[E], T], language: str = "") -> T:
        """Run `work` on the best engine that completes it in time, among those that speak `language`.

        `language` is an ISO 639-1 code; empty asks all engines. Raises EngineFailed."""
        return await self._best(lambda thread: thread.call(work), language)

    async def stream(self, work: Callable[[E], Iterator[T]], language: str = "") -> AsyncGenerator[T, None]:
        """Iterate on the best engine whose first item comes in time, among those that speak `language`, as in `call`.
        Raises EngineFailed.

        Other sessions' work may run between two items. After the first item, a failure is final."""
        (items, item), thread = await self._best(lambda thread: _with(thread, thread.open(work)), language)
        try:
            while item is not END:
                yield item
                item = await thread.step(items)
        finally:
            thread.submit(lambda: drop(items))

    async def close(self) -> None:
        """Free the engines."""
        for thread in self._threads:
            await thread.close()

    async def _keep(self, step: str, attempt: Callable[[EngineThread[E]], Awaitable[object]]) -> None:
        """Attempt a step on every engine, and keep those that completed it. Raises EngineFailed."""
        usable, failures = [], []
        for thread in self._threads:
            try:
                await attempt(thread)
                usable.append(thread)
            except Exception as error:  # noqa: BLE001  an engine may raise anything; the next in rank takes its place
                failures.append((thread.rank.name, error))
        if not usable:
            name, cause = failures[0]
            raise EngineFailed(f"{self.name}: {name} cannot {step}: {cause}") from cause
        for name, cause in failures:  # logged in full: these steps are given nothing that a user said
            log.warning("%s: %s cannot %s, so the next engine takes its place: %s", self.name, name, step, cause)
            self.passed_over.append(f"{self.name}: {name} cannot {step}, so the next engine takes its place: {cause}")
        self._threads = tuple(usable)

    def speaking(self, language: str) -> E:
        """The engine that is asked first for a language, to read its constants from; see `engine`."""
        return self._fluent(language)[0].rank.engine

    def _fluent(self, language: str) -> Sequence[EngineThread[E]]:
        """The threads of the engines that speak a language, the best first. Raises EngineFailed for none."""
        if not language:
            return self._threads
        fluent = [thread for thread in self._threads if speaks(thread.rank.engine, language)]
        if not fluent:
            spoken = "; ".join(
                f"{thread.rank.name} works in {', '.join(sorted(thread.rank.engine.languages))}"
                for thread in self._threads
            )
            raise EngineFailed(
                f"{self.name}: no engine works in {language!r}: {spoken}; name one that does as a fallback"
            )
        return fluent

    async def _best(self, attempt: Callable[[EngineThread[E]], Awaitable[T]], language: str) -> T:
        failures: list[Exception] = []
        threads = self._fluent(language)
        for thread in threads:
            try:
                if thread.stuck:
                    raise TimeoutError(f"{thread.rank.name} still works on something that missed its deadline")
                return await attempt(thread)
            except Exception as error:  # noqa: BLE001  an engine may raise anything
                failures.append(error)
                if thread is not threads[-1]:
                    why = traced(error)
                    log.warning("%s: %s failed, so the next engine is asked: %s", self.name, thread.rank.name, why)
        last, engine = failures[-1], threads[-1].rank.name
        raise EngineFailed(str(last) or type(last).__name__, engine) from last


async def _with(thread: EngineThread[E], result: Awaitable[T]) -> tuple[T, EngineThread[E]]:
    return await result, thread
