"""Buying, selling and owning things."""

from __future__ import annotations

from typing import Annotated

from models.context import Context
from models.protocols import Request
from models.task.packs.shopping.deals import buy_now, coins, first_upper, holding, take_back, wrong_amount
from models.task.sentences import Say
from models.task.skill import Hint, Item, Outcome, Text, confirm, done, refused, skill, unclear, undone_by
from models.task.world import World
from models.task.world.setting import Ware

RICHEST = 1_000_000
"""Coins that a budget may hold."""
LISTED = 5
"""Wares that are told at once: more cannot be kept in mind from hearing."""


@skill()
def buy(
    world: World,
    say: Say,
    request: Request,
    item: Annotated[Item, Hint("what the user wants to buy")],
    quantity: Annotated[int, Hint("how many of it")] = 1,
) -> Outcome:
    """Buy something for the user.

    The action tells a client what the user holds now: all of the item, and the coins that are left. What costs more
    than the setting's allowance is bought after a yes only.
    """
    ware = world.setting.wares[item]
    if wrong := wrong_amount(say, ware, quantity):
        return wrong
    quote = world.shop.quote(item, quantity)
    if not quote.problem and quote.cost > world.setting.allowance and not request.confirmed:
        cost = coins(say, quote.cost)
        question = say("ask" if quantity == 1 else "ask_many", what=first_upper(say.some(quantity, ware)), cost=cost)
        return confirm(question, item=say.name(ware), cost=cost)
    return buy_now(world, say, ware, quantity)


@skill(hidden=True)
def give_back(world: World, say: Say, trade: Annotated[Text, Hint("the id of the purchase")] = "") -> Outcome:
    """Give something back that the user bought, for all that it cost."""
    return take_back(world, say, trade)


@skill()
def sell(
    world: World,
    say: Say,
    item: Annotated[Item, Hint("what the user wants to sell")],
    quantity: Annotated[int, Hint("how many of it")] = 1,
) -> Outcome:
    """Sell something that the user owns to the shop, for half its price."""
    ware = world.setting.wares[item]
    if wrong := wrong_amount(say, ware, quantity):
        return wrong
    sale = world.shop.sell(item, quantity)
    name, what = say.name(ware), say.some(quantity, ware)
    if sale.problem and not sale.held:
        return refused(say("none", item=name), item=name)
    if sale.problem:
        held = say.counted(sale.held, ware)
        return refused(say("fewer", held=held), item=name, held=held)
    gain, purse = coins(say, sale.cost), coins(say, sale.coins)
    told = done(say("sold", what=what, gain=gain, coins=purse), holding(sale), item=name, gain=gain, coins=purse)
    return undone_by(told, get_back.name, trade=str(sale.id))


@skill(hidden=True)
def get_back(world: World, say: Say, trade: Annotated[Text, Hint("the id of the sale")] = "") -> Outcome:
    """Get something back that the user sold, for what the shop paid."""
    return take_back(world, say, trade)


@skill()
def haggle(
    world: World,
    say: Say,
    request: Request,
    item: Annotated[Item, Hint("what the user wants for less")],
    offer: Annotated[int | None, Hint("how many coins the user offers for one")] = None,
) -> Outcome:
    """Agree with the shop on a lower price for something that the user wants.

    The price holds for the next purchase of it. A yes buys one at once.
    """
    ware = world.setting.wares[item]
    name, what, lowest = say.name(ware), say.some(1, ware), _lowest(ware.price)
    if offer is not None and offer < 1:
        least = coins(say, 1)
        return refused(say("least_offer", least=least), least=least)
    if lowest == ware.price:
        cost = coins(say, ware.price)
        return refused(say("firm", what=first_upper(what), cost=cost), item=name, cost=cost)
    agreed = lowest if offer is None else min(max(offer, lowest), world.shop.price(item))
    world.shop.agree(item, agreed)
    if request.confirmed:
        return buy_now(world, say, ware, 1)
    if world.shop.quote(item, 1).problem == "purse":
        cost, purse = coins(say, agreed), coins(say, world.coins)
        return refused(say("best", what=what, cost=cost, coins=purse), item=name, cost=cost, coins=purse)
    return _proposal(say, ware, offer, agreed)


@skill(effects=False)
def price(
    world: World,
    say: Say,
    item: Annotated[Item, Hint("what the user asks the price of")],
    quantity: Annotated[int, Hint("how many of it")] = 1,
) -> Outcome:
    """Tell what something costs."""
    ware, quantity = world.setting.wares[item], max(1, quantity)
    cost, what = coins(say, world.shop.price(item) * quantity), first_upper(say.some(quantity, ware))
    return done(say("costs" if quantity == 1 else "costs_many", what=what, cost=cost), item=say.name(ware), price=cost)


@skill(effects=False)
def stock(
    world: World,
    say: Say,
    context: Context,
    limit: Annotated[int | None, Hint("the most that a thing may cost, in coins")] = None,
) -> Outcome:
    """Tell what is on sale, or what is on sale up to a price.

    Asked again at once, it goes on with the things that it has not told yet.
    """
    prices = {key: world.shop.price(key) for key in world.setting.wares}
    keys = sorted((key for key in prices if limit is None or prices[key] <= limit), key=lambda key: prices[key])
    if not keys:
        return _nothing(world, say, min(prices, key=lambda key: prices[key]), limit or 0)
    names = {key: say.name(world.setting.wares[key]) for key in keys}
    latest, told = context.dialogue.latest, {mention.name for mention in context.dialogue.focus}
    further = [key for key in keys if names[key] not in told]
    goes_on = bool(latest and latest.skill == stock.name and 0 < len(further) < len(keys))
    rest = further if goes_on else keys
    offers = [_offer(world, say, key) for key in rest[:LISTED]]
    listed = say("list_more" if len(rest) > LISTED else "list", all=say.language.listed(offers))
    beginning = say("more") if goes_on else _beginning(say, len(keys), limit)
    return done(say.language.joint.join([beginning, listed]), **{key: names[key] for key in rest[:LISTED]})


