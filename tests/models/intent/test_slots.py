"""Slots of the built-in skills, and of skills that nobody has written yet."""

from __future__ import annotations

import pytest

from models.intent.slots import normalise, read_slots
from models.language.finding import find_language
from models.protocols import SkillCard, Slot, SlotValue
from models.task.skills import Skills

EN = find_language("en")


READERS = read_slots(Skills(world=":memory:").skills(), EN)


@pytest.mark.parametrize(
    ("skill", "text", "slots"),
    [
        ("navigate", "Bring me to the light house.", {"place": "lighthouse"}),
        ("navigate", "take me from the library to the markit", {"place": "market"}),
        ("navigate", "not the library, the garden", {"place": "garden"}),
        ("navigate", "please take me up to the castle", {"place": "castle"}),
        ("navigate", "take me somewhere", {}),
        ("navigate", "take me there", {"place": "there"}),
        ("buy", "by two apples for me", {"item": "apple", "quantity": 2}),
        ("buy", "half a dozen of those big cookies", {"item": "cookie", "quantity": 6}),
        ("buy", "my son wants a kite, can you purchase one", {"item": "kite"}),
        ("buy", "no, just one hat", {"item": "hat", "quantity": 1}),
        ("buy", "could you grab me a lantan", {"item": "lantern"}),
        ("buy", "can i get a sword please", {"item": "sword"}),
        ("buy", "I want to buy something", {}),
        ("buy", "buy it", {"item": "it"}),
        ("buy", "I want to buy.", {}),
        ("buy", "Buy minus two maps.", {"item": "map", "quantity": -2}),
        ("price", "how much is it", {"item": "it"}),
        ("price", "How much is that thing over there?", {"item": "that"}),
        ("price", "how much is that telescope over there", {"item": "telescope"}),
        ("price", "what are the prices here", {}),
        ("buy", "I'll take one of those, please.", {"item": "those"}),
        ("buy", "um pick that up", {"item": "that"}),
        ("buy", "is there anything that i can buy", {}),
        ("buy", "I want to buy something that my son likes", {}),
        ("identify", "What is this?", {"thing": "this"}),
        ("identify", "what is it, that thing there", {"thing": "that"}),
        ("identify", "what am I looking at", {"thing": "this"}),
        ("timer", "Set a 10-minute timer", {"duration": 600}),
        ("timer", "set a pasta timer for an hour and a half", {"duration": 5400, "label": "pasta"}),
        ("timer", "set a timer", {}),
        ("weather", "is it raining at the observatry", {"place": "observatory"}),
        ("weather", "what's the weather like", {}),
        ("remember", "Remember that Anna's dog is called Rex.", {"fact": "Anna's dog is called Rex"}),
        ("remember", "my keys are under the mat, remember that", {"fact": "my keys are under the mat"}),
        ("remember", "remember something for me", {}),
        ("recall", "what did I tell you about my sister?", {"topic": "my sister"}),
        ("recall", "what do you remember", {}),
        ("story", "um tell me a story about a dragon, please", {"topic": "a dragon"}),
        ("story", "tell me a story", {}),
        ("teach", "I need some help understanding gravity", {"topic": "gravity"}),
        ("teach", "i never understood electricity, can you explain it", {"topic": "electricity"}),
        ("small_talk", "hello there", {}),
        ("teach", "", {}),
        ("timer", "...", {}),
    ],
)
def test_slots_of_the_built_in_skills(skill: str, text: str, slots: dict[str, SlotValue]) -> None:
    assert READERS[skill].read(text) == slots


def test_two_slots_of_one_kind_are_told_apart_by_the_examples() -> None:
    places = ("harbour", "castle", "mill")
    slots = (Slot("start", "place", choices=places), Slot("goal", "place", choices=places))
    card = SkillCard("route", "Describe a way.", ("how far is it from the {start} to the {goal}",), slots)
    reader = read_slots([card], EN)["route"]
    assert reader.read("how far from the mill to the harbour") == {"start": "mill", "goal": "harbour"}


def test_numbers_may_have_fractions_where_the_skill_says_so() -> None:
    card = SkillCard("pour", "Pour water.", ("pour {litres} litres",), (Slot("litres", "number"),))
    assert read_slots([card], EN)["pour"].read("pour two and a half litres") == {"litres": 2.5}


def test_a_very_long_speech_is_read_in_part() -> None:
    assert READERS["navigate"].read("take me to the market " + "and so on " * 2000) == {"place": "market"}


@pytest.mark.parametrize(
    ("slot", "value", "read"),
    [
        (Slot("item", "item", choices=("apple", "map")), "the Apples", "apple"),
        (Slot("item", "item", choices=("apple", "map")), "a sword", "sword"),
        (Slot("item", "item", choices=("apple", "map")), "something", None),
        (Slot("item", "item", choices=("apple", "map")), "the", None),
        (Slot("item", "item", choices=("apple", "map")), "that thing", "that"),
        (Slot("thing", "sight"), "this thing here", "this"),
        (Slot("thing", "sight"), "the statue", "the statue"),
        (Slot("duration", "duration"), "half an hour", 1800),
        (Slot("duration", "duration"), 90, 90),
        (Slot("duration", "duration"), "90", 90),
        (Slot("duration", "duration"), "a while", None),
        (Slot("quantity", "integer"), "two", 2),
        (Slot("quantity", "integer"), 3, 3),
        (Slot("quantity", "integer"), 2.5, None),
        (Slot("litres", "number"), "2.5", 2.5),
        (Slot("topic", "text"), " Black holes ", "Black holes"),
        (Slot("topic", "text"), "", None),
    ],
)
def test_values_from_elsewhere_are_read_as_the_parsers_would(
    slot: Slot, value: SlotValue, read: SlotValue | None
) -> None:
    assert normalise(slot, value, EN) == read
