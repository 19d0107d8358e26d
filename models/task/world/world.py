"""The world's memory: where each user stands, what they own and what they asked the avatar to remember, in SQLite.

One file may serve several threads and processes: writes are short transactions, each waits up to `BUSY_S` for others.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.errors import ModelError
from models.language.finding import language_of
from models.task.world.migrations import MIGRATIONS
from models.task.world.setting import PLAZA, Setting
from models.task.world.shop import Shop

BUSY_S = 5.0
"""How long a write waits for another thread's or process's."""
MEMORY = ":memory:"
"""A world that ends with its store."""


class WorldError(ModelError):
    """The world cannot be opened."""


def default_path(setting: str = PLAZA) -> Path:
    """The file of a world in the user's data folder, as the system has it; each setting has its own."""
    from platformdirs import user_data_path

    name = "world.sqlite" if setting == PLAZA else f"world-{setting}.sqlite"
    return user_data_path("parley", appauthor=False) / name


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that runs."""

    id: int
    label: str
    """What it is for; empty where the user did not say."""
    seconds: int
    """For how long it was set."""
    ends_at: float
    """Seconds since 1970."""
    say: str
    """What is said when it is over: a whole sentence."""


class WorldStore:
    """An open world. Raises WorldError where the file cannot be one."""

    def __init__(self, path: str | Path, clock: Callable[[], float], setting: Setting) -> None:
        """`path` may be `MEMORY`; `clock` gives seconds since 1970."""
        self.path, self.clock, self.setting = os.path.expanduser(path), clock, setting
        self._lock = threading.RLock()
        try:
            if self.path != MEMORY:
                # What users told the avatar is for nobody else's eyes.
                Path(self.path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Transactions are begun by hand: sqlite3's own take the lock at the first write, when what was read may be
            # out of date. Any thread may call, one at a time.
            self._base = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise self._refused(error) from error
        try:
            self._base.execute("PRAGMA journal_mode = WAL")
            # A power cut may lose the last purchase, but never half of one.
            self._base.execute("PRAGMA synchronous = NORMAL")
            self._base.execute("PRAGMA foreign_keys = ON")
            self._migrate()
        except sqlite3.Error as error:
            self._base.close()
            raise self._refused(error) from error
        except WorldError:
            self._base.close()
            raise

    def of(self, user: str) -> World:
        """The user's part of the world; a new user has what the setting gives."""
        with self.reading() as base:
            known = base.execute("SELECT 1 FROM resident WHERE user = ?", (user,)).fetchone()
        if not known:
            with self.writing() as base:
                row = (user, self.setting.start, self.setting.coins)
                query = "INSERT OR IGNORE INTO resident (user, place, coins) VALUES (?, ?, ?)"
                if base.execute(query, row).rowcount:
                    rows = [(user, item, quantity) for item, quantity in self.setting.holdings.items()]
                    base.executemany("INSERT INTO holding VALUES (?, ?, ?)", rows)
        return World(self, user)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one statement. Raises WorldError where the file fails."""
        with self._lock:
            try:
                yield self._base
            except sqlite3.Error as error:
                raise WorldError(f"world '{self.path}': {error}") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection inside a transaction: all of it happens, or nothing. Raises WorldError, likewise."""
        with self.reading(), self._transaction():
            yield self._base

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._base.execute("COMMIT")
        except BaseException:
            if self._base.in_transaction:  # a full disk may have ended it already
                self._base.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    def _migrate(self) -> None:
        with self._transaction():
            version = self._base.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise WorldError(
                    f"world '{self.path}' was written by a newer Parley (tables of version {version}, this one knows "
                    f"{len(MIGRATIONS)}): update parley-avatar, or choose another file with the option 'world'"
                )
            for script in MIGRATIONS[version:]:
                for statement in _statements(script):
                    self._base.execute(statement)
            self._base.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _refused(self, error: Exception) -> WorldError:
        return WorldError(
            f"world '{self.path}' cannot be opened: {error}; choose a file that you may write with the option 'world', "
            f"or '{MEMORY}' for a world that ends with the program"
        )


