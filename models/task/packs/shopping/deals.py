"""What several skills of the shop do and say alike. Each says it in its own messages."""

from __future__ import annotations

from models.task.sentences import Say
from models.task.skill import Action, Outcome, done, refused, undone_by
from models.task.world import World
from models.task.world.setting import Ware
from models.task.world.shop import Trade

MOST = 1000
"""Pieces of a ware that are traded at once. A mistaken number is likelier than a wish for more."""


def buy_now(world: World, say: Say, ware: Ware, quantity: int) -> Outcome:
    """Buy without a question, and say so, or why it cannot be. The skill ``give_back`` takes it back."""
    trade = world.shop.buy(ware.name, quantity)
    name, what = say.name(ware), say.some(quantity, ware)
    cost, purse = coins(say, trade.cost), coins(say, trade.coins)
    if trade.problem == "purse":
        return refused(say("short", what=what, cost=cost, coins=purse), item=name, cost=cost, coins=purse)
    if trade.problem:
        left = coins(say, max(0, trade.left or 0))
        return refused(say("over", what=what, cost=cost, left=left), item=name, cost=cost, left=left)
    told = done(say("bought", what=what, cost=cost, coins=purse), holding(trade), item=name, cost=cost, coins=purse)
    return undone_by(told, "give_back", trade=str(trade.id))


def take_back(world: World, say: Say, trade_id: str) -> Outcome:
    """Undo a trade, and say so, or why it cannot be."""
    trade = world.shop.take_back(int(trade_id)) if trade_id.isdecimal() and len(trade_id) < 19 else None
    if trade is None:
        return refused(say("unknown"))
    ware = world.setting.wares[trade.item]
    name = say.name(ware)
    what = say.language.the(name) if trade.quantity == 1 else say.counted(trade.quantity, ware)
    cost, purse = coins(say, trade.cost), coins(say, trade.coins)
    if trade.problem == "holding":
        return refused(say("gone", what=what), item=name)
    if trade.problem:
        return refused(say("short", what=what, cost=cost, coins=purse), item=name, cost=cost, coins=purse)
    return done(say("back", what=what, cost=cost, coins=purse), holding(trade), item=name, cost=cost, coins=purse)


def wrong_amount(say: Say, ware: Ware, quantity: int) -> Outcome | None:
    """The refusal of an amount that nobody can mean; None for any other."""
    if 1 <= quantity <= MOST:
        return None
    bound = say.counted(1 if quantity < 1 else MOST, ware)
    return refused(say("least" if quantity < 1 else "most", bound=bound), item=say.name(ware), bound=bound)


def holding(trade: Trade) -> Action:
    """Tells a client what the user holds after a trade."""
    return Action("inventory", {"item": trade.item, "quantity": trade.held, "coins": trade.coins})


def coins(say: Say, number: int) -> str:
    """So many coins."""
    return say.amount(number, "coin")


def first_upper(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]
