"""What a turn came to becomes part of the dialogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from models.context import Context, User, guest
from models.dialogue import EMPTY, Deed, Dialogue, Exchange, Mention, Question
from models.protocols import Intent, Outcome, SkillCard, Slot, SlotValue
from pipeline.errors import PipelineError
from pipeline.packets import Pointing, Transcript
from pipeline.runtime.dialogue import HINTS, after, expected_names
from pipeline.runtime.record import Fate, Record
from pipeline.runtime.session import Session
from pipeline.testing import (
    ScriptedIntents,
    ScriptedModel,
    ScriptedRecogniser,
    ScriptedTasks,
    run,
    scripted_graph,
    talking,
)

BUY = SkillCard("buy", "Buy.", ("buy",), (Slot("item", "item"), Slot("quantity", "integer", required=False)))
LOOK = SkillCard("identify", "Look.", ("what is that",), (Slot("thing", "sight"),), effects=False)
TELL = SkillCard("remember", "Remember.", ("remember",), (Slot("fact", "text"),))
CARDS = {card.name: card for card in (BUY, LOOK, TELL)}
SAY = "You bought 2 maps. You have 80 coins left."


def turn(
    text: str,
    intent: str = "buy",
    slots: Mapping[str, SlotValue] | None = None,
    outcome: Outcome | None = None,
    heard: str = SAY,
    fate: Fate = Fate.ANSWERED,
) -> Record:
    said = Transcript(text, "en", 0.0, 1.0)
    wanted = Intent(intent, slots or {})
    outcomes = [replace(outcome, slots=wanted.slots)] if outcome else []
    return Record("s/1", transcript=said, intents=[wanted], outcomes=outcomes, heard=heard, fate=fate)


def dialogue_after(record: Record) -> Dialogue:
    return after(EMPTY, record, CARDS, "en")


BOUGHT = Outcome("buy", "done", SAY, {"item": "2 maps", "coins": "80 coins"})


def test_a_deed_with_its_slots_and_what_was_named() -> None:
    dialogue = dialogue_after(turn("two maps", slots={"item": "map", "quantity": 2}, outcome=BOUGHT))
    assert dialogue.exchanges == (Exchange("two maps", SAY, turn="s/1"),)
    assert dialogue.deeds == (Deed("s/1", "buy", {"item": "map", "quantity": 2}, say=SAY),)
    assert [(mention.name, mention.kind, mention.by) for mention in dialogue.focus] == [
        ("80 coins", "coins", "avatar"),
        ("2 maps", "item", "avatar"),
        ("2", "integer", "user"),
        ("map", "item", "user"),
    ]


@pytest.mark.parametrize(
    ("fate", "heard", "told"),
    [
        (Fate.INTERRUPTED, "You bought", False),
        (Fate.INTERRUPTED, f"{SAY} Anything", True),
        (Fate.FAILED, "", False),
    ],
)
def test_a_deed_is_kept_however_its_turn_ended(fate: Fate, heard: str, told: bool) -> None:
    dialogue = dialogue_after(turn("two maps", slots={"item": "map"}, outcome=BOUGHT, heard=heard, fate=fate))
    assert dialogue.deeds == (Deed("s/1", "buy", {"item": "map"}, told=told, say=SAY),)
    assert dialogue.exchanges[0].interrupted is (fate is Fate.INTERRUPTED)


def test_what_only_looks_or_is_refused_is_no_deed() -> None:
    seen = Outcome("identify", "done", "That is a lamp.", {"thing": "lamp"})
    assert not dialogue_after(turn("what is that", "identify", {"thing": "that"}, seen)).deeds
    assert not dialogue_after(turn("two maps", slots={"item": "map"}, outcome=Outcome("buy", "refused", "No."))).deeds


def test_a_question_is_open_with_what_is_known() -> None:
    asked = Outcome("buy", "unclear", "What would you like?", asks="item")
    dialogue = dialogue_after(turn("buy two", slots={"quantity": 2}, outcome=asked))
    assert dialogue.question == Question("buy", "item", {"quantity": 2}, "s/1", say="What would you like?")
    assert after(dialogue, replace(turn("never mind", "stop"), turn="s/2"), CARDS, "en").question is None


def test_what_is_shown_is_in_the_focus_and_free_text_is_not() -> None:
    record = turn("remember that", "remember", {"fact": "my code is 3055"})
    record.observe("audio", Pointing("statue", None, 0.5))
    record.observe("audio", Pointing("", None, 0.9))
    assert dialogue_after(record).focus == (Mention("statue", "thing", "user", "s/1"),)
    shown = dialogue_after(turn("what is that", "identify", {"thing": "that"}))
    assert not shown.focus, "a word such as 'that' names nothing"


def test_a_name_that_the_user_said_stays_theirs() -> None:
    found = Outcome("identify", "done", "A Lamp.", {"thing": "Lamp"})
    assert dialogue_after(turn("what is a lamp", "identify", {"thing": "lamp"}, found)).focus == (
        Mention("lamp", "sight", "user", "s/1"),
    )


def test_nothing_heard_is_nothing_said() -> None:
    assert dialogue_after(turn("")) is EMPTY
    assert dialogue_after(turn("", outcome=BOUGHT)) == Dialogue(deeds=(Deed("s/1", "buy", {}, say=SAY),))


def test_names_to_be_heard_right() -> None:
    cards = [SkillCard("go", "", (), (Slot("place", "place", choices=("garden", "pier")),))] * 2
    assert expected_names(cards, User("Anya")) == ("Anya", "garden", "pier")
    assert expected_names(cards, guest("1f")) == ("garden", "pier")
    many = SkillCard("go", "", (), (Slot("place", "place", choices=tuple(map(str, range(200)))),))
    assert len(expected_names([many], User("ada"))) == HINTS


# --- in a session ---------------------------------------------------------------------------------------------------


def test_engines_are_told_who_asks_and_what_was_said_and_done() -> None:
    tasks = ScriptedTasks([Outcome("buy", "done", "Here it is."), Outcome("price", "done", "Five.")], looks=["price"])
    intents = ScriptedIntents({"buy": Intent("buy", {"item": "lantern"}), "price": Intent("price")})
    graph = scripted_graph("assistant", engines={"intent": intents, "task": tasks})

    async def main() -> None:
        await graph.load()
        async with talking(graph, "push-to-talk") as talk:
            talk.floor.type("buy a lantern")
            await talk.room.until(3.0)
            talk.floor.type("what is the price")
            await talk.room.until(6.0)
        first, second = tasks.contexts
        assert (first.language, first.languages, first.user.guest) == ("en", ("en",), True)
        assert first.dialogue == EMPTY
        assert [each.heard for each in second.dialogue.exchanges] == ["buy a lantern"]
        assert [(deed.skill, deed.slots) for deed in second.dialogue.deeds] == [("buy", {"item": "lantern"})]
        assert [mention.name for mention in second.dialogue.focus] == ["lantern"]

    run(main())


def test_a_user_is_answered_in_the_language_they_speak() -> None:
    model, tasks = ScriptedModel(), ScriptedTasks()
    hears = ScriptedRecogniser(language="zh")
    graph = scripted_graph("assistant", engines={"asr": hears, "response": model, "task": tasks})
    both = type(graph)(**{name: getattr(graph, name) for name in graph.__slots__} | {"languages": ("en", "zh")})

    async def main() -> None:
        await both.load()
        async with talking(both, "hands-free") as talk:
            talk.room.say("hello there", at=0.5)
            await talk.room.until(4.0)
        (record,) = talk.turns
        assert record.intent is not None
        assert record.intent.language == "zh"
        assert tasks.contexts[0].language == "zh"
        assert talk.session.dialogue.exchanges[0].language == "zh"

    run(main())


def test_a_session_answers_in_a_language_of_its_graph_only() -> None:
    graph = scripted_graph("assistant")
    assert Session(graph, "s", language="en").language == "en"
    with pytest.raises(PipelineError, match="speaks en, and not 'zh'"):
        Session(graph, "s", language="zh")


def test_corrections_reach_the_next_turn() -> None:
    session = Session(scripted_graph("assistant"), "s")
    session.dialogue = EMPTY.add(Exchange("a story", "Once upon a time", turn="s/1"))
    session.amend("s/1", said="Once", interrupted=True)

    async def main() -> Context:
        return session.open().turn.context

    assert run(main()).dialogue.exchanges == (Exchange("a story", "Once", interrupted=True, turn="s/1"),)