@skill(effects=False)
def compare(
    world: World,
    say: Say,
    item: Annotated[Item, Hint("one of two things on sale")],
    other: Annotated[Item, Hint("the other one")],
) -> Outcome:
    """Tell which of two things is cheaper."""
    if item == other:
        return unclear(say("same", item=say.name(world.setting.wares[item])), "other")
    one, two = world.setting.wares[item], world.setting.wares[other]
    costs = world.shop.price(item), world.shop.price(other)
    facts = {"item": say.name(one), "other": say.name(two)}
    if costs[0] == costs[1]:
        cost = coins(say, costs[0])
        return done(say("equal", what=first_upper(say.some(1, one)), than=say.some(1, two), cost=cost), **facts)
    cheaper = say.name(one if costs[0] < costs[1] else two)
    return done(
        say(
            "cheaper",
            what=first_upper(say.some(1, one)),
            cost=coins(say, costs[0]),
            than=say.some(1, two),
            other_cost=coins(say, costs[1]),
            cheaper=cheaper,
        ),
        **facts,
    )


@skill(effects=False)
def inventory(world: World, say: Say, item: Annotated[Item, Hint("the one thing that is asked about")] = "") -> Outcome:
    """Tell what the user owns, or how many of one thing."""
    held, wares = world.holdings(), world.setting.wares
    if item:
        name = say.name(wares[item])
        if not held.get(item):
            return done(say("none", item=name), item=name)
        return done(say("have", all=say.some(held[item], wares[item])), item=name)
    purse = coins(say, world.coins)
    all_of_it = [*(say.some(number, wares[key]) for key, number in held.items()), purse]
    return done(
        say("have", all=say.language.listed(all_of_it)), **{key: say.name(wares[key]) for key in held}, coins=purse
    )


@skill(effects=False)
def spent(world: World, say: Say) -> Outcome:
    """Tell how much the user has spent so far in all."""
    total, left = world.shop.spent(), world.shop.left()
    purse = coins(say, world.coins)
    if not total:
        return done(say("nothing", coins=purse), coins=purse)
    cost = coins(say, total)
    if left is not None:
        rest = coins(say, max(0, left))
        return done(say("budget", cost=cost, left=rest), spent=cost, left=rest)
    return done(say("spent", cost=cost, coins=purse), spent=cost, coins=purse)


@skill()
def budget(world: World, say: Say, limit: Annotated[int, Hint("the most to spend from now on, in coins")]) -> Outcome:
    """Set how much the user wants to spend at most from now on."""
    if not 0 <= limit <= RICHEST:
        bound = coins(say, 0 if limit < 0 else RICHEST)
        return refused(say("least" if limit < 0 else "most", bound=bound), bound=bound)
    world.shop.set_budget(limit)
    most = coins(say, limit)
    return undone_by(done(say("set", limit=most), limit=most), drop_budget.name)


@skill(hidden=True)
def drop_budget(world: World, say: Say) -> Outcome:
    """Forget the latest budget of the user."""
    world.shop.drop_budget()
    left = world.shop.left()
    if left is None:
        return done(say("free"))
    rest = coins(say, max(0, left))
    return done(say("before", left=rest), left=rest)


def _proposal(say: Say, ware: Ware, offer: int | None, agreed: int) -> Outcome:
    """The shop's answer to an offer, and the question whether to buy at that price."""
    name, what, cost = say.name(ware), say.some(1, ware), coins(say, agreed)
    if offer is None:
        return confirm(say("lowered", what=what, cost=cost), item=name, cost=cost)
    if offer < agreed:
        offered = coins(say, offer)
        return confirm(say("too_low", offer=offered, what=what, cost=cost), offer=offered, item=name, cost=cost)
    message = "accepted" if offer == agreed else "enough"
    return confirm(say(message, what=first_upper(what), cost=cost), item=name, cost=cost)


def _offer(world: World, say: Say, item: str) -> str:
    """A ware with its price."""
    return say("offer", what=say.some(1, world.setting.wares[item]), cost=coins(say, world.shop.price(item)))


def _nothing(world: World, say: Say, cheapest: str, limit: int) -> Outcome:
    """There is nothing up to a limit."""
    most, ware = coins(say, limit), world.setting.wares[cheapest]
    what, cost = say.some(1, ware), coins(say, world.shop.price(cheapest))
    return refused(say("nothing", limit=most, what=what, cost=cost), item=say.name(ware), limit=most, cost=cost)


def _beginning(say: Say, number: int, limit: int | None) -> str:
    """How many things are on sale, up to a limit where there is one."""
    count = say.amount(number, "thing")
    return say("count", count=count) if limit is None else say("count_limit", count=count, limit=coins(say, limit))


def _lowest(price: int) -> int:
    """The least that the shop takes for a thing: a fifth off, to the shop's favour."""
    return -(-price * 4 // 5)