class World:
    """One user's part of the world. Every change is a transaction of its own, and complete when the method returns."""

    def __init__(self, store: WorldStore, user: str) -> None:
        self._store, self.user, self.setting = store, user, store.setting
        self.shop = Shop(store, user)
        """The user's dealings with the shop."""

    def now(self) -> float:
        """Seconds since 1970."""
        return self._store.clock()

    @property
    def place(self) -> str:
        """Where the user stands: one of the setting's sites. The start, where the file was another setting's."""
        place = str(self._one("SELECT place FROM resident WHERE user = ?", self.user))
        return place if place in self.setting.sites else self.setting.start

    @property
    def coins(self) -> int:
        """What the purse holds."""
        return int(self._one("SELECT coins FROM resident WHERE user = ?", self.user))

    def holdings(self) -> dict[str, int]:
        """How many of each of the setting's wares the user carries, by the ware's name."""
        with self._store.reading() as base:
            rows = base.execute("SELECT item, quantity FROM holding WHERE user = ? ORDER BY item", (self.user,))
            return {item: quantity for item, quantity in rows.fetchall() if item in self.setting.wares}

    @property
    def before(self) -> str:
        """Where the user stood before they came here; empty where they have been nowhere else."""
        place = str(self._one("SELECT before FROM resident WHERE user = ?", self.user))
        return place if place in self.setting.sites else ""

    def go(self, place: str, before: str | None = None) -> None:
        """Stand at `place` from now on, one of the setting's sites. `before` is where the user will have come from;
        None takes where they stand. Raises KeyError."""
        if place not in self.setting.sites:
            raise KeyError(place)
        came = self.place if before is None else before
        with self._store.writing() as base:
            base.execute("UPDATE resident SET place = ?, before = ? WHERE user = ?", (place, came, self.user))

    def timers(self) -> list[Timer]:
        """The timers that run, the one that ends first before the others."""
        with self._store.reading() as base:
            rows = base.execute(
                "SELECT id, label, seconds, ends_at, say FROM timer "
                "WHERE user = ? AND ends_at > ? ORDER BY ends_at, id",
                (self.user, self.now()),
            )
            return [Timer(*row) for row in rows.fetchall()]

    def set_timer(self, label: str, seconds: int, say: str) -> Timer:
        """Let a timer run. Those that are over are forgotten."""
        ends_at = self.now() + seconds
        with self._store.writing() as base:
            base.execute("DELETE FROM timer WHERE user = ? AND ends_at <= ?", (self.user, self.now()))
            row = (self.user, label, seconds, ends_at, say)
            done = base.execute("INSERT INTO timer (user, label, seconds, ends_at, say) VALUES (?, ?, ?, ?, ?)", row)
            return Timer(int(done.lastrowid or 0), label, seconds, ends_at, say)

    def extend_timer(self, id: int, seconds: int) -> None:
        """Let a timer run so much longer."""
        with self._store.writing() as base:
            base.execute("UPDATE timer SET ends_at = ends_at + ? WHERE user = ? AND id = ?", (seconds, self.user, id))

    def drop_timer(self, id: int) -> bool:
        """Forget a timer; False where none with that id runs."""
        with self._store.writing() as base:
            return base.execute("DELETE FROM timer WHERE user = ? AND id = ?", (self.user, id)).rowcount > 0

    def remember(self, fact: str) -> None:
        """Keep a fact; one that is told again counts as told now."""
        with self._store.writing() as base:
            base.execute(
                "INSERT INTO fact (user, text, told_at, words) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET told_at = excluded.told_at",
                (self.user, fact, self.now(), language_of(fact, "").indexed(fact)),
            )

    def recall(self, topic: str = "", most: int = 1) -> list[str]:
        """At most so many facts that share telling words with `topic`, those that share the most first, the newest
        among equals.

        A topic without a telling word ("me") gives the newest facts of all. Words are stemmed (Porter) and weighed by
        how rare they are (BM25), both by SQLite's FTS5."""
        return [fact for _, fact in self._facts(topic, most)]

    def forget(self, topic: str = "") -> list[str]:
        """Forget the facts that share telling words with `topic`, or all where it has none, and give them."""
        facts = self._facts(topic, -1)
        with self._store.writing() as base:
            base.executemany("DELETE FROM fact WHERE user = ? AND id = ?", [(self.user, id) for id, _ in facts])
        return [fact for _, fact in facts]

    def forget_fact(self, fact: str) -> None:
        """Forget one fact, word for word."""
        with self._store.writing() as base:
            base.execute("DELETE FROM fact WHERE user = ? AND text = ?", (self.user, fact))

    @property
    def name(self) -> str:
        """What the user is called; empty where they did not say."""
        return str(self._one("SELECT name FROM resident WHERE user = ?", self.user))

    def call_user(self, name: str) -> None:
        """Call the user by that name from now on; an empty one forgets it."""
        with self._store.writing() as base:
            base.execute("UPDATE resident SET name = ? WHERE user = ?", (name, self.user))

    def _facts(self, topic: str, most: int) -> list[tuple[int, str]]:
        words = language_of(topic, "en").search_tokens(topic)
        with self._store.reading() as base:
            if not words:
                return base.execute(
                    "SELECT id, text FROM fact WHERE user = ? ORDER BY told_at DESC, id DESC LIMIT ?", (self.user, most)
                ).fetchall()
            return base.execute(
                "SELECT fact.id, fact.text FROM fact_words JOIN fact ON fact.id = fact_words.rowid "
                "WHERE fact_words MATCH ? AND user = ? "
                "ORDER BY round(bm25(fact_words), 3), told_at DESC, fact.id DESC LIMIT ?",
                (" OR ".join(f'"{word}"' for word in words), self.user, most),
            ).fetchall()

    def _one(self, query: str, *values: str) -> str | int:
        with self._store.reading() as base:
            found: str | int = base.execute(query, values).fetchone()[0]
        return found


def _statements(script: str) -> Iterator[str]:
    """The script's statements one by one, for executescript would commit the transaction around them."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
