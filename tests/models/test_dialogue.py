from __future__ import annotations

from models.dialogue import (
    DEEDS,
    EMPTY,
    FOCUS,
    FORGOTTEN,
    REMEMBERED,
    Deed,
    Dialogue,
    Exchange,
    Mention,
    Question,
)


def test_a_turn_is_added_and_the_value_before_it_stays() -> None:
    asked = EMPTY.add(Exchange("buy one", "What would you like?", turn="1"), Question("buy", "item", turn="1"))
    assert (EMPTY.exchanges, asked.question) == ((), Question("buy", "item", turn="1"))
    done = asked.add(Exchange("a map", "Here it is.", turn="2"), deeds=[Deed("2", "buy", {"item": "map"})])
    assert [exchange.heard for exchange in done.exchanges] == ["buy one", "a map"]
    assert done.question is None, "it is answered"
    assert done.deeds == (Deed("2", "buy", {"item": "map"}),)


def test_the_oldest_exchanges_go_together() -> None:
    dialogue = EMPTY
    for number in range(REMEMBERED + FORGOTTEN - 1):
        dialogue = dialogue.add(Exchange(str(number), "", turn=str(number)))
    assert len(dialogue.exchanges) == REMEMBERED + FORGOTTEN - 1
    dialogue = dialogue.add(Exchange("last", ""))
    assert len(dialogue.exchanges) == REMEMBERED
    assert dialogue.exchanges[0].heard == str(FORGOTTEN)


def test_the_focus_has_each_name_once_and_the_newest_first() -> None:
    lantern, kite = Mention("lantern", "item", "user", "1"), Mention("kite", "item", "avatar", "1")
    dialogue = EMPTY.add(Exchange("", ""), mentions=[lantern, kite])
    assert dialogue.focus == (kite, lantern)
    again = Mention("Lantern", "thing", "user", "2")
    assert dialogue.add(Exchange("", ""), mentions=[again]).focus == (again, kite)


def test_what_does_not_fit_is_forgotten() -> None:
    dialogue = EMPTY
    for number in range(40):
        mention = Mention(f"thing {number}", "thing", "user")
        dialogue = dialogue.add(Exchange("", ""), mentions=[mention], deeds=[Deed(str(number), "buy")])
    assert [mention.name for mention in dialogue.focus] == [f"thing {number}" for number in range(39, 39 - FOCUS, -1)]
    assert [deed.turn for deed in dialogue.deeds] == [str(number) for number in range(40 - DEEDS, 40)]


def test_an_answer_is_amended_by_its_turn() -> None:
    first, second = Exchange("a", "one two", turn="1"), Exchange("b", "three", turn="2")
    dialogue = Dialogue((first, second), deeds=(Deed("1", "buy"), Deed("2", "go")))
    cut = dialogue.amend("1", said="one", interrupted=True)
    assert cut.exchanges == (Exchange("a", "one", interrupted=True, turn="1"), second)
    assert [deed.told for deed in cut.deeds] == [False, True], "the user may not know that it was done"
    assert cut.amend("1", interrupted=False).exchanges[0] == Exchange("a", "one", turn="1")
    assert dialogue.amend("3", said="") == dialogue


def test_a_deed_of_which_nothing_was_said_is_kept() -> None:
    deed = Deed("1", "buy", told=False)
    assert EMPTY.did([deed]) == Dialogue(deeds=(deed,))
