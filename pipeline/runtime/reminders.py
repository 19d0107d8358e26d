"""What the avatar says later because a task asked for it, such as a timer that rings."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from models.context import Context
from models.protocols import Reminder
from pipeline.packets import Outcome
from pipeline.runtime.record import Fate, Observer, Record, State
from pipeline.stages.stage import RemembersToSay

log = logging.getLogger(__name__)

MOST = 32
"""Reminders of one session that wait at most. One more is refused, and the log says so."""


class Reminders(Observer):
    """The reminders of one session, from the outcome that asks for them until they ring or are cancelled.

    A reminder counts from its outcome. It never rings where its turn was superseded or not meant for the avatar. Where
    the avatar is not free when a reminder is due, the reminder waits."""

    def __init__(self, ring: Callable[[str], None], free: Callable[[], bool]) -> None:
        """`ring` is called with the text to say, in the event loop's thread, when `free` returns true."""
        self._ring, self._free = ring, free
        self._asked: dict[str, list[tuple[Reminder, float]]] = {}
        """For each turn that runs, its reminders and the loop times at which they are due."""
        self._dropped: dict[str, list[str]] = {}
        """For each turn that runs, the ids of the reminders that it dismissed."""
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._due: deque[str] = deque()

    async def expect(self, stages: Iterable[object], context: Context) -> None:
        """Wait for what the stages still have to say to a user since an earlier session."""
        for stage in stages:
            if isinstance(stage, RemembersToSay):
                now = asyncio.get_running_loop().time()
                for reminder in await stage.pending(context):
                    self._set(reminder, now + reminder.after)

    @property
    def pending(self) -> tuple[str, ...]:
        """The ids of the reminders that wait."""
        return tuple(self._waiting)

    def cancel(self, reminder: str) -> bool:
        """Cancel the reminder with that id; return False where none with that id waits."""
        handle = self._waiting.pop(reminder, None)
        if handle:
            handle.cancel()
        return handle is not None

    def close(self) -> None:
        """Cancel all reminders, because the session is over."""
        for handle in self._waiting.values():
            handle.cancel()
        self._waiting.clear()
        self._due.clear()
        self._asked.clear()
        self._dropped.clear()

    # --- what the session tells --------------------------------------------------------------------------------------

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        """Note the reminders that an outcome asks for."""
        if isinstance(packet, Outcome):
            now = asyncio.get_running_loop().time()
            for id in packet.dismissed:
                self._dropped.setdefault(turn, []).append(id)
            for reminder in packet.reminders:
                self._asked.setdefault(turn, []).append((reminder, now + reminder.after))

    def ended(self, record: Record, at: float) -> None:
        """Set the reminders of a turn that counts. What was done stands, even if its answer was not heard."""
        asked, dropped = self._asked.pop(record.turn, ()), self._dropped.pop(record.turn, ())
        if record.fate not in (Fate.SUPERSEDED, Fate.DROPPED):
            for id in dropped:
                self.cancel(id)
            for reminder, due in asked:
                self._set(reminder, due)

    def state(self, state: State, at: float) -> None:
        """Ring when the avatar is free. It waits for the next step of the loop, because the change of state may not be
        complete."""
        if self._due and state is State.IDLE:
            asyncio.get_running_loop().call_soon(self._ring_next)

    def _set(self, reminder: Reminder, due: float) -> None:
        self.cancel(reminder.id)  # a reminder with the same id replaces it
        if len(self._waiting) >= MOST:
            log.warning("a reminder was not taken: %d of the session wait already", MOST)
            return
        self._waiting[reminder.id] = asyncio.get_running_loop().call_at(due, self._fall_due, reminder)

    def _fall_due(self, reminder: Reminder) -> None:
        self._waiting.pop(reminder.id, None)
        self._due.append(reminder.say)
        self._ring_next()

    def _ring_next(self) -> None:
        if self._due and self._free():
            self._ring(self._due.popleft())
