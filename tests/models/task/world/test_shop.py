"""The shop of the world: every trade is exact, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.task.world.setting import load_setting
from models.task.world.shop import Trade
from models.task.world.world import MEMORY, World, WorldStore

PLAZA = load_setting()


@pytest.fixture
def store() -> Iterator[WorldStore]:
    store = WorldStore(MEMORY, lambda: 1_800_000_000.0, PLAZA)
    yield store
    store.close()


@pytest.fixture
def world(store: WorldStore) -> World:
    return store.of("ada")


def test_a_purchase_that_is_taken_back_leaves_no_trace(world: World) -> None:
    before = world.coins, world.holdings()
    trade = world.shop.buy("kite", 3)
    assert (world.coins, world.shop.spent()) == (70, 30)
    assert world.shop.take_back(trade.id) == Trade("kite", 3, 30, 100, 0, id=trade.id)
    assert (world.coins, world.holdings()) == before
    assert world.shop.spent() == 0
    assert world.shop.take_back(trade.id) is None


def test_only_ones_own_trades_are_taken_back_and_no_id_is_given_twice(store: WorldStore, world: World) -> None:
    trade = world.shop.buy("kite", 1)
    assert store.of("bob").shop.take_back(trade.id) is None
    assert world.shop.take_back(trade.id)
    assert world.shop.buy("kite", 1).id != trade.id


def test_what_is_gone_cannot_be_given_back(world: World) -> None:
    trade = world.shop.buy("kite", 1)
    sale = world.shop.sell("kite", 1)
    found = world.shop.take_back(trade.id)
    assert found
    assert (found.problem, world.coins) == ("holding", 95)
    assert world.shop.take_back(sale.id)
    assert world.shop.take_back(trade.id) == Trade("kite", 1, 10, 100, 0, id=trade.id)


@pytest.mark.parametrize(("item", "quantity", "gain"), [("map", 1, 2), ("kite", 2, 10), ("cookie", 3, 3)])
def test_the_shop_pays_half_rounded_down(world: World, item: str, quantity: int, gain: int) -> None:
    if item != "map":
        world.shop.buy(item, quantity)
    before = world.coins
    sale = world.shop.sell(item, quantity)
    assert (sale.cost, sale.coins, sale.held, world.coins) == (gain, before + gain, 0, before + gain)
    assert item not in world.holdings()
    assert world.shop.take_back(sale.id) == Trade(item, quantity, gain, before, quantity, id=sale.id)
    assert (world.coins, world.holdings()[item]) == (before, quantity)


def test_more_than_one_has_is_not_sold(world: World) -> None:
    assert world.shop.sell("map", 2).problem == world.shop.sell("kite", 1).problem == "holding"
    assert (world.coins, world.holdings()) == (100, {"map": 1})
    with pytest.raises(ValueError, match="at least 1"):
        world.shop.sell("map", -1)


def test_a_sale_cannot_be_taken_back_without_the_coins(world: World) -> None:
    sale = world.shop.sell("map", 1)
    world.shop.buy("flower", 34)
    found = world.shop.take_back(sale.id)
    assert found
    assert (found.problem, found.coins, world.coins) == ("purse", 0, 0)
    assert "map" not in world.holdings()


def test_a_price_holds_for_the_next_purchase_and_again_when_that_is_taken_back(world: World) -> None:
    world.shop.agree("kite", 8)
    trade = world.shop.buy("kite", 2)
    assert (trade.cost, world.shop.price("kite")) == (16, 10)
    world.shop.take_back(trade.id)
    assert (world.coins, world.shop.price("kite")) == (100, 8)


def test_a_budget_counts_from_now_on(world: World) -> None:
    assert world.shop.left() is None
    earlier = world.shop.buy("kite", 1)
    world.shop.set_budget(20)
    assert world.shop.left() == 20
    trade = world.shop.buy("kite", 1)
    assert trade.left == 10
    assert world.shop.buy("hat", 1).problem == world.shop.quote("hat", 1).problem == "budget"
    world.shop.take_back(earlier.id)
    assert world.shop.left() == 10
    world.shop.take_back(trade.id)
    assert world.shop.left() == 20


def test_the_budget_before_holds_again(world: World) -> None:
    world.shop.set_budget(50)
    world.shop.set_budget(5)
    world.shop.buy("map", 1)
    assert world.shop.left() == 0
    world.shop.drop_budget()
    assert world.shop.left() == 45
    world.shop.drop_budget()
    assert world.shop.left() is None
    world.shop.drop_budget()
    assert world.shop.left() is None
