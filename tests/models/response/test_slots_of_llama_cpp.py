"""The choice of a slot for a conversation."""

from __future__ import annotations

from models.protocols import Message
from models.response.slots import Slot, choose_slot

SYSTEM = Message("system", "You are Ada, a cheerful guide. You answer in one short sentence.")
HI, OLD = Message("user", "Hi."), Message("user", "Tell me everything about the harbour, please.")


def test_a_slot_that_began_the_same_is_chosen() -> None:
    slots = [Slot(0, (SYSTEM,), used=2), Slot(1, (), used=0)]
    assert choose_slot(slots, [SYSTEM, HI]).number == 0


def test_a_long_conversation_is_not_forgotten_for_a_new_one() -> None:
    long = (SYSTEM, OLD, Message("assistant", "It is the oldest part of town. " * 10))
    slots = [Slot(0, long, used=2), Slot(1, (), used=0)]
    assert choose_slot(slots, [SYSTEM, HI]).number == 1
    assert choose_slot(slots, [*long, HI]).number == 0


def test_where_nothing_fits_the_slot_used_longest_ago_is_chosen() -> None:
    slots = [Slot(0, (OLD,), used=3), Slot(1, (OLD,), used=1), Slot(2, (OLD,), used=2)]
    assert choose_slot(slots, [SYSTEM, HI]).number == 1


def test_a_conversation_that_lost_its_oldest_turns_keeps_its_slot() -> None:
    talk = tuple(Message(role, f"{role} {number}") for number in range(4) for role in ("user", "assistant"))
    mine, other = Slot(0, (SYSTEM, *talk), used=1), Slot(1, (SYSTEM,), used=2)
    assert choose_slot([mine, other], [SYSTEM, *talk[2:], HI], [(SYSTEM,)]).number == 0
    assert choose_slot([mine, other], [SYSTEM, HI], [(SYSTEM,)]).number == 1


def test_of_two_conversations_that_began_alike_each_keeps_its_slot() -> None:
    begun = (HI, Message("assistant", "Hello."))
    longer = (SYSTEM, *begun, OLD, Message("assistant", "It is old."))
    slots = [Slot(0, longer, used=2), Slot(1, (SYSTEM, *begun), used=1)]
    assert choose_slot(slots, [SYSTEM, *begun, HI], [(SYSTEM,)]).number == 1
    assert choose_slot(slots, [*longer, HI], [(SYSTEM,)]).number == 0


def test_equal_words_of_another_speaker_are_not_the_same_beginning() -> None:
    slots = [Slot(0, (Message("assistant", SYSTEM.text),), used=2), Slot(1, (), used=1)]
    assert choose_slot(slots, [SYSTEM, HI]).number == 1
