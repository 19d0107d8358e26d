"""The dialogue manager, driven by commands as a recogniser gives them, with the real skills where it matters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.dialogue import EMPTY, Exchange, Question, SlotValue, Undo
from models.language.finding import find_language
from models.manager.manager import PATIENCE, Call, Manager
from models.manager.outcomes import after_outcome
from models.protocols import UNKNOWN, WITHHELD, Act, Intent, Outcome, SkillCard, Slot

WARES = ("kite", "map", "lantern")
PRICES = {"kite": 10.0, "map": 5.0, "lantern": 18.0}
ITEM, COUNT = Slot("item", "item", choices=WARES), Slot("quantity", "integer", required=False)
CARDS = {
    card.name: card
    for card in (
        SkillCard("buy", "Buy.", ("buy",), (ITEM, COUNT)),
        SkillCard("give_back", "Give back.", (), (ITEM, COUNT)),
        SkillCard("price", "Price.", ("price",), (ITEM,), effects=False),
        SkillCard("timer", "Timer.", ("timer",), (Slot("duration", "duration"),)),
        SkillCard("stop", "Stop.", ("stop",), effects=False, acts=True),
        SkillCard("small_talk", "Chat.", ("hello",), effects=False),
        SkillCard("feelings_crisis", "Care.", ("i want to die",), effects=False),
    )
}
ASKS = {"buy": "item", "price": "item", "timer": "duration"}


def carry_out(call: Call) -> Outcome:
    """A world in which everything works that has its slots."""
    asks = ASKS.get(call.skill, "")
    if asks and not call.slots.get(asks):
        return Outcome(call.skill, "unclear", f"Which {asks}?", asks=asks)
    if call.skill == "buy" and call.slots["item"] == "lantern" and not call.confirmed:
        return Outcome("buy", "unclear", "A lantern costs much. Shall I buy it?", facts={"item": "lantern"})
    undo = Undo("give_back", call.slots) if call.skill == "buy" else None
    said = " ".join([call.skill, *map(str, call.slots.values())])
    return Outcome(call.skill, "open" if call.skill in ("small_talk", UNKNOWN) else "done", said, undo=undo)


class Talk:
    """A conversation with the manager, turn after turn."""

    def __init__(self) -> None:
        self.dialogue = EMPTY
        self.turn = 0

    def say(self, *intents: Intent, heard: bool = True) -> list[str]:
        """What is answered to the commands of one turn."""
        self.turn += 1
        turn = str(self.turn)
        manager = Manager(self.dialogue, CARDS, find_language("en"), turn, PRICES.get)
        outcomes: list[Outcome] = []
        for intent in intents:
            for step in manager.steps(intent):
                outcomes.append(manager.took(step, carry_out(step)) if isinstance(step, Call) else step)
        grown = self.dialogue
        for outcome in outcomes:
            grown = after_outcome(grown, outcome, CARDS, turn, told=heard)
        asked = grown.question if grown.question and grown.question.turn == turn else None
        said = " ".join(outcome.say for outcome in outcomes)
        self.dialogue = grown.add(Exchange("x", said if heard else "", turn=turn), asked)
        return [outcome.say for outcome in outcomes]


def do(skill: str, **slots: SlotValue) -> Intent:
    return Intent(skill, slots)


def act(act: Act, **slots: SlotValue) -> Intent:
    return Intent("", slots, act=act)


def test_what_is_missing_is_asked_for_and_filled() -> None:
    talk = Talk()
    assert talk.say(do("buy", quantity=2)) == ["Which item?"]
    assert talk.say(act("fill", item="kite")) == ["buy 2 kite"]
    assert talk.dialogue.question is None


def test_a_word_that_refers_becomes_what_was_named() -> None:
    talk = Talk()
    talk.say(do("price", item="kite"))
    assert talk.say(do("buy", item="it")) == ["buy kite"]
    assert talk.say(do("buy", item="another one")) == ["buy kite"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("the second one", "map"),
        ("the first one", "kite"),
        ("the last one", "map"),
        ("the cheaper one", "map"),
        ("the other one", "kite"),
        ("the one i bought", "lantern"),
    ],
)
def test_references_among_several(words: str, meant: str) -> None:
    talk = Talk()
    talk.say(do("buy", item="lantern"))
    talk.say(act("confirm"))
    talk.say(do("price", item="kite"), do("price", item="map"))
    assert talk.say(do("price", item=words)) == [f"price {meant}"]


def test_a_reference_to_nothing_is_asked_about() -> None:
    assert Talk().say(do("buy", item="it")) == ["buy it"], "the skill sees the word and asks"


def test_a_correction_takes_the_deed_back_and_does_the_other() -> None:
    talk = Talk()
    talk.say(do("buy", item="kite"))
    assert talk.say(act("amend", item="map")) == ["give_back kite", "buy map"]
    assert [deed.slots for deed in talk.dialogue.deeds] == [{"item": "map"}]
    assert talk.say(act("amend", quantity=3)) == ["give_back map", "buy map 3"]


def test_a_corrected_question_about_the_world_is_asked_again() -> None:
    talk = Talk()
    talk.say(do("price", item="kite"))
    assert talk.say(act("amend", item="map")) == ["price map"]
    assert talk.say(act("fill", item="lantern")) == ["price lantern"]


def test_what_follows_a_deed_does_the_like() -> None:
    talk = Talk()
    talk.say(do("buy", item="kite", quantity=2))
    assert talk.say(act("fill", item="map")) == ["buy map"], "the number belonged to the kites"


def test_a_costly_deed_waits_for_a_yes() -> None:
    talk = Talk()
    assert talk.say(do("buy", item="lantern")) == ["A lantern costs much. Shall I buy it?"]
    assert talk.say(act("confirm")) == ["buy lantern"]
    talk.say(do("buy", item="lantern"))
    assert talk.say(act("deny")) == ["Okay, never mind."]
    assert len(talk.dialogue.deeds) == 1
    talk.say(do("buy", item="lantern"))
    assert talk.say(Intent(UNKNOWN, {WITHHELD: "negated"})) == ["Okay, never mind."]
    assert talk.say(act("confirm")) == [UNKNOWN], "a yes to nothing is only talked about"


def test_cancel_drops_a_question_and_then_the_deed() -> None:
    talk = Talk()
    talk.say(do("timer"))
    assert talk.say(act("cancel")) == ["Okay, never mind."]
    assert talk.dialogue.question is None
    talk.say(do("buy", item="kite"))
    assert talk.say(act("cancel")) == ["give_back kite"]
    assert talk.say(act("cancel")) == ["stop"]


def test_undo_takes_back_the_latest_deed_that_can_be() -> None:
    talk = Talk()
    assert talk.say(act("undo")) == ["There is nothing that I can take back."]
    talk.say(do("buy", item="kite"))
    talk.say(do("timer", duration=60))
    assert talk.say(act("undo")) == ["give_back kite"]
    assert [deed.skill for deed in talk.dialogue.deeds] == ["timer"]


def test_a_question_is_asked_again_after_a_look_aside_and_not_for_ever() -> None:
    talk = Talk()
    talk.say(do("timer"))
    assert talk.say(do("price", item="kite")) == ["price kite", "Which duration?"]
    assert talk.say(do("small_talk")) == ["small_talk"], f"it was asked {PATIENCE} times"
    assert talk.dialogue.question is None


def test_another_deed_drops_the_question() -> None:
    talk = Talk()
    talk.say(do("timer"))
    assert talk.say(do("buy", item="kite")) == ["buy kite"]
    assert talk.dialogue.question is None


def test_answers_that_never_fit_end_the_question() -> None:
    talk = Talk()
    talk.say(do("timer"))
    assert talk.say(act("fill")) == ["Which duration?"]
    assert talk.say(act("fill")) == ["Let us leave that for now."]
    assert talk.dialogue.question is None


def test_a_yes_takes_what_was_offered() -> None:
    talk = Talk()
    talk.dialogue = replace(EMPTY, question=Question("price", "item", {}, "0", 1, "Did you mean map?", "map"))
    assert talk.say(act("confirm")) == ["price map"]
    talk.dialogue = replace(EMPTY, question=Question("price", "item", {}, "0", 1, "Did you mean map?", "map"))
    assert talk.say(act("deny")) == ["Which item?"]


def test_several_deeds_in_order_see_each_other() -> None:
    talk = Talk()
    assert talk.say(do("buy", item="kite"), do("price", item="it")) == ["buy kite", "price kite"]
    assert talk.say(do("buy", item="map"), act("undo")) == ["buy map", "give_back map"]


def test_what_is_sold_again_is_as_many_as_were_bought() -> None:
    talk = Talk()
    talk.say(do("buy", item="kite", quantity=4))
    assert talk.say(do("give_back", item="them")) == ["give_back 4 kite"]


def test_after_words_of_distress_no_question_is_asked_again() -> None:
    talk = Talk()
    talk.say(do("timer"))
    assert talk.say(do("feelings_crisis")) == ["feelings_crisis"]
    assert talk.dialogue.question is None


def test_repeat_says_the_latest_answer_and_keeps_its_question() -> None:
    talk = Talk()
    assert talk.say(act("repeat")) == ["I have not said anything yet."]
    talk.say(do("timer"))
    assert talk.say(act("repeat")) == ["Which duration?"]
    assert talk.say(act("fill", duration=60)) == ["timer 60"]


def test_a_deed_that_nobody_heard_of_is_told_and_not_done_twice() -> None:
    talk = Talk()
    talk.say(do("buy", item="kite"), heard=False)
    assert talk.say(do("buy", item="kite"), heard=False) == ["That is done already. buy kite"]
    other = Talk()
    other.say(do("buy", item="kite"), heard=False)
    assert other.say(do("price", item="map")) == ["Before you went on: buy kite", "price map"]
