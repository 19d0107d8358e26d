"""Where sessions are held: one graph, loaded once, and everybody who talks with it."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from hmac import compare_digest
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, Field

from models.protocols import GUEST
from pipeline.graph.graph import Graph
from pipeline.runners.serve.refusal import Refused
from pipeline.runtime.record import Observer
from pipeline.runtime.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.runners.serve.client_session import Visit

FAREWELL = 5.0
"""Seconds in which what is being said is finished when the server ends."""


class Limits(BaseModel, extra="forbid"):
    """How much is served at once."""

    sessions: int = Field(200, ge=1)
    """Open at the same time."""
    sessions_per_user: int = Field(8, ge=1)
    """Likewise, for everyone but guests."""
    resumable: float = Field(30.0, ge=0, le=3600)
    """Seconds for which a session without a line is kept."""


Observe = Callable[[str, str], "AbstractContextManager[Sequence[Observer]]"]
"""The observers of a new session, by its name and user; left when the session is over."""


def unobserved(_name: str, _user: str) -> AbstractContextManager[Sequence[Observer]]:
    """Nobody looks on."""
    return nullcontext(())


@dataclass(slots=True)
class Totals:
    """What went over all lines that are closed."""

    received: int = 0
    lost: int = 0
    late: int = 0
    dropped: int = 0
    sent: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    """By code, those of lines that are open included."""


class Parlour:
    """Admits users, keeps their sessions, and ends them; to be entered before anybody comes."""

    def __init__(self, graph: Graph, limits: Limits | None = None, observe: Observe = unobserved) -> None:
        self.graph, self.limits = graph, limits or Limits()
        self.visits: dict[str, Visit] = {}
        """By the session's name."""
        self.totals = Totals()
        self.closing = False
        self._observe = observe
        self._users: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @contextmanager
    def session(self, user: str) -> Iterator[Session]:
        """A new session of `user`, open as long as the context. Raises Refused."""
        user = user or GUEST
        if user == GUEST or user.startswith(f"{GUEST}-"):  # each guest has a world of their own
            user = f"{GUEST}-{secrets.token_hex(4)}"
        self._admit(user)
        name = secrets.token_hex(8)
        self._users[user] += 1
        try:
            with ExitStack() as stack:
                observers = stack.enter_context(self._observe(name, user))
                yield Session(self.graph, name, user, observers)
        finally:
            self._users[user] -= 1
            if not self._users[user]:
                del self._users[user]

    @property
    def sessions(self) -> int:
        """How many are open."""
        return self._users.total()

    def _admit(self, user: str) -> None:
        if self.closing:
            raise Refused("shutting-down", "the server ends; come back later")
        if self.sessions >= self.limits.sessions:
            raise Refused(
                "too-many-sessions", f"all {self.limits.sessions} sessions are taken; come back later, or ask for more"
            )
        if self._users[user] >= self.limits.sessions_per_user:
            raise Refused(
                "too-many-sessions",
                f"{user!r} has {self.limits.sessions_per_user} sessions already; end one with a bye",
            )

    def receive(self, visit: Visit) -> None:
        """Let a visit begin; it lasts until it leaves."""
        self.visits[visit.session.name] = visit
        self.own(self._hold(visit))

    def own(self, work: Coroutine[Any, Any, None]) -> None:
        """Do some work beside the caller's; what lasts longer than the parlour is cancelled."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hold(self, visit: Visit) -> None:
        try:
            await visit.run()
        finally:
            del self.visits[visit.session.name]
            counts = visit.ears.counts
            self.totals.received += counts.received
            self.totals.lost += counts.lost
            self.totals.late += counts.late
            self.totals.dropped += counts.dropped
            self.totals.sent += getattr(visit.sink, "sent", 0)

    def find(self, session: str, key: str) -> Visit:
        """The visit that a client comes back to. Raises Refused."""
        visit = self.visits.get(session)
        if visit is None or visit.left or not compare_digest(visit.key.encode(), key.encode()):
            raise Refused(
                "unknown-session",
                f"no session waits under that name and key; sessions are kept for {self.limits.resumable:g} s. "
                "Say hello without a session for a new one",
            )
        return visit

    async def close(self) -> None:
        """Admit nobody any more, let what is being said be finished for a while, and end all visits."""
        self.closing = True
        for visit in list(self.visits.values()):
            visit.wind_up()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=FAREWELL)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
