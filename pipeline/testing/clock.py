"""Virtual time: an event loop on which waiting takes no time, so that an hour of conversation runs in seconds.

    run(conversation())  # in place of asyncio.run

Time stands still while anything works, on the loop or on a thread that it waits for, and jumps to the next timer when
nothing does. So what happens depends on the program alone, not on the speed or the load of the machine.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any, TypeVar, TypeVarTuple

from pipeline.errors import PipelineError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Deadlock(PipelineError):
    """Everything waits, and nothing is under way that could end it."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` in virtual time, which begins at 0; otherwise as `asyncio.run`. Raises Deadlock."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def spend(seconds: float) -> None:
    """Let the call of an engine that runs this take so long, in the time of the loop that waits for it; with `math.inf`
    it hangs until that loop ends. Raises Deadlock where it would hang for ever."""
    if _CALL.loop is not None:
        _CALL.loop.rest(seconds)
    elif isinstance(loop := _running_loop(), VirtualLoop):
        loop.advance(seconds)
    elif seconds == inf:
        threading.Event().wait()
    else:
        time.sleep(seconds)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is that of its timers.

    Work on a thread counts where the loop waits for it, by `run_in_executor` or `asyncio.to_thread`. Sockets work as
    well, but time does not stand still for what comes from outside the process."""

    def __init__(self) -> None:
        self._now = 0.0
        self._working = 0
        """Calls on threads that are not over, less those that rest."""
        self._resting: set[threading.Event] = set()
        self._ended = False
        self._sockets = _Selector(self._idle)
        super().__init__(self._sockets)
        self._threads = ThreadPoolExecutor(thread_name_prefix="asyncio")
        self.set_default_executor(self._threads)

    def time(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass on the loop's own thread, as a call does that blocks it. Raises Deadlock for an endless one."""
        if seconds == inf:
            raise Deadlock("a call that hangs blocks the event loop; only an engine with a thread of its own may hang")
        self._now += seconds

    def rest(self, seconds: float) -> None:
        """Let time pass on a thread that the loop waits for. Raises Deadlock if the loop ends meanwhile."""
        woken = threading.Event()
        self.call_soon_threadsafe(self._lie_down, seconds, woken)
        woken.wait()
        if self._ended:
            raise Deadlock("a call had not returned when its event loop ended")

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        call = (executor or self._threads).submit(self._call, partial(func, *args))
        self._working += 1
        future = asyncio.wrap_future(call, loop=self)
        call.add_done_callback(self._over)  # behind the callback that brings the result: no time passes between them
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  as from 3.12 on
        self._end()
        self._working += 1  # the thread that waits for the others
        try:
            await super().shutdown_default_executor()
        finally:
            self._working -= 1

    def close(self) -> None:
        self._end()
        super().close()

    def _call(self, work: Callable[[], T]) -> T:
        """Do `work`, on a thread that thereby knows who waits for it."""
        _CALL.loop = self
        try:
            return work()
        finally:
            _CALL.loop = None

    def _over(self, _call: object) -> None:
        with suppress(RuntimeError):  # a loop that is closed counts no more
            self.call_soon_threadsafe(self._count, -1)

    def _count(self, calls: int) -> None:
        self._working += calls

    def _lie_down(self, seconds: float, woken: threading.Event) -> None:
        if self._ended:
            woken.set()
            return
        self._working -= 1
        self._resting.add(woken)
        if seconds != inf:
            self.call_later(seconds, self._wake, woken)

    def _wake(self, woken: threading.Event) -> None:
        if woken in self._resting:
            self._resting.remove(woken)
            self._working += 1
            woken.set()

    def _end(self) -> None:
        """Let no call rest any longer."""
        self._ended = True
        for woken in list(self._resting):
            self._wake(woken)

    def _idle(self, timeout: float | None) -> float | None:
        """Nothing is ready, and the next timer is due in `timeout` seconds: how long to wait in the machine's time."""
        if self._working:
            return None
        if timeout is not None:
            self._now += timeout
            return 0.0
        if len(self._sockets.get_map()) > 1:  # more than the loop's own, by which threads wake it
            return None
        raise Deadlock(
            f"nothing is under way that could wake these tasks: {'; '.join(map(_place, asyncio.all_tasks(self)))}"
        )


class _Selector(selectors.DefaultSelector):
    """Asks before it waits."""

    def __init__(self, idle: Callable[[float | None], float | None]) -> None:
        super().__init__()
        self._idle = idle

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        return ready if ready or timeout == 0 else super().select(self._idle(timeout))


class _Call(threading.local):
    """What the current thread is at."""

    loop: VirtualLoop | None = None
    """The loop that waits for it."""


_CALL = _Call()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _place(task: asyncio.Task[Any]) -> str:
    """Where a task waits, as deep as its coroutines tell."""
    awaited: Any = task.get_coro()
    while (deeper := getattr(awaited, "cr_await", None)) is not None and hasattr(deeper, "cr_frame"):
        awaited = deeper
    frame = getattr(awaited, "cr_frame", None)
    where = f" at {frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""
    return f"{task.get_name()} in {getattr(awaited, '__qualname__', awaited)}{where}"
