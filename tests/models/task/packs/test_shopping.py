"""The shop's skills: what is bought and sold, asked for first, refused and taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from models.context import Context, User
from models.dialogue import EMPTY, Deed, Mention
from models.protocols import Action, Intent, Outcome, Request, SlotValue
from models.task.skills import Skills

ADA = User("ada")


@pytest.fixture
def engine() -> Iterator[Skills]:
    engine = Skills(world=":memory:", clock=lambda: 1_800_000_000.0)
    engine.load()
    yield engine
    engine.close()


def ask(engine: Skills, skill: str, language: str = "en", *, yes: bool = False, **slots: SlotValue) -> Outcome:
    return call(engine, skill, slots, language, yes=yes)


def call(engine: Skills, skill: str, slots: Mapping[str, SlotValue], language: str, *, yes: bool) -> Outcome:
    request = Request(Intent(skill, slots), "words", confirmed=yes)
    outcome = engine.handle(request, Context(user=ADA, language=language))
    assert all(fact in outcome.say for fact in outcome.facts.values()), outcome
    return outcome


def undo(engine: Skills, outcome: Outcome, language: str = "en") -> Outcome:
    assert outcome.undo
    return call(engine, outcome.undo.skill, outcome.undo.slots, language, yes=True)


def have(engine: Skills) -> str:
    return ask(engine, "inventory").say


def test_what_costs_much_is_asked_for_first(engine: Skills) -> None:
    question = ask(engine, "buy", item="guitar")
    assert (question.status, question.asks, question.say) == (
        "unclear",
        "",
        "A guitar costs 75 coins. Shall I buy it?",
    )
    assert have(engine) == "You have a map and 100 coins."
    bought = ask(engine, "buy", yes=True, item="guitar")
    assert bought.say == "You bought a guitar for 75 coins. You have 25 coins left."
    assert ask(engine, "buy", "zh", item="灯笼").status == "done"


def test_the_allowance_is_an_option() -> None:
    engine = Skills(world=":memory:", allowance=15)
    engine.load()
    assert ask(engine, "buy", item="umbrella").status == "done"
    assert ask(engine, "buy", item="hat", quantity=2).say == "2 hats cost 28 coins. Shall I buy them?"
    assert ask(engine, "buy", "zh", item="帽子", quantity=2).say == "2顶帽子要28个金币。要买吗？"
    engine.close()
    with pytest.raises(ValueError, match="allowance: expected 0 coins or more, but found -1"):
        Skills(allowance=-1)


def test_what_nobody_can_pay_is_refused_without_a_question(engine: Skills) -> None:
    refusal = ask(engine, "buy", item="telescope")
    assert (refusal.status, refusal.say) == (
        "refused",
        "You cannot buy a telescope. That costs 120 coins, and you have 100 coins.",
    )


@pytest.mark.parametrize(
    ("skill", "quantity", "say"),
    [
        ("buy", 0, "I cannot buy fewer than 1 map."),
        ("buy", -2, "I cannot buy fewer than 1 map."),
        ("buy", 1001, "I can buy at most 1000 maps at once."),
        ("buy", 10**30, "I can buy at most 1000 maps at once."),
        ("sell", 0, "I cannot sell fewer than 1 map."),
        ("sell", 10**30, "I can sell at most 1000 maps at once."),
        ("sell", 2, "You cannot sell so many. You have only 1 map."),
    ],
)
def test_amounts_that_cannot_be_are_refused(engine: Skills, skill: str, quantity: int, say: str) -> None:
    refusal = ask(engine, skill, yes=True, item="map", quantity=quantity)
    assert (refusal.status, refusal.say, refusal.actions, refusal.undo) == ("refused", say, (), None)
    assert have(engine) == "You have a map and 100 coins."


def test_a_purchase_is_given_back_for_all_that_it_cost(engine: Skills) -> None:
    bought = ask(engine, "buy", item="kite", quantity=3)
    back = undo(engine, bought)
    assert back.say == "I returned 3 kites to the shop. You got 30 coins back and have 100 coins now."
    assert back.actions == (Action("inventory", {"item": "kite", "quantity": 0, "coins": 100}),)
    assert have(engine) == "You have a map and 100 coins."
    again = undo(engine, bought)
    assert (again.status, again.say) == ("refused", "There is nothing to give back.")
    one = undo(engine, ask(engine, "buy", item="hat"), "zh")
    assert one.say == "我把帽子退回去了。退给你14个金币，你现在有100个金币。"


def test_a_sale_is_taken_back(engine: Skills) -> None:
    sold = ask(engine, "sell", item="map")
    assert sold.say == "You sold a map for 2 coins. You have 102 coins now."
    assert sold.actions == (Action("inventory", {"item": "map", "quantity": 0, "coins": 102}),)
    assert ask(engine, "sell", item="map").say == "You have no map to sell."
    back = undo(engine, sold)
    assert back.say == "I got the map back for you. You returned the 2 coins and have 100 coins now."
    assert have(engine) == "You have a map and 100 coins."


def test_what_was_sold_again_cannot_be_given_back(engine: Skills) -> None:
    bought = ask(engine, "buy", item="kite")
    ask(engine, "sell", item="kite")
    assert undo(engine, bought).say == "You no longer have the kite to give back."
    assert have(engine) == "You have a map and 95 coins."


@pytest.mark.parametrize(
    ("item", "offer", "price", "say"),
    [
        ("kite", None, 8, "I can get you a kite for 8 coins. Shall I buy it?"),
        ("kite", 9, 9, "A kite is yours for 9 coins, if you like. Shall I buy it?"),
        ("kite", 8, 8, "A kite is yours for 8 coins, if you like. Shall I buy it?"),
        ("kite", 1, 8, "1 coin is too little, but the shop would take 8 coins for a kite. Shall I buy it?"),
        ("kite", 50, 10, "A kite costs only 10 coins. Shall I buy it?"),
        ("book", 1, 10, "1 coin is too little, but the shop would take 10 coins for a book. Shall I buy it?"),
    ],
)
def test_haggling_has_a_limit_and_ends_with_a_question(
    engine: Skills, item: str, offer: int | None, price: int, say: str
) -> None:
    slots: dict[str, SlotValue] = {"item": item} if offer is None else {"item": item, "offer": offer}
    question = call(engine, "haggle", slots, "en", yes=False)
    assert (question.status, question.asks, question.say) == ("unclear", "", say)
    assert ask(engine, "price", item=item).facts["price"] == f"{price} coins"
    bought = call(engine, "haggle", slots, "en", yes=True)
    assert (bought.status, bought.facts["cost"]) == ("done", f"{price} coins")
    assert undo(engine, bought).facts["coins"] == "100 coins"


@pytest.mark.parametrize("item", ["apple", "cookie", "map", "hat", "lantern", "camera", "guitar"])
def test_the_shop_never_gives_more_than_a_fifth_off(engine: Skills, item: str) -> None:
    usual = engine.setting.wares[item].price
    ask(engine, "haggle", item=item, offer=1)
    ask(engine, "haggle", item=item)
    assert engine.setting.wares[item].price == usual
    told = ask(engine, "price", item=item).facts["price"]
    assert usual * 0.8 <= int(told.split()[0]) <= usual


def test_what_cannot_be_cheaper_or_paid_is_refused(engine: Skills) -> None:
    assert ask(engine, "haggle", item="apple").say == "An apple costs 2 coins, and the shop takes nothing off."
    assert ask(engine, "haggle", item="kite", offer=-3).say == "An offer must be at least 1 coin."
    ask(engine, "buy", item="kite", quantity=5)
    short = ask(engine, "haggle", item="guitar")
    assert (short.status, short.say) == ("refused", "The best price for a guitar is 60 coins. You have only 50 coins.")


def test_a_higher_offer_than_the_agreed_price_does_not_raise_it(engine: Skills) -> None:
    ask(engine, "haggle", item="kite")
    assert ask(engine, "haggle", item="kite", offer=9).say == "A kite costs only 8 coins. Shall I buy it?"


def test_an_agreed_price_holds_for_the_next_purchase_only(engine: Skills) -> None:
    ask(engine, "haggle", item="kite", offer=9)
    assert ask(engine, "buy", item="kite").facts["cost"] == "9 coins"
    assert ask(engine, "buy", item="kite").facts["cost"] == "10 coins"


def test_a_budget_is_kept_and_can_be_undone(engine: Skills) -> None:
    assert ask(engine, "spent").say == "You have spent nothing so far. You have 100 coins."
    ask(engine, "buy", item="kite")
    assert ask(engine, "spent").say == "You have spent 10 coins so far. You have 90 coins left."
    kept = ask(engine, "budget", limit=20)
    assert kept.say == "From now on I will not let you spend more than 20 coins."
    ask(engine, "buy", item="book")
    assert ask(engine, "spent").say == "You have spent 22 coins so far. Your budget leaves you 8 coins."
    refusal = ask(engine, "buy", item="hat")
    assert (refusal.status, refusal.say) == (
        "refused",
        "Your budget does not allow a hat. That costs 14 coins, and it leaves you 8 coins.",
    )
    assert ask(engine, "haggle", yes=True, item="hat").status == "refused"
    assert undo(engine, kept).say == "I dropped that budget. You may spend what you like."
    assert ask(engine, "buy", item="hat").status == "done"


@pytest.mark.parametrize(
    ("limit", "say"),
    [(-5, "A budget cannot be less than 0 coins."), (10**30, "A budget can be at most 1000000 coins.")],
)
def test_budgets_that_cannot_be_are_refused(engine: Skills, limit: int, say: str) -> None:
    assert ask(engine, "budget", limit=limit).say == say
    assert ask(engine, "buy", item="kite").status == "done"


def test_prices_of_several_and_of_two(engine: Skills) -> None:
    assert ask(engine, "price", item="kite", quantity=3).say == "3 kites cost 30 coins."
    assert ask(engine, "price", item="kite", quantity=-3).say == "A kite costs 10 coins."
    two = ask(engine, "compare", item="hat", other="kite")
    assert two.say == "A hat costs 14 coins and a kite 10 coins. The kite is cheaper."
    assert list(two.facts.values()) == ["hat", "kite"]
    assert (
        ask(engine, "compare", item="cookie", other="flower").say == "A cookie costs as much as a flower, 3 coins each."
    )
    same = ask(engine, "compare", item="hat", other="hat")
    assert (same.status, same.asks) == ("unclear", "other")


def test_the_stock_is_told_in_parts(engine: Skills) -> None:
    first = ask(engine, "stock")
    assert first.say == (
        "The shop has 15 things. There is an apple for 2 coins, a cookie for 3 coins, a flower for 3 coins, "
        "a coffee for 4 coins and a map for 5 coins, and more if you ask."
    )
    assert list(first.facts.values()) == ["apple", "cookie", "flower", "coffee", "map"]
    told = [Mention(name, "item", "avatar", "1") for name in first.facts.values()]
    dialogue = replace(EMPTY.named(told), latest=Deed("1", "stock"))
    request = Request(Intent("stock"), "words")
    second = engine.handle(request, Context(user=ADA, dialogue=dialogue))
    assert list(second.facts) == ["burger", "kite", "book", "hat", "umbrella"]
    assert second.say.startswith("Here is more. There is a burger for 6 coins, ")
    everything = [Mention(name, "item", "avatar", "1") for name in engine.setting.wares]
    dialogue = replace(EMPTY.named(everything), latest=Deed("1", "stock"))
    assert engine.handle(request, Context(user=ADA, dialogue=dialogue)).say == first.say


def test_the_stock_up_to_a_price(engine: Skills) -> None:
    some = ask(engine, "stock", limit=3)
    assert some.say == (
        "For 3 coins or less the shop has 3 things. "
        "There is an apple for 2 coins, a cookie for 3 coins and a flower for 3 coins."
    )
    none = ask(engine, "stock", limit=1)
    assert (none.status, none.say) == (
        "refused",
        "There is nothing for 1 coin. The cheapest thing is an apple for 2 coins.",
    )


def test_what_one_owns_of_one_thing(engine: Skills) -> None:
    ask(engine, "buy", item="kite", quantity=2)
    assert ask(engine, "inventory", item="kites").say == "You have 2 kites."
    assert ask(engine, "inventory", item="hat").say == "You have no hat."
    assert ask(engine, "inventory").facts == {"kite": "kite", "map": "map", "coins": "80 coins"}


def test_shopping_in_chinese(engine: Skills) -> None:
    assert ask(engine, "haggle", "zh", item="风筝", offer=3).say == "3个金币太少了，一只风筝最低8个金币。要买吗？"
    assert ask(engine, "haggle", "zh", yes=True, item="风筝", offer=3).say == "你花8个金币买了一只风筝，还剩92个金币。"
    assert ask(engine, "sell", "zh", item="风筝").say == "一只风筝卖了5个金币，你现在有97个金币。"
    assert ask(engine, "compare", "zh", item="帽子", other="书").facts == {"item": "帽子", "other": "书"}
    assert ask(engine, "spent", "zh").say == "你一共花了8个金币，还剩97个金币。"
    assert ask(engine, "budget", "zh", limit=5).say == "从现在起，我不会让你花超过5个金币。"
    assert ask(engine, "stock", "zh", limit=2).say == "2个金币以内的有1个商品。有一个苹果2个金币。"
