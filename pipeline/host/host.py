"""Runs synchronous engines for the asynchronous pipeline; all threading is in this module.

A `Host` is what a stage holds. It runs each engine on a thread of its own, so calls never overlap and cancelling lands
between items, and it goes down a ranked list of engines when one fails or is late.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, ParamSpec, TypeVar, cast

from models.protocols import Engine
from pipeline.errors import EngineFailed, traced
from pipeline.host.meter import METER

E = TypeVar("E", bound=Engine)
P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)
_END: Any = object()

CLOSING = 10.0
"""Seconds that an engine has to finish its work when its graph is closed."""


@dataclass(frozen=True, slots=True)
class Rank(Generic[E]):
    """One engine of a stage, and how long it may take."""

    name: str
    engine: E
    deadline: float | None = None
    """Seconds until the result of a call, or the first item of a stream; None sets no limit."""


class Worker(Executor):
    """A thread that does one piece of work after another.

    It is a daemon thread, unlike those of concurrent.futures: an engine that hangs must not keep the process from
    ending. Work whose result is awaited is submitted by `run_in_executor`, so the event loop knows of it."""

    def __init__(self, name: str) -> None:
        self._name, self._started = name, False
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do `work` after the work submitted earlier."""
        if not self._started:
            self._started = True
            Thread(target=self._run, name=self._name, daemon=True).start()
        future: Future[T] = Future()
        self._jobs.put((future, partial(work, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:
        """End after the work submitted earlier. It returns at once, whatever `wait` says."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, work = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001  the caller that awaits the result gets it
                future.set_exception(error)
            del job, future, work  # otherwise the last result would live until the next job


class Job(Generic[T]):
    """A piece of work for an engine's thread, which measures how long it was queued."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work, self._meter, self._asked = work, METER.get(), time.perf_counter()
        self.running = False

    def __call__(self) -> T:
        self.running = True
        if self._meter is not None:
            self._meter.queued += time.perf_counter() - self._asked
        try:
            return self._work()
        finally:
            self.running = False


class EngineThread(Generic[E]):
    """One engine and its thread."""

    def __init__(self, rank: Rank[E]) -> None:
        self.rank = rank
        self._worker = Worker(rank.name)
        self._overdue: Job[Any] | None = None
        self._loaded: asyncio.Task[None] | None = None

    @property
    def stuck(self) -> bool:
        """True while the engine still works on something that missed its deadline."""
        return self._overdue is not None and self._overdue.running

    async def load(self) -> None:
        """Load the engine once, however many sessions ask at the same time."""
        if self._loaded is None:
            self._loaded = asyncio.create_task(self._run(self.rank.engine.load))
        try:
            await asyncio.shield(self._loaded)
        except Exception:
            self._loaded = None  # a cause such as a missing network may pass, so the next caller tries again
            raise

    async def call(self, work: Callable[[E], T]) -> T:
        """Run `work` on the engine. Raises TimeoutError past the rank's deadline."""
        return await self._run(lambda: work(self.rank.engine), self.rank.deadline)

    async def prepare(self, work: Callable[[E], object]) -> None:
        """Run `work` on the engine before it serves anyone; it may take longer than the rank's deadline."""
        await self._run(lambda: work(self.rank.engine))

    async def open(self, work: Callable[[E], Iterator[T]]) -> tuple[Iterator[T], T]:
        """Begin an iteration; returns the iterator, and its first item or the end mark.

        Raises TimeoutError past the rank's deadline."""
        opened: list[Iterator[T]] = []

        def first(engine: E) -> T:
            opened.append(work(engine))
            return cast(T, next(opened[0], _END))

        try:
            item = await self.call(first)
        except BaseException:
            self.submit(lambda: drop(*opened))
            raise
        return opened[0], item

    async def step(self, items: Iterator[T]) -> T:
        """Return the next item, or the end mark."""
        return await self._run(lambda: cast(T, next(items, _END)))

    def submit(self, work: Callable[[], object]) -> None:
        """Run `work` after the work submitted earlier, without waiting for it."""
        if self.rank.engine.inline:
            work()
        else:
            self._worker.submit(work)

    async def close(self) -> None:
        """Free the engine, unless it is stuck: then its thread is left to end by itself."""
        if not self.stuck:
            try:
                await self._run(self.rank.engine.close, CLOSING)
            except TimeoutError:
                log.warning("%s does not finish its work, so its thread is left to end by itself", self.rank.name)
        self._worker.shutdown()

    async def _run(self, work: Callable[[], T], deadline: float | None = None) -> T:
        if self.rank.engine.inline:
            return work()
        job, limit = Job(work), asyncio.timeout(deadline)
        try:
            async with limit:
                return await asyncio.get_running_loop().run_in_executor(self._worker, job)
        except TimeoutError:
            if not limit.expired():  # the engine raised it
                raise
            self._overdue = job
            raise TimeoutError(f"{self.rank.name} took longer than {deadline:g} s") from None


class Host(Generic[E]):
    """The ranked engines of one stage, shared by every session."""

    def __init__(self, name: str, threads: Sequence[EngineThread[E]]) -> None:
        self.name = name
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

    async def call(self, work: Callable[[E], T]) -> T:
        """Run `work` on the best engine that completes it in time. Raises EngineFailed."""
        return await self._best(lambda thread: thread.call(work))

    async def stream(self, work: Callable[[E], Iterator[T]]) -> AsyncGenerator[T, None]:
        """Iterate on the best engine whose first item comes in time. Raises EngineFailed.

        Other sessions' work may run between two items. After the first item, a failure is final."""
        (items, item), thread = await self._best(lambda thread: _with(thread, thread.open(work)))
        try:
            while item is not _END:
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
        self._threads = tuple(usable)

    async def _best(self, attempt: Callable[[EngineThread[E]], Awaitable[T]]) -> T:
        failures: list[Exception] = []
        for thread in self._threads:
            try:
                if thread.stuck:
                    raise TimeoutError(f"{thread.rank.name} still works on something that missed its deadline")
                return await attempt(thread)
            except Exception as error:  # noqa: BLE001  an engine may raise anything
                failures.append(error)
                if thread is not self._threads[-1]:
                    why = traced(error)
                    log.warning("%s: %s failed, so the next engine is asked: %s", self.name, thread.rank.name, why)
        last, engine = failures[-1], self._threads[-1].rank.name
        raise EngineFailed(str(last) or type(last).__name__, engine) from last


async def _with(thread: EngineThread[E], result: Awaitable[T]) -> tuple[T, EngineThread[E]]:
    return await result, thread


def drop(*iterators: object) -> None:
    """Close iterators that may be generators."""
    for items in iterators:
        if close := getattr(items, "close", None):
            close()
