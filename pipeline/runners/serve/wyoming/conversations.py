"""Conversations that outlast a connection, because Home Assistant opens a new connection for every sentence."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass

from models.context import ANYBODY
from pipeline.runners.serve.sessions import Sessions
from pipeline.runtime.session import Session

KEPT = 64
"""Conversations that are kept at most: more than there are connections, so that none is dropped while it is in use."""
FORGOTTEN = 600.0
"""Seconds without use after which a conversation is dropped; our own judgement."""


@dataclass(frozen=True, slots=True)
class _OpenConversation:
    session: Session
    ending: ExitStack
    used: float
    """The event loop's time at which the conversation was used last."""


class Conversations:
    """Sessions by the id of their conversation, in the order of their last use."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._open: OrderedDict[str, _OpenConversation] = OrderedDict()

    def find(self, conversation: str, language: str = "") -> Session:
        """Return the session of a conversation, new or old. Raises Refused where no more sessions are admitted."""
        now = asyncio.get_running_loop().time()
        self.tidy(now)
        if (found := self._open.pop(conversation, None)) is None:
            with ExitStack() as stack:
                session = stack.enter_context(self._sessions.open(ANYBODY, language))
                found = _OpenConversation(session, stack.pop_all(), now)
        self._open[conversation] = _OpenConversation(found.session, found.ending, now)
        return found.session

    def tidy(self, now: float) -> None:
        """Drop conversations that were not used for long, and those that are too many."""
        for conversation, found in list(self._open.items()):
            if len(self._open) >= KEPT or now - found.used > FORGOTTEN:
                self.end(conversation)

    def end(self, conversation: str) -> None:
        """Drop a conversation, if there is one."""
        if found := self._open.pop(conversation, None):
            found.ending.close()

    def close(self) -> None:
        """Drop all conversations."""
        for conversation in list(self._open):
            self.end(conversation)
