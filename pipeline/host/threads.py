"""Synchronous engines on threads of their own, with deadlines: all the threading there is.

Calls of one engine never overlap, and cancelling lands between two items of an iteration.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, ParamSpec, TypeVar, cast

from models.protocols import Engine
from pipeline.host.meter import METER

E = TypeVar("E", bound=Engine)
P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)
END: Any = object()
"""Stands for the next item of an iteration that is over."""

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
            return cast(T, next(opened[0], END))

        try:
            item = await self.call(first)
        except BaseException:
            self.submit(lambda: drop(*opened))
            raise
        return opened[0], item

    async def step(self, items: Iterator[T]) -> T:
        """Return the next item, or the end mark."""
        return await self._run(lambda: cast(T, next(items, END)))

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


def drop(*iterators: object) -> None:
    """Close iterators that may be generators."""
    for items in iterators:
        if close := getattr(items, "close", None):
            close()
