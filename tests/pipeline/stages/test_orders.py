"""The guard: what becomes of an intent whose words do not order it."""

from __future__ import annotations

import pytest

from models.language.finding import language_of
from models.protocols import UNKNOWN, WITHHELD, Intent, SkillCard, Slot
from models.task.skills import Skills
from pipeline.stages.orders import Guard

CARDS = Skills(world=":memory:").skills()
GUARD = Guard(CARDS)
BUY = Intent("buy", {"item": "lantern"}, 0.9)


def checked(intent: Intent, text: str, guard: Guard = GUARD) -> Intent:
    return guard.check(intent, language_of(text, "en").mood(text))


def test_an_order_is_done() -> None:
    assert checked(BUY, "Could you buy me a lantern?") is BUY


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("Don't buy a lantern.", "negated"),
        ("Anna bought a lantern.", "reported"),
        ("Was the lantern a bad buy?", "asked"),
        ("I would like to sell my lantern.", "undone"),
        ("Maybe I should buy a lantern.", "doubtful"),
        ("Lantern, where is it?", "where"),
        ("It.", "stray"),
    ],
)
def test_a_deed_that_is_not_ordered_is_withheld_with_the_reason(text: str, mood: str) -> None:
    assert checked(BUY, text) == Intent(UNKNOWN, {WITHHELD: mood}, 0.9)


def test_skills_that_only_look_answer_whatever_the_mood() -> None:
    assert not GUARD.concerns(Intent("price", {"item": "lantern"}))
    assert not GUARD.concerns(Intent(UNKNOWN))
    ordered = {card.name for card in CARDS if card.needs_order}
    assert ordered >= {"navigate", "go_back", "buy", "sell", "haggle", "budget", "timer", "remember", "stop"}
    assert not ordered & {
        "price",
        "stock",
        "compare",
        "inventory",
        "spent",
        "distance",
        "where_am_i",
        "places",
        "clock",
    }


def test_a_skill_answers_to_the_moods_of_its_examples() -> None:
    market = Intent("navigate", {"place": "market"})
    assert checked(market, "Where is the market?") is market
    assert checked(market, "Did you take me to the market?").name == UNKNOWN
    reminder = Intent("remind", {"duration": 1800})
    assert checked(reminder, "Remind me in half an hour.") is reminder
    map_ = Intent("sell", {"item": "map"})
    assert checked(map_, "I would like to sell my map.") is map_
    assert checked(map_, "Should I sell my map?").name == UNKNOWN


def test_what_is_to_be_remembered_is_remembered_whole() -> None:
    text = "Remember that my code is three, zero, five, five, six, one."
    fact = {"fact": "my code is three, zero, five, five, six, one"}
    assert checked(Intent("remember", {"fact": "my code is three"}, 0.8), text) == Intent("remember", fact, 0.8)
    fact = {"fact": "I need to buy a hat tomorrow"}
    assert checked(BUY, "Remember that I need to buy a hat tomorrow.") == Intent("remember", fact, 0.9)


def test_a_wish_to_remember_without_a_fact_asks_for_it() -> None:
    assert checked(Intent("remember"), "Remember something for me.") == Intent("remember")


def test_without_a_memory_nothing_is_remembered_or_done() -> None:
    guard = Guard([card for card in CARDS if card.name != "remember"])
    assert checked(BUY, "Remember to buy a lantern.", guard) == Intent(UNKNOWN, {WITHHELD: "remember"}, 0.9)


def test_half_a_sentence_asks_for_what_is_missing() -> None:
    assert checked(Intent("remember", {"fact": "my sister lives in"}), "Remember that my sister lives in").slots == {}
    assert checked(BUY, "Buy a lantern and").slots == {}
    assert checked(Intent("stop"), "Stop the") == Intent(UNKNOWN, {WITHHELD: "broken off"})


def test_an_action_without_effects_needs_an_order_only_where_the_skill_says_so() -> None:
    slots = (Slot("what", "text"),)
    wave, look = (
        SkillCard(name, "", ("hi",), slots, effects=False, acts=acts) for name, acts in [("wave", True), ("look", None)]
    )
    guard = Guard([wave, look])
    assert (guard.concerns(Intent("wave")), guard.concerns(Intent("look"))) == (True, False)
