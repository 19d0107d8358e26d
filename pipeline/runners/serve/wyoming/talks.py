"""Conversations that outlast a connection: Home Assistant opens a new one for every sentence."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import ExitStack

from pipeline.runners.serve.parlour import Parlour
from pipeline.runtime.session import Session

KEPT = 64
"""Conversations that are remembered; more than there are connections, so none is forgotten while it is in use."""


class Talks:
    """Sessions by the id of their conversation, the latest."""

    def __init__(self, parlour: Parlour) -> None:
        self._parlour = parlour
        self._open: OrderedDict[str, tuple[Session, ExitStack]] = OrderedDict()

    def find(self, conversation: str) -> Session:
        """The session of a conversation, new or old. Raises Refused where the parlour is full."""
        if conversation not in self._open:
            if len(self._open) >= KEPT:
                self._open.popitem(last=False)[1][1].close()
            with ExitStack() as stack:
                session = stack.enter_context(self._parlour.session(""))
                self._open[conversation] = session, stack.pop_all()
        self._open.move_to_end(conversation)
        return self._open[conversation][0]

    def end(self, conversation: str) -> None:
        """Forget a conversation, if there is one."""
        if conversation in self._open:
            self._open.pop(conversation)[1].close()

    def close(self) -> None:
        """Forget all."""
        for conversation in list(self._open):
            self.end(conversation)
