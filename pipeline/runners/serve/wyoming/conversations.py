"""Conversations that outlast a connection: Home Assistant opens a new one for every sentence."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass

from models.context import ANYBODY
from pipeline.runners.serve.sessions import Sessions
from pipeline.runtime.session import Session

KEPT = 64
"""Conversations that are remembered; more than there are connections, so none is forgotten while it is in use."""
FORGOTTEN = 600.0
"""Seconds after which a conversation that nobody came back to is over; our own judgement."""


@dataclass(frozen=True, slots=True)
class _OpenConversation:
    session: Session
    ending: ExitStack
    used: float
    """When it was asked for last, in the event loop's time."""


class Conversations:
    """Sessions by the id of their conversation, the one used latest last."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._open: OrderedDict[str, _OpenConversation] = OrderedDict()

    def find(self, conversation: str, language: str = "") -> Session:
        """The session of a conversation, new or old; a new one answers in `language`.

        Raises Refused where no more sessions are admitted."""
        now = asyncio.get_running_loop().time()
        self.tidy(now)
        if (found := self._open.pop(conversation, None)) is None:
            with ExitStack() as stack:
                session = stack.enter_context(self._sessions.open(ANYBODY, language))
                found = _OpenConversation(session, stack.pop_all(), now)
        self._open[conversation] = _OpenConversation(found.session, found.ending, now)
        return found.session

    def tidy(self, now: float) -> None:
        """Forget conversations that nobody comes back to, and those that are too many."""
        for conversation, found in list(self._open.items()):
            if len(self._open) >= KEPT or now - found.used > FORGOTTEN:
                self.end(conversation)

    def end(self, conversation: str) -> None:
        """Forget a conversation, if there is one."""
        if found := self._open.pop(conversation, None):
            found.ending.close()

    def close(self) -> None:
        """Forget all."""
        for conversation in list(self._open):
            self.end(conversation)
