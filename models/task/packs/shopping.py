"""Buying and owning things."""

from __future__ import annotations

from typing import Annotated

from models.language.en.sentences import counted, listed, one
from models.task.skill import Action, Hint, Item, Outcome, done, refused, skill
from models.task.world import Setting, World
from models.task.world.setting import Ware


@skill(
    examples=[
        "buy {quantity} {item}s",
        "i would like to buy a {item}",
        "can i get a {item} please",
        "i could use a {item}",
        "get me {quantity} {item}s",
        "um i'll take the {item}",
        "i want {quantity} {item}s",
        "purchase a {item} for me",
        "could you pick up a {item} for me",
        "sell me a {item}",
        "i need a {item}",
        "add {quantity} {item}s to my bag",
        "pick that {item} up for me",
        "can i have this {item}",
        "i want to buy something",
    ]
)
def buy(
    world: World,
    item: Annotated[Item, Hint("what the user wants to buy", ask="What would you like to buy?")],
    quantity: Annotated[int, Hint("how many of it")] = 1,
) -> Outcome:
    """Buy something for the user.

    The action tells a client what the user holds now: all of the item, and the coins that are left.
    """
    ware = world.setting.wares[item]
    if quantity < 1:
        least = counted(1, ware.name)
        return refused(f"I cannot buy fewer than {least}.", least=least)
    deal = world.buy(item, quantity)
    what = _some(ware, quantity)
    fact = item if quantity == 1 else what
    cost, coins = counted(deal.cost, "coin"), counted(deal.coins, "coin")
    if not deal.bought:
        return refused(
            f"You cannot buy {what}. That costs {cost}, and you have {coins}.", item=fact, cost=cost, coins=coins
        )
    return done(
        f"You bought {what} for {cost}. You have {coins} left.",
        Action("inventory", {"item": item, "quantity": deal.held, "coins": deal.coins}),
        item=fact,
        cost=cost,
        coins=coins,
    )


@skill(
    examples=[
        "how much is a {item}",
        "what does the {item} cost",
        "what is the price of a {item}",
        "how much do you want for the {item}",
        "how many coins for a {item}",
        "is the {item} expensive",
        "um what do they charge for a {item}",
        "tell me the price of the {item}",
        "what would a {item} set me back",
        "how much are the {item}s",
        "what does this {item} over here cost",
        "can i afford a {item}",
        "how much does it cost",
    ],
    effects=False,
)
def price(
    setting: Setting, item: Annotated[Item, Hint("what the user asks the price of", ask="The price of what?")]
) -> Outcome:
    """Tell what something costs."""
    ware = setting.wares[item]
    cost = counted(ware.price, "coin")
    return done(f"{one(ware.name).capitalize()} costs {cost}.", item=item, price=cost)


@skill(
    examples=[
        "what do i have",
        "what is in my bag",
        "show me my inventory",
        "how many coins do i have left",
        "how much money do i have",
        "what am i carrying",
        "check my purse",
        "um what stuff do i own",
        "list my things",
        "what have i bought so far",
        "am i rich",
        "do i have anything with me",
    ],
    effects=False,
)
def inventory(world: World) -> Outcome:
    """Tell what the user owns."""
    coins = counted(world.coins, "coin")
    held = {item: _some(world.setting.wares[item], quantity) for item, quantity in world.holdings().items()}
    return done(f"You have {listed([*held.values(), coins])}.", coins=coins, **held)


def _some(ware: Ware, quantity: int) -> str:
    """So many of a ware, as spoken: ``an apple``, ``2 apples``."""
    return one(ware.name) if quantity == 1 else counted(quantity, ware.name, ware.plural)
