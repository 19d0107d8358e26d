"""Buying and owning things."""

from __future__ import annotations

from typing import Annotated

from models.language.en.sentences import counted, listed
from models.task.setting import WARES
from models.task.skill import Action, Hint, Item, Outcome, done, refused, skill
from models.task.world import World


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
    ware = WARES[item]
    if quantity < 1:
        return refused(f"I cannot buy fewer than {ware.count(1)}.", least=ware.count(1))
    deal = world.buy(item, quantity)
    what = ware.one if quantity == 1 else ware.count(quantity)
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
def price(item: Annotated[Item, Hint("what the user asks the price of", ask="The price of what?")]) -> Outcome:
    """Tell what something costs."""
    ware = WARES[item]
    cost = counted(ware.price, "coin")
    return done(f"{ware.one.capitalize()} costs {cost}.", item=item, price=cost)


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
    held = {
        WARES[item].name: WARES[item].one if quantity == 1 else WARES[item].count(quantity)
        for item, quantity in world.holdings().items()
    }
    return done(f"You have {listed([*held.values(), coins])}.", coins=coins, **held)
