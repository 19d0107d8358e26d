"""Conversations that outlast a connection: Home Assistant opens a new one for every sentence."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass

from pipeline.runners.serve.sessions import Sessions
from pipeline.runtime.session import Session

KEPT = 64
"""Conversations that are remembered; more than there are connections, so none is forgotten while it is in use."""
FORGOTTEN = 600.0
"""Seconds after which a conversation that nobody came back to is over; our own judgement."""


@dataclass(frozen=True, slots=True)
class _Talk:
    session: Session
    ending: ExitStack
    used: float
    """When it was asked for last, in the event loop's time."""


class Talks:
    """Sessions by the id of their conversation, the one used latest last."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._open: OrderedDict[str, _Talk] = OrderedDict()

    def find(self, conversation: str) -> Session:
        """The session of a conversation, new or old. Raises Refused where no more sessions are admitted."""
        now = asyncio.get_running_loop().time()
        self.tidy(now)
        if (talk := self._open.pop(conversation, None)) is None:
            with ExitStack() as stack:
                talk = _Talk(stack.enter_context(self._sessions.open("")), stack.pop_all(), now)
        self._open[conversation] = _Talk(talk.session, talk.ending, now)
        return talk.session

    def tidy(self, now: float) -> None:
        """Forget conversations that nobody comes back to, and those that are too many."""
        for conversation, talk in list(self._open.items()):
            if len(self._open) >= KEPT or now - talk.used > FORGOTTEN:
                self.end(conversation)

    def end(self, conversation: str) -> None:
        """Forget a conversation, if there is one."""
        if talk := self._open.pop(conversation, None):
            talk.ending.close()

    def close(self) -> None:
        """Forget all."""
        for conversation in list(self._open):
            self.end(conversation)
