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
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any, TypeVar, TypeVarTuple

from pipeline.errors import PipelineError
from pipeline.host.threads import Worker

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
    if _CURRENT.call is not None:
        loop, executor = _CURRENT.call
        loop.rest(seconds, executor)
    elif isinstance(running := _running_loop(), VirtualLoop):
        running.advance(seconds)
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
        self._pending: Counter[Executor] = Counter()
        """Calls that are not over, by those who do them."""
        self._resting: dict[threading.Event, Executor] = {}
        """What wakes a call that lets time pass, and who does it."""
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

    def rest(self, seconds: float, executor: Executor) -> None:
        """Let time pass on a thread of `executor`. Raises Deadlock if the loop ends meanwhile."""
        woken = threading.Event()
        self.call_soon_threadsafe(self._lie_down, seconds, woken, executor)
        woken.wait()
        if self._ended:
            raise Deadlock("a call had not returned when its event loop ended")

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        executor = executor or self._threads
        call = executor.submit(_call, self, executor, partial(func, *args))
        self._pending[executor] += 1
        future = asyncio.wrap_future(call, loop=self)
        # Behind the callback that brings the result, so that no time passes between them.
        call.add_done_callback(partial(self._over, executor))
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  as from 3.12 on
        self._end()
        self._pending[self._threads] += 1  # a call from outside: whoever waits for the others
        try:
            await super().shutdown_default_executor()
        finally:
            self._land(self._threads)

    def close(self) -> None:
        self._end()
        super().close()

    def _over(self, executor: Executor, _call: object) -> None:
        with suppress(RuntimeError):  # a loop that is closed counts no more
            self.call_soon_threadsafe(self._land, executor)

    def _land(self, executor: Executor) -> None:
        self._pending[executor] -= 1
        if not self._pending[executor]:
            del self._pending[executor]

    def _lie_down(self, seconds: float, woken: threading.Event, executor: Executor) -> None:
        if self._ended:
            woken.set()
            return
        self._resting[woken] = executor
        if seconds != inf:
            self.call_later(seconds, self._wake, woken)

    def _wake(self, woken: threading.Event) -> None:
        if self._resting.pop(woken, None):
            woken.set()

    def _end(self) -> None:
        """Let no call rest any longer."""
        self._ended = True
        for woken in list(self._resting):
            self._wake(woken)

    def _idle(self, timeout: float | None) -> bool:
        """Nothing is ready, and the next timer is due in `timeout` seconds: True to wait for what is under way, False
        after a jump in time. Raises Deadlock."""
        if any(map(self._works, self._pending)):
            return True
        if timeout is not None:
            self._now += timeout
            return False
        if len(self._sockets.get_map()) > 1:  # more than the loop's own, by which threads wake it
            return True
        tasks = "; ".join(map(_place, asyncio.all_tasks(self)))
        raise Deadlock(f"nothing is under way that could wake these tasks: {tasks}")

    def _works(self, executor: Executor) -> bool:
        """Whether one of its calls neither rests nor waits for one that does."""
        resting = sum(other is executor for other in self._resting.values())
        return not resting if isinstance(executor, Worker) else self._pending[executor] > resting


class _Selector(selectors.DefaultSelector):
    """Asks before it waits."""

    def __init__(self, idle: Callable[[float | None], bool]) -> None:
        super().__init__()
        self._idle = idle

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        return super().select(None) if not ready and timeout != 0 and self._idle(timeout) else ready


class _Current(threading.local):
    """What the current thread is at: a call for a loop, on behalf of an executor."""

    call: tuple[VirtualLoop, Executor] | None = None


_CURRENT = _Current()


def _call(loop: VirtualLoop, executor: Executor, work: Callable[[], T]) -> T:
    _CURRENT.call = loop, executor
    try:
        return work()
    finally:
        _CURRENT.call = None


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
