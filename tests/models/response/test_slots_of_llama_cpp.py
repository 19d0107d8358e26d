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


def test_equal_words_of_another_speaker_are_not_the_same_beginning() -> None:
    slots = [Slot(0, (Message("assistant", SYSTEM.text),), used=2), Slot(1, (), used=1)]
    assert choose_slot(slots, [SYSTEM, HI]).number == 1
