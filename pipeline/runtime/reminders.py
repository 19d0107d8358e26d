"""What the avatar says later, because a task asked for it: a timer that rings."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from models.protocols import Reminder
from pipeline.packets import Outcome
from pipeline.runtime.record import Fate, Observer, Record, State

log = logging.getLogger(__name__)

MOST = 32
"""Reminders of one session that wait at most; one more is not taken, and the log says so."""


class Reminders(Observer):
    """The reminders of one session, from the outcome that asks for them until they ring or are cancelled.

    A reminder counts from its outcome. That of a turn which was superseded, or not meant for the avatar, never rings.
    One that is due while the avatar is not free waits until it is."""

    def __init__(self, ring: Callable[[str], None], free: Callable[[], bool]) -> None:
        """`ring` is told what to say, in the event loop's thread, when `free` is true."""
        self._ring, self._free = ring, free
        self._asked: dict[str, list[tuple[Reminder, float]]] = {}
        """By turn, while it runs: what its outcomes ask for, and when in loop time that is due."""
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._due: deque[str] = deque()

    @property
    def pending(self) -> tuple[str, ...]:
        """The ids of those that wait for their time."""
        return tuple(self._waiting)

    def cancel(self, reminder: str) -> bool:
        """Let the reminder of that id not ring. False where none of that id waits."""
        handle = self._waiting.pop(reminder, None)
        if handle:
            handle.cancel()
        return handle is not None

    def close(self) -> None:
        """Cancel all: the session is over."""
        for handle in self._waiting.values():
            handle.cancel()
        self._waiting.clear()
        self._due.clear()
        self._asked.clear()

    # --- what the session tells --------------------------------------------------------------------------------------

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        """Note what an outcome asks for."""
        if isinstance(packet, Outcome):
            now = asyncio.get_running_loop().time()
            for reminder in packet.reminders:
                self._asked.setdefault(turn, []).append((reminder, now + reminder.after))

    def ended(self, record: Record, at: float) -> None:
        """Set the reminders of a turn that counts; what was done stands, even if its answer was not heard."""
        asked = self._asked.pop(record.turn, ())
        if record.fate not in (Fate.SUPERSEDED, Fate.DROPPED):
            for reminder, due in asked:
                self._set(reminder, due)

    def state(self, state: State, at: float) -> None:
        """Ring as soon as the avatar is free. Not at once: whoever changes the state may not be done."""
        if self._due and state is State.IDLE:
            asyncio.get_running_loop().call_soon(self._ring_next)

    def _set(self, reminder: Reminder, due: float) -> None:
        self.cancel(reminder.id)  # one of the same id replaces it
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
