"""What utterances do in a dialogue: answers, corrections, several wishes, repairs, and what must never fail."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import pytest
from support.acts import Line, read_acts
from support.needs import needing

from models.context import Context
from models.dialogue import Deed, Dialogue, Question
from models.intent.commands import Commands
from models.intent.nearest import Nearest
from models.intent.skillset import Skillset, find_openers
from models.intent.slots import read_slots
from models.language.finding import find_language
from models.protocols import UNKNOWN, Intent, SkillCard, Slot, SlotValue
from models.task.skills import Skills

LINES = read_acts()
NEVER_FAIL = frozenset({"confirm", "deny", "cancel", "undo", "repeat"})
EN = find_language("en")
CARDS = (
    SkillCard(
        "buy",
        "Buy.",
        ("buy {quantity} {item}s", "buy a {item}", "get me a {item}", "get the {item}"),
        (Slot("item", "item", choices=("kite", "map")), Slot("quantity", "integer", required=False)),
    ),
    SkillCard(
        "clock",
        "Tell the time.",
        ("what time is it", "what is the time", "tell me the time", "tell me what time it is"),
        effects=False,
    ),
    SkillCard("note", "Keep a note.", ("note that {what}", "note down that {what}"), (Slot("what", "text"),)),
    SkillCard("stop", "Be quiet.", ("stop", "be quiet", "stop it")),
)


def named(text: str) -> Intent:
    """A classifier that knows skills by their first words."""
    readers = read_slots(CARDS, EN)
    names = {"buy": "buy", "get": "buy", "what": "clock", "tell": "clock", "note": "note", "stop": "stop"}
    name = names.get(EN.plain(text).split(" ")[0], UNKNOWN)
    return Intent(name, readers[name].read(text) if name in readers else {}, 0.95)


@pytest.fixture(scope="module")
def commands() -> Commands:
    cards = {card.name: card for card in CARDS}
    return Commands(Skillset(named, read_slots(CARDS, EN), cards, find_openers(CARDS, EN), EN))


@pytest.fixture(scope="module")
@needing("model")
def nearest() -> Iterator[Nearest]:
    engine = Nearest()
    engine.load()
    engine.learn(Skills(world=":memory:").skills())
    yield engine
    engine.close()


def asked(slot: str = "item", **filled: SlotValue) -> Context:
    return Context(dialogue=Dialogue(question=Question("buy", slot, filled)))


def bought(**slots: SlotValue) -> Context:
    return Context(dialogue=Dialogue(latest=Deed("1", "buy", slots)))


def told(intents: tuple[Intent, ...]) -> list[tuple[str, str, Mapping[str, SlotValue]]]:
    return [(intent.act, intent.name, dict(intent.slots)) for intent in intents]


def test_utterances_do_what_the_table_says(nearest: Nearest) -> None:
    wrong = [line for line in LINES if not line.is_met_by(nearest.understand(line.text, line.context))]
    assert len(wrong) <= 0.06 * len(LINES), "\n".join(f"{line.state}: {line.text}" for line in wrong)


@pytest.mark.parametrize(
    "line",
    [
        line
        for line in LINES
        if any(set(each) & {"confirm", "deny", "cancel", "undo", "repeat"} for each in line.wanted)
    ],
    ids=lambda line: f"{line.state}: {line.text}",
)
def test_what_must_never_fail_does_not(nearest: Nearest, line: Line) -> None:
    assert line.is_met_by(nearest.understand(line.text, line.context))


@pytest.mark.parametrize("text", ["Yes.", "no", "okay", "Zero.", "It.", "ten", "two minutes", "sure, why not"])
def test_stray_words_do_nothing(commands: Commands, text: str) -> None:
    assert {(intent.act, intent.name) for intent in commands.read(text, Context())} == {("do", UNKNOWN)}


def test_a_yes_needs_a_question(commands: Commands) -> None:
    assert told(commands.read("yes", asked("", item="kite"))) == [("confirm", "", {})]
    assert told(commands.read("no, two", asked("", item="kite"))) == [("amend", "buy", {"quantity": 2})]
    assert told(commands.read("yes, and tell me the time", asked("", item="kite"))) == [
        ("confirm", "", {}),
        ("do", "clock", {}),
    ]


def test_an_answer_may_be_followed_by_a_wish(commands: Commands) -> None:
    assert told(commands.read("a kite, and what time is it", asked())) == [
        ("fill", "buy", {"item": "kite"}),
        ("do", "clock", {}),
    ]


def test_every_command_knows_its_words(commands: Commands) -> None:
    words = [intent.words for intent in commands.read("Buy a kite and tell me the time.", Context())]
    assert words == ["Buy a kite", "tell me the time."]


def test_what_is_corrected_at_once_is_one_order(commands: Commands) -> None:
    assert told(commands.read("Buy a kite. Make it two.", Context())) == [
        ("do", "buy", {"item": "kite", "quantity": 2})
    ]


def test_what_words_forbid_is_left_out_beside_a_wish(commands: Commands) -> None:
    assert told(commands.read("don't buy a kite, buy a map", Context())) == [("do", "buy", {"item": "map"})]


def test_both_are_two_commands(commands: Commands) -> None:
    assert told(commands.read("buy both of them", Context())) == [
        ("do", "buy", {"item": "the first one"}),
        ("do", "buy", {"item": "the second one"}),
    ]


def test_a_statement_says_what_it_is(commands: Commands) -> None:
    said = commands.read("I like the second one better. Buy it.", bought(item="kite"))
    assert told(said) == [("do", "buy", {"item": "the second one"})]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Set a timer for five, no wait, for six minutes.", "Set a timer for six minutes."),
        ("buy two, no, three maps", "buy three maps"),
        ("take me to the market, I mean the garden", "take me to the garden"),
        ("buy a map, or rather two", "buy two map"),
        ("a timer for ten minutes, actually make it twenty", "a timer for twenty minutes"),
        ("there is no map", "there is no map"),
        ("I actually like it", "I actually like it"),
    ],
)
def test_what_is_taken_back_is_left_out(said: str, meant: str) -> None:
    assert EN.repaired(said) == meant


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("by a kite", "buy a kite"),
        ("stand by me", "stand by me"),
        ("bye", "bye"),
        ("set a timer four ten minutes", "set a timer for ten minutes"),
        ("buy too maps", "buy two maps"),
    ],
)
def test_words_that_sound_alike_are_told_apart(heard: str, meant: str) -> None:
    assert EN.corrected(heard) == meant


def test_long_nonsense_costs_little(commands: Commands) -> None:
    began = time.perf_counter()
    for text in ("no " * 400, "yes and " * 200, "cancel it " * 200, "_" * 2000):
        commands.read(text, asked("", item="kite"))
    assert time.perf_counter() - began < 5.0
