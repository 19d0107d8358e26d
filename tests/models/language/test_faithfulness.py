"""What a model may make of an outcome, and what not."""

from __future__ import annotations

import pytest

from models.language.finding import find_language
from models.protocols import Outcome

EN = find_language("en")


BOUGHT = Outcome(
    "buy",
    "done",
    "You bought 2 apples for 12 coins, and you have 88 coins left.",
    {"item": "2 apples", "price": "12 coins", "left": "88 coins"},
)
REFUSED = Outcome(
    "buy",
    "refused",
    "You cannot buy the sword: it costs 120 coins and you have 88.",
    {"price": "120 coins", "purse": "88"},
)
WAY = Outcome("navigate", "done", "I am taking you to the harbour. We go north.", {"place": "harbour", "way": "north"})
UNCLEAR = Outcome("buy", "unclear", "What would you like to buy?")
ONE = Outcome("buy", "done", "You bought 1 map for 5 coins.", {"item": "1 map", "price": "5 coins"})


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (BOUGHT.say, BOUGHT),
        ("Great! You bought two apples for twelve coins, and now you have eighty-eight coins left.", BOUGHT),
        ("You've bought 2 apples for 12 coins. You have 88 coins left, friend.", BOUGHT),
        ("Sorry, you can't buy the sword. It costs one hundred and twenty coins and you have 88.", REFUSED),
        ("Okay, I'm taking you to the harbour. We go north now.", WAY),
        ("Well, what would you like to buy?", UNCLEAR),
        ("You bought a map for 5 coins.", ONE),
    ],
)
def test_wording_that_says_the_same_passes(answer: str, outcome: Outcome) -> None:
    assert EN.wording.objection(answer, outcome) is None


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        ("You bought 2 apples.", BOUGHT, "a fact is missing"),
        ("", BOUGHT, "a fact is missing"),
        ("You bought 2 apples for 12 coins and have 88 coins left of 100.", BOUGHT, "something is said"),
        ("You bought 2 apples and a pear for 12 coins, and you have 88 coins left.", BOUGHT, "something is said"),
        ("You bought 2 apples for 12 coins at the market. You have 88 coins left.", BOUGHT, "something is said"),
        ("You could have bought 2 apples for 12 coins, and you have 88 coins left.", BOUGHT, "something is said"),
        ("You have 88 coins left: you bought 2 apples for 12 coins.", BOUGHT, "another order"),
        ("You bought 2 apples for 88 coins, and you have 12 coins left.", BOUGHT, "another order"),
        ("You did not buy 2 apples for 12 coins, you have 88 coins left.", BOUGHT, "a negation"),
        ("You can buy the sword: it costs 120 coins and you have 88.", REFUSED, "a negation"),
        ("You cannot buy the sword, no: it costs 120 coins and you have 88.", REFUSED, "a negation"),
        ("You bought 2 apples for 12 coins, and you have 88 coins left?", BOUGHT, "a question"),
        ("You would like to buy.", UNCLEAR, "a question"),
        ("You are taking me to the harbour. We go north.", WAY, "something is said"),
        ("You go to the harbour. I am taking we north.", WAY, "somebody else"),
    ],
)
def test_wording_that_says_something_else_is_refused(answer: str, outcome: Outcome, reason: str) -> None:
    assert reason in str(EN.wording.objection(answer, outcome))


def test_the_reason_repeats_no_word_of_the_user() -> None:
    secret = Outcome("remember", "done", "I will remember that your code is 4711.", {"fact": "your code is 4711"})
    assert "4711" not in str(EN.wording.objection("Fine.", secret))


@pytest.mark.parametrize(
    ("sentence", "harmless"),
    [
        ("Enjoy!", True),
        ("Is there anything else I can help you with?", True),
        ("I have sent it to your house.", False),
        ("You have 3 left.", False),
        ("Enjoy the harbour!", False),
        ("Have fun, and have fun again, and let me know how it is, and take care.", False),
        ("", False),
    ],
)
def test_a_courtesy_states_nothing(sentence: str, harmless: bool) -> None:
    assert EN.wording.is_courtesy(sentence) is harmless
