"""Buying and owning things."""

from __future__ import annotations

from typing import Annotated

from models.task.sentences import Say
from models.task.skill import Action, Hint, Item, Outcome, done, refused, skill
from models.task.world import Setting, World


@skill()
def buy(
    world: World,
    say: Say,
    item: Annotated[Item, Hint("what the user wants to buy")],
    quantity: Annotated[int, Hint("how many of it")] = 1,
) -> Outcome:
    """Buy something for the user.

    The action tells a client what the user holds now: all of the item, and the coins that are left.
    """
    ware = world.setting.wares[item]
    if quantity < 1:
        least = say.counted(1, ware)
        return refused(say("least", least=least), least=least)
    deal = world.buy(item, quantity)
    what = say.some(quantity, ware)
    fact = say.name(ware) if quantity == 1 else what
    cost, coins = say.amount(deal.cost, "coin"), say.amount(deal.coins, "coin")
    if not deal.bought:
        return refused(say("short", what=what, cost=cost, coins=coins), item=fact, cost=cost, coins=coins)
    return done(
        say("bought", what=what, cost=cost, coins=coins),
        Action("inventory", {"item": item, "quantity": deal.held, "coins": deal.coins}),
        item=fact,
        cost=cost,
        coins=coins,
    )


@skill(effects=False)
def price(setting: Setting, say: Say, item: Annotated[Item, Hint("what the user asks the price of")]) -> Outcome:
    """Tell what something costs."""
    ware = setting.wares[item]
    cost = say.amount(ware.price, "coin")
    return done(say("costs", what=say.some(1, ware).capitalize(), cost=cost), item=say.name(ware), price=cost)


@skill(effects=False)
def inventory(world: World, say: Say) -> Outcome:
    """Tell what the user owns."""
    coins = say.amount(world.coins, "coin")
    held = {item: say.some(quantity, world.setting.wares[item]) for item, quantity in world.holdings().items()}
    return done(say("have", all=say.language.listed([*held.values(), coins])), coins=coins, **held)
