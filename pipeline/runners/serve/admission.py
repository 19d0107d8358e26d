"""Who gets a session: how many there may be, and what the server counts over all of them."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from models.context import User, guest
from pipeline.graph.graph import Graph
from pipeline.runners.serve.refusal import Refused
from pipeline.runtime.record import Observer
from pipeline.runtime.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence


class Limits(BaseModel, extra="forbid"):
    """How much is served at once."""

    sessions: int = Field(200, ge=1)
    """Sessions that are open at the same time."""
    sessions_per_user: int = Field(8, ge=1)
    """Sessions that one user has open at the same time; guests are not limited, because each is a new user."""
    resumable: float = Field(30.0, ge=0, le=3600)
    """Seconds for which a session without a connection is kept."""


Observe = Callable[[str, str], "AbstractContextManager[Sequence[Observer]]"]
"""Gives the observers of a new session from its name and its user; the context is left when the session ends."""


def unobserved(_name: str, _user: str) -> AbstractContextManager[Sequence[Observer]]:
    """Give a session no observers."""
    return nullcontext(())


@dataclass(slots=True)
class Totals:
    """Frames of sound over all connections that are closed, and refusals over all connections."""

    received: int = 0
    lost: int = 0
    late: int = 0
    dropped: int = 0
    sent: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    """How often each code was sent, connections that are still open included."""


class Admission:
    """Opens sessions of one graph, within limits."""

    def __init__(self, graph: Graph, limits: Limits | None = None, observe: Observe = unobserved) -> None:
        """Admit users to `graph`, which is loaded before the first user comes."""
        self.graph, self.limits = graph, limits or Limits()
        self.totals = Totals()
        self.closing = False
        """Whether the server ends, so that no session is opened any more."""
        self._observe = observe
        self._users: Counter[User] = Counter()

    @property
    def count(self) -> int:
        """How many sessions are open."""
        return self._users.total()

    @contextmanager
    def open(self, user: User, language: str = "") -> Iterator[Session]:
        """Open a session of `user`, which ends with the context; `language` is the one to answer in, the graph's where
        it is empty. Raises Refused where the limits allow no more, and for a language that the graph does not speak."""
        if language and language not in self.graph.languages:
            raise Refused(
                "unknown-language",
                f"language: this server speaks {', '.join(self.graph.languages)}, and not {language[:20]!r}; "
                "say hello with one of them, or without a language",
            )
        if user.guest:  # each guest has a world of their own
            user = guest(secrets.token_hex(4))
        self._admit(user)
        name = secrets.token_hex(8)
        self._users[user] += 1
        try:
            with ExitStack() as stack:
                observers = stack.enter_context(self._observe(name, user.id))
                yield Session(self.graph, name, user, observers, language)
        finally:
            self._users[user] -= 1
            if not self._users[user]:
                del self._users[user]

    def _admit(self, user: User) -> None:
        if self.closing:
            raise Refused("shutting-down", "the server ends; come back later")
        if self.count >= self.limits.sessions:
            raise Refused(
                "too-many-sessions", f"all {self.limits.sessions} sessions are taken; come back later, or ask for more"
            )
        if self._users[user] >= self.limits.sessions_per_user:
            raise Refused(
                "too-many-sessions",
                f"{user.id!r} has {self.limits.sessions_per_user} sessions already; end one with a bye",
            )
