"""The shop of the world: what a user bought, sold, agreed on and means to spend.

The shop keeps every trade, so that each can be taken back to the coin, and so that what was spent is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from models.task.world.setting import Setting

Problem: TypeAlias = Literal["", "purse", "budget", "holding"]
"""Why a trade cannot be: too few coins in the purse, too few in the budget, or too few things to give."""


@dataclass(frozen=True, slots=True)
class Trade:
    """What came of wanting to trade. Nothing changed where there is a problem."""

    item: str
    quantity: int
    """How many of it were to be traded."""
    cost: int
    """Coins that all of it costs or brings."""
    coins: int
    """Coins in the purse now."""
    held: int
    """How many of the item the user holds now."""
    left: int | None = None
    """Coins that the budget leaves; None where the user set none. It may be less than nothing."""
    problem: Problem = ""
    id: int = 0
    """What `Shop.take_back` knows the trade by; 0 where it did not happen."""


class Store(Protocol):
    """What the shop needs of an open world."""

    clock: Callable[[], float]
    setting: Setting

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """The connection, for one statement."""
        ...

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """The connection inside a transaction."""
        ...


class Shop:
    """One user's dealings with the shop. Every change is a transaction of its own.

    A ware is named by its key in the setting. Every method raises WorldError where the world's file fails."""

    def __init__(self, store: Store, user: str) -> None:
        self._store, self.user, self.setting = store, user, store.setting

    def price(self, item: str) -> int:
        """Coins for one of a ware: the agreed price until the next purchase, otherwise the usual one."""
        with self._store.reading() as base:
            return self._price(base, item)[0]

    def agree(self, item: str, price: int) -> None:
        """Keep a price for the next purchase of a ware."""
        with self._store.writing() as base:
            self._agree(base, item, price)

    def quote(self, item: str, quantity: int) -> Trade:
        """What would come of buying: the cost, and the problem where it cannot be."""
        with self._store.writing() as base:
            return self._quote(base, item, quantity)

    def buy(self, item: str, quantity: int) -> Trade:
        """Pay for so many of a ware, if the purse and the budget allow it. It uses up a price that was agreed on.

        Raises ValueError for a quantity below 1."""
        with self._store.writing() as base:
            trade = self._quote(base, item, quantity)
            if trade.problem:
                return trade
            agreed = self._price(base, item)[1]
            base.execute("DELETE FROM bargain WHERE user = ? AND item = ?", (self.user, item))
            return self._trade(base, item, quantity, trade.cost, agreed)

    def sell(self, item: str, quantity: int) -> Trade:
        """Give so many of a ware to the shop for half its price, rounded down, and at least 1 coin each.

        Raises ValueError for a quantity below 1."""
        if quantity < 1:
            raise ValueError(f"quantity is {quantity}, but at least 1 can be sold")
        gain = max(1, self.setting.wares[item].price // 2) * quantity
        with self._store.writing() as base:
            coins, held = self._owned(base, item)
            if held < quantity:
                return Trade(item, quantity, gain, coins, held, problem="holding")
            return self._trade(base, item, -quantity, -gain)

    def take_back(self, trade_id: int) -> Trade | None:
        """Undo a trade of this user as if it had never been; None where there is none with that id."""
        with self._store.writing() as base:
            row = base.execute(
                "SELECT item, quantity, coins, agreed FROM trade WHERE id = ? AND user = ?", (trade_id, self.user)
            ).fetchone()
            if row is None or row[0] not in self.setting.wares:
                return None
            item, quantity, cost, agreed = row
            coins, held = self._owned(base, item)
            if held < quantity or coins < -cost:
                problem: Problem = "holding" if held < quantity else "purse"
                return Trade(item, abs(quantity), abs(cost), coins, held, problem=problem)
            self._move(base, item, -quantity, -cost)
            base.execute("DELETE FROM trade WHERE id = ?", (trade_id,))
            if agreed is not None:
                self._agree(base, item, agreed)
            return Trade(item, abs(quantity), abs(cost), coins + cost, held - quantity, self._left(base), id=trade_id)

    def spent(self) -> int:
        """Coins that all purchases cost which were not taken back."""
        with self._store.reading() as base:
            query = "SELECT coalesce(sum(coins), 0) FROM trade WHERE user = ? AND quantity > 0"
            return int(base.execute(query, (self.user,)).fetchone()[0])

    def left(self) -> int | None:
        """Coins that may still be spent within the budget; None where the user set none."""
        with self._store.reading() as base:
            return self._left(base)

    def set_budget(self, limit: int) -> None:
        """Allow purchases of so many coins in all from now on."""
        with self._store.writing() as base:
            base.execute(
                "INSERT INTO budget (user, coins, since) "
                "VALUES (?, ?, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'trade'), 0))",
                (self.user, limit),
            )

    def drop_budget(self) -> None:
        """Forget the latest budget: the one before it holds again, with what was spent since."""
        with self._store.writing() as base:
            base.execute("DELETE FROM budget WHERE id = (SELECT max(id) FROM budget WHERE user = ?)", (self.user,))

    # --- inside a transaction ----------------------------------------------------------------------------------------

    def _quote(self, base: sqlite3.Connection, item: str, quantity: int) -> Trade:
        if quantity < 1:
            raise ValueError(f"quantity is {quantity}, but at least 1 can be bought")
        coins, held = self._owned(base, item)
        cost, left = self._price(base, item)[0] * quantity, self._left(base)
        problem: Problem = "purse" if cost > coins else "budget" if left is not None and cost > left else ""
        return Trade(item, quantity, cost, coins, held, left, problem)

    def _trade(self, base: sqlite3.Connection, item: str, quantity: int, cost: int, agreed: int | None = None) -> Trade:
        """Note a trade and carry it out; both amounts are below zero for a sale."""
        self._move(base, item, quantity, cost)
        trade_id = base.execute(
            "INSERT INTO trade (user, item, quantity, coins, agreed, traded_at) VALUES (?, ?, ?, ?, ?, ?)",
            (self.user, item, quantity, cost, agreed, self._store.clock()),
        ).lastrowid
        coins, held = self._owned(base, item)
        return Trade(item, abs(quantity), abs(cost), coins, held, self._left(base), id=trade_id or 0)

    def _move(self, base: sqlite3.Connection, item: str, quantity: int, cost: int) -> None:
        base.execute("UPDATE resident SET coins = coins - ? WHERE user = ?", (cost, self.user))
        held = self._owned(base, item)[1] + quantity
        if held:
            base.execute("INSERT OR REPLACE INTO holding VALUES (?, ?, ?)", (self.user, item, held))
        else:
            base.execute("DELETE FROM holding WHERE user = ? AND item = ?", (self.user, item))

    def _owned(self, base: sqlite3.Connection, item: str) -> tuple[int, int]:
        """The coins in the purse, and how many of a ware the user holds."""
        coins, held = base.execute(
            "SELECT coins, coalesce((SELECT quantity FROM holding WHERE user = resident.user AND item = ?), 0) "
            "FROM resident WHERE user = ?",
            (item, self.user),
        ).fetchone()
        return coins, held

    def _price(self, base: sqlite3.Connection, item: str) -> tuple[int, int | None]:
        """The price of one now, and the one agreed on."""
        row = base.execute("SELECT price FROM bargain WHERE user = ? AND item = ?", (self.user, item)).fetchone()
        return (row[0], row[0]) if row else (self.setting.wares[item].price, None)

    def _agree(self, base: sqlite3.Connection, item: str, price: int) -> None:
        base.execute("INSERT OR REPLACE INTO bargain VALUES (?, ?, ?)", (self.user, item, price))

    def _left(self, base: sqlite3.Connection) -> int | None:
        row = base.execute(
            "SELECT coins - (SELECT coalesce(sum(coins), 0) FROM trade "
            "WHERE user = budget.user AND quantity > 0 AND id > since) "
            "FROM budget WHERE user = ? ORDER BY id DESC LIMIT 1",
            (self.user,),
        ).fetchone()
        return None if row is None else int(row[0])
