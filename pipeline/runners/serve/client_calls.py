"""Calls of the skills that a client brought: each is sent to the client, and its answer is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.language.finding import known_language
from models.manager.elsewhere import stated
from models.protocols import Outcome, SlotValue
from pipeline.runtime.session import Session

DEADLINE = 10.0
"""Seconds in which a client must answer a call."""
LATE = 16
"""Calls without an answer that are remembered, at most, in case that the answer still comes."""


@dataclass(frozen=True, slots=True)
class ClientCall:
    """A call of a skill that a client brought."""

    turn: str
    id: str
    skill: str
    slots: Mapping[str, SlotValue]


class ClientCalls:
    """The calls of one session that wait for an answer."""

    def __init__(self, session: Session, send: Callable[[ClientCall], bool]) -> None:
        """`send` sends a call to the client, without waiting; it returns False where no client is there."""
        self._session, self._send = session, send
        self._waiting: dict[str, asyncio.Future[Outcome]] = {}
        self._late: dict[str, ClientCall] = {}
        self._count = 0

    async def call(self, turn: str, skill: str, slots: Mapping[str, SlotValue]) -> Outcome:
        """Call a skill and return what the client answered. Raises TimeoutError where it does not answer in time, and
        ConnectionError where no client is there."""
        self._count += 1
        call = ClientCall(turn, f"call_{self._session.name}_{self._count}", skill, dict(slots))
        if not self._send(call):
            raise ConnectionError("no client is connected")
        waiting: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[call.id] = waiting
        try:
            async with asyncio.timeout(DEADLINE):
                return await waiting
        except (TimeoutError, asyncio.CancelledError):
            if len(self._late) >= LATE:
                self._late.pop(next(iter(self._late)))
            self._late[call.id] = call
            raise
        finally:
            del self._waiting[call.id]

    def waits(self, id: str) -> bool:
        """Whether a turn waits for the answer to that call."""
        return id in self._waiting

    def answer(self, id: str, outcome: Outcome) -> bool:
        """Take the client's answer to a call; False where no such call waits.

        The user is told at the next turn what was done for a call that nobody waits for any more."""
        if waiting := self._waiting.get(id):
            if not waiting.done():
                waiting.set_result(outcome)
            return True
        call = self._late.pop(id, None)
        if call is None:
            return False
        if outcome.status == "done":
            language = known_language(self._session.language)
            told = stated(call.skill, "done", outcome.say, outcome.facts, language)
            self._session.did_late(call.turn, call.skill, call.slots, told.say)
        return True
