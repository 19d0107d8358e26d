"""What the avatar was asked to say later, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from models.context import Context, User
from models.protocols import Outcome, Reminder
from pipeline.runtime.record import Fate, Record, State
from pipeline.runtime.reminders import MOST, Reminders
from pipeline.testing import run

Script = Callable[["Bench"], Awaitable[None]]


class Bench:
    """Reminders, and what rang when."""

    def __init__(self) -> None:
        self.free = True
        self.rang: list[tuple[float, str]] = []
        self.start = asyncio.get_running_loop().time()
        self.reminders = Reminders(self._ring, lambda: self.free)

    def _ring(self, text: str) -> None:
        self.rang.append((round(asyncio.get_running_loop().time() - self.start, 3), text))

    def turn(self, *reminders: Reminder, fate: Fate = Fate.ANSWERED) -> None:
        """A turn whose task asks for these."""
        self.reminders.crossed("1", "task", Outcome("timer", "done", "Set.", reminders=reminders), 0.0)
        self.reminders.ended(Record("1", fate=fate), 0.0)


def held(script: Script) -> Bench:
    async def main() -> Bench:
        bench = Bench()
        await script(bench)
        bench.reminders.close()
        return bench

    return run(main())


def test_each_rings_when_its_time_has_come() -> None:
    async def script(bench: Bench) -> None:
        bench.turn(Reminder("b", 9.0, "B."), Reminder("a", 3.0, "A."))
        assert bench.reminders.pending == ("b", "a")
        await asyncio.sleep(10)
        assert len(bench.reminders.pending) == 0

    assert held(script).rang == [(3.0, "A."), (9.0, "B.")]


def test_the_time_counts_from_the_outcome_and_not_from_the_end_of_the_answer() -> None:
    async def script(bench: Bench) -> None:
        bench.reminders.crossed("1", "task", Outcome("t", "done", "Set.", reminders=(Reminder("a", 5.0, "A."),)), 0.0)
        await asyncio.sleep(2)
        bench.reminders.ended(Record("1"), 2.0)
        await asyncio.sleep(5)

    assert held(script).rang == [(5.0, "A.")]


@pytest.mark.parametrize(
    ("fate", "rings"),
    [(Fate.INTERRUPTED, 1), (Fate.FAILED, 1), (Fate.ANSWERED, 1), (Fate.SUPERSEDED, 0), (Fate.DROPPED, 0)],
)
def test_what_was_done_rings_whatever_was_heard_of_the_answer(fate: Fate, rings: int) -> None:
    async def script(bench: Bench) -> None:
        bench.turn(Reminder("a", 1.0, "A."), fate=fate)
        await asyncio.sleep(2)

    assert len(held(script).rang) == rings


def test_a_reminder_can_be_cancelled_and_one_of_the_same_id_replaces_it() -> None:
    async def script(bench: Bench) -> None:
        bench.turn(Reminder("a", 1.0, "A."), Reminder("b", 2.0, "B."), Reminder("c", 3.0, "C."))
        assert bench.reminders.cancel("a")
        assert not bench.reminders.cancel("a")
        bench.turn(Reminder("b", 4.0, "Bee."))
        await asyncio.sleep(5)

    assert held(script).rang == [(3.0, "C."), (4.0, "Bee.")]


def test_what_is_due_while_the_avatar_is_not_free_waits_and_comes_one_by_one() -> None:
    async def script(bench: Bench) -> None:
        bench.free = False
        bench.turn(Reminder("a", 1.0, "A."), Reminder("b", 2.0, "B."))
        await asyncio.sleep(5)
        bench.reminders.state(State.LISTENING, 5.0)
        bench.free = True
        for _ in range(2):
            bench.reminders.state(State.IDLE, 5.0)
            await asyncio.sleep(1)

    assert held(script).rang == [(5.0, "A."), (6.0, "B.")]


def test_a_session_holds_so_many_and_no_more() -> None:
    async def script(bench: Bench) -> None:
        bench.turn(*(Reminder(str(number), 1.0, "A.") for number in range(MOST + 5)))
        assert len(bench.reminders.pending) == MOST
        bench.reminders.close()
        await asyncio.sleep(2)

    assert held(script).rang == []


class Keeper:
    """A stage that has something left to say."""

    async def pending(self, context: Context) -> tuple[Reminder, ...]:
        return (Reminder(f"timer-{context.user.id}", 4.0, "It is over."),)


def test_what_an_earlier_session_asked_for_rings_in_this_one() -> None:
    async def script(bench: Bench) -> None:
        await bench.reminders.expect([object(), Keeper()], Context(user=User("ada")))
        assert bench.reminders.pending == ("timer-ada",)
        await asyncio.sleep(5)

    assert held(script).rang == [(4.0, "It is over.")]


def test_what_is_dismissed_never_rings() -> None:
    async def script(bench: Bench) -> None:
        bench.turn(Reminder("a", 3.0, "A."), Reminder("b", 4.0, "B."))
        bench.reminders.crossed("2", "task", Outcome("cancel_timer", "done", "Gone.", dismissed=("a",)), 0.0)
        assert bench.reminders.pending == ("a", "b"), "the turn is not over"
        bench.reminders.ended(Record("2"), 0.0)
        await asyncio.sleep(5)

    assert held(script).rang == [(4.0, "B.")]
