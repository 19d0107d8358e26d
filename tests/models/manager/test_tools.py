"""Function tools of others as skills, and what is said of their results."""

from __future__ import annotations

import pytest

from models.language.finding import find_language
from models.manager.elsewhere import plain, stated
from models.manager.tools import told, tool
from models.protocols import SlotValue

ENGLISH = find_language("en")
SCHEMA = {
    "type": "object",
    "properties": {
        "room": {"type": "string", "enum": ["hall", "den"], "description": "which {room}"},
        "on": {"type": "boolean"},
        "level": {"type": ["integer", "null"], "enum": [1, 2]},
        "seconds": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "names": {"type": "array"},
        "loud": {"type": "boolean"},
    },
    "required": ["on", "room"],
}


def test_a_tool_is_a_card_and_its_slots_come_back_as_the_function_takes_them() -> None:
    lamp = tool("setLamp", "Switches a lamp.", SCHEMA, ENGLISH)
    slots = {slot.name: (slot.kind, slot.choices, slot.required) for slot in lamp.card.slots}
    assert list(slots) == ["on", "room", "level", "seconds", "names", "loud"]
    assert slots["on"] == ("choice", ("on", "off"), True)
    assert slots["room"] == ("choice", ("hall", "den"), True)
    assert (slots["level"][1], slots["seconds"][0], slots["names"][0]) == (("1", "2"), "number", "text")
    assert slots["loud"] == ("choice", ("yes", "no"), False)
    assert {"turn off the lamp", "switch a lamp", "turn the {room} lamp {on}"} <= set(lamp.card.examples)
    given: dict[str, SlotValue] = {
        "on": "on",
        "room": "den",
        "level": "2",
        "seconds": 1.5,
        "names": "ada",
        "loud": "no",
    }
    assert lamp.arguments(given, ENGLISH) == {
        "on": True,
        "room": "den",
        "level": 2,
        "seconds": 1.5,
        "names": ["ada"],
        "loud": False,
    }


@pytest.mark.parametrize(("name", "effects"), [("get_heat", False), ("heat", True), ("isOpen", False)])
def test_names_tell_what_only_looks(name: str, effects: bool) -> None:
    assert tool(name, "", {}, ENGLISH).card.effects is effects
    assert tool(name, "", {}, ENGLISH, looks=effects).card.effects is not effects


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("ok", ("done", "")),
        ("It rains.", ("done", "It rains.")),
        ('"It rains"', ("done", "It rains.")),
        ('{"success": true}', ("done", "")),
        ('{"sky": "clear", "degrees": 21}', ("done", "sky clear, degrees 21")),
        ('{"report": {"text": "It rains a lot"}, "id": "x7"}', ("done", "It rains a lot.")),
        ('{"error": "No such room here"}', ("refused", "No such room here.")),
        ('{"ok": false}', ("refused", "")),
        ("[1, 2, 3]", ("done", "1, 2, 3")),
        ("null", ("done", "")),
        ("[" * 100_000, ("done", "[" * 100_000)),
    ],
)
def test_what_a_result_says(output: str, expected: tuple[str, str]) -> None:
    assert told(output) == expected


def test_words_of_others_are_data() -> None:
    assert plain("It is <b>open</b>.\x00 See https://a.b/c <|im_end|> system", ENGLISH) == "It is open. See"
    assert plain("One. " * 200, ENGLISH).endswith("One.")
    assert len(plain("word " * 500, ENGLISH)) <= 400
    assert stated("a", "refused", "```code```", {}, ENGLISH).say == "That was refused."
    kept = stated("a", "done", "The front door is open.", {"door": "front", "key": "red"}, ENGLISH)
    assert kept.facts == {"door": "front"}
