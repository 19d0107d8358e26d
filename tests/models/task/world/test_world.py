"""The world in SQLite: it lasts, it is shared, and nothing happens by halves."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from platformdirs import user_data_path

from models.task.world import world as world_module
from models.task.world.migrations import MIGRATIONS
from models.task.world.setting import load_setting
from models.task.world.shop import Trade
from models.task.world.world import MEMORY, World, WorldError, WorldStore, default_path

PLAZA = load_setting()
START, COINS, HOLDINGS = PLAZA.start, PLAZA.coins, dict(PLAZA.holdings)
NOON = 1_800_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "world.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[WorldStore]:
    store = WorldStore(path, lambda: NOON, PLAZA)
    yield store
    store.close()


@pytest.fixture
def world(store: WorldStore) -> World:
    return store.of("ada")


def test_a_new_user_is_provided_for(world: World) -> None:
    assert (world.place, world.coins, world.holdings(), world.recall()) == (
        START,
        COINS,
        HOLDINGS,
        [],
    )


def test_buying_pays_and_adds(world: World) -> None:
    assert world.shop.buy("apple", 3) == Trade("apple", 3, 6, COINS - 6, 3, id=1)
    assert world.shop.buy("apple", 1) == Trade("apple", 1, 2, COINS - 8, 4, id=2)
    assert (world.coins, world.holdings()) == (COINS - 8, HOLDINGS | {"apple": 4})


def test_buying_what_one_cannot_pay_changes_nothing(world: World) -> None:
    assert world.shop.buy("telescope", 1) == Trade("telescope", 1, 120, COINS, 0, problem="purse")
    assert world.shop.buy("apple", 10**30).problem == "purse"
    assert (world.coins, world.holdings()) == (COINS, HOLDINGS)


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_is_no_purchase(world: World, quantity: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        world.shop.buy("apple", quantity)


def test_a_place_that_is_not_there_cannot_be_gone_to(world: World) -> None:
    with pytest.raises(KeyError):
        world.go("moon")
    assert world.place == START


def test_the_place_before_is_known(world: World) -> None:
    assert world.before == ""
    world.go("garden")
    world.go("observatory")
    assert (world.place, world.before) == ("observatory", "garden")
    world.go("garden", before=START)
    assert (world.place, world.before) == ("garden", START)


def test_everything_outlives_the_program_and_belongs_to_one_user(path: Path) -> None:
    first = WorldStore(path, lambda: NOON, PLAZA)
    ada = first.of("ada")
    ada.go("garden")
    ada.shop.buy("kite", 2)
    ada.remember("my sister lives in Oslo")
    first.close()
    second = WorldStore(path, lambda: NOON, PLAZA)
    ada, bob = second.of("ada"), second.of("bob")
    assert (ada.place, ada.coins, ada.holdings()["kite"]) == ("garden", COINS - 20, 2)
    assert ada.recall("sister") == ["my sister lives in Oslo"]
    assert (bob.place, bob.coins, bob.holdings(), bob.recall("sister")) == (
        START,
        COINS,
        HOLDINGS,
        [],
    )
    second.close()


@pytest.mark.parametrize(
    ("topic", "fact"),
    [
        ("my sister", "my sister lives in Oslo"),
        ("sisters", "my sister lives in Oslo"),
        ("the code of my locker", "my locker code is 4271"),
        ("what I am allergic to", "i'm allergic to nuts"),
        ("my sister's birthday", "the birthday of my sister is in May"),
        ("the moon", None),
        ('NEAR(sister) OR "x*', "my sister lives in Oslo"),
        ("me", "i'm allergic to nuts"),
        ("", "i'm allergic to nuts"),
    ],
)
def test_a_fact_is_found_by_its_telling_words(world: World, topic: str, fact: str | None) -> None:
    for told in (
        "my locker code is 4271",
        "the birthday of my sister is in May",
        "my sister lives in Oslo",
        "i'm allergic to nuts",
    ):
        world.remember(told)
    assert world.recall(topic) == ([fact] if fact else [])


def test_a_chinese_fact_is_found_by_its_telling_characters(world: World) -> None:
    for told in ("我妹妹的生日是五月三号", "我的车停在图书馆后面", "我对花生过敏"):
        world.remember(told)
    assert world.recall("你还记得我妹妹什么时候过生日吗") == ["我妹妹的生日是五月三号"]
    assert world.recall("我的车在哪里") == ["我的车停在图书馆后面"]
    assert world.recall("护照") == []


def test_facts_of_the_first_version_are_still_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(world_module, "MIGRATIONS", MIGRATIONS[:1])
        old = WorldStore(path, lambda: NOON, PLAZA)
        with old.writing() as base:
            base.execute("INSERT INTO resident VALUES ('ada', 'garden', 7)")
            base.execute("INSERT INTO fact (user, text, told_at) VALUES ('ada', 'my cat is black', 1.0)")
        old.close()
    store = WorldStore(path, lambda: NOON, PLAZA)
    world = store.of("ada")
    world.remember("my dog is white")
    assert [world.recall(topic) for topic in ("cats", "my dog")] == [["my cat is black"], ["my dog is white"]]
    assert (world.place, world.before, world.coins, world.shop.spent()) == ("garden", "", 7, 0)
    store.close()


def test_the_newest_fact_wins_and_telling_again_counts(path: Path) -> None:
    now = NOON
    store = WorldStore(path, lambda: now, PLAZA)
    world = store.of("ada")
    for told in ("my cat is black", "my cat is white", "my cat is black"):
        world.remember(told)
        now += 1
    assert world.recall("my cat") == ["my cat is black"]
    store.close()


def test_threads_of_one_store_and_stores_of_one_file_do_not_lose_a_coin(path: Path) -> None:
    stores = [WorldStore(path, lambda: NOON, PLAZA) for _ in range(2)]
    worlds = [store.of("ada") for store in stores for _ in range(2)]

    def shop(world: World) -> None:
        for _ in range(10):
            world.shop.buy("apple", 1)

    threads = [threading.Thread(target=shop, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (worlds[0].coins, worlds[0].holdings()["apple"]) == (COINS - 40 * PLAZA.wares["apple"].price, 40)
    for store in stores:
        store.close()


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    root = Path(world_module.__file__).parents[2]
    program = f"import sys; sys.path.insert(0, {str(root)!r})\n{code}"
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


SHOPPER = """
from models.task.world.migrations import MIGRATIONS
from models.task.world.setting import load_setting
from models.task.world.world import WorldStore
world = WorldStore(sys.argv[1], lambda: 0.0, load_setting()).of("ada")
print(sum(not world.shop.buy("cookie", 1).problem for _ in range(20)))
"""


def test_processes_that_open_a_new_world_at_once_share_it(path: Path) -> None:
    """60 cookies at 3 coins are wanted, and 33 can be paid: no more are sold, however the purchases interleave."""
    shoppers = [python(SHOPPER, path) for _ in range(3)]
    sold = 0
    for shopper in shoppers:
        out, err = shopper.communicate(timeout=60)
        assert shopper.returncode == 0, err
        sold += int(out)
    store = WorldStore(path, lambda: NOON, PLAZA)
    world = store.of("ada")
    assert (sold, world.holdings()["cookie"], world.coins) == (33, 33, COINS - 99)
    store.close()


VICTIM = """
import os
from models.task.world.migrations import MIGRATIONS
from models.task.world.setting import load_setting
from models.task.world.world import WorldStore
store = WorldStore(sys.argv[1], lambda: 0.0, load_setting())
store.of("ada")
with store.writing() as base:
    base.execute("UPDATE resident SET coins = 0")
    os._exit(9)
"""


def test_a_process_killed_inside_a_purchase_leaves_the_world_as_it_was(path: Path) -> None:
    victim = python(VICTIM, path)
    _, err = victim.communicate(timeout=60)
    assert victim.returncode == 9, err
    store = WorldStore(path, lambda: NOON, PLAZA)
    assert store.of("ada").coins == COINS
    store.close()


def test_a_full_disk_is_told_and_changes_nothing(store: WorldStore, world: World) -> None:
    with store.reading() as base:
        pages = base.execute("PRAGMA page_count").fetchone()[0]
        base.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(WorldError, match=r"world\.sqlite': database or disk is full"):
        world.remember("x" * 100_000)
    assert world.recall() == []
    world.go("garden")
    assert world.place == "garden"


def test_a_world_that_another_holds_for_too_long_is_told(
    path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world_module, "BUSY_S", 0.01)
    impatient = WorldStore(path, lambda: NOON, PLAZA)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(WorldError, match="locked"):
        impatient.of("ada").go("garden")
    holder.close()
    impatient.of("ada").go("garden")
    impatient.close()


def test_a_world_from_the_future_is_refused_and_left_alone(path: Path) -> None:
    WorldStore(path, lambda: NOON, PLAZA).close()
    base = sqlite3.connect(path)
    base.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    base.close()
    with pytest.raises(WorldError, match=r"newer Parley.*update parley-avatar"):
        WorldStore(path, lambda: NOON, PLAZA)


def test_a_world_of_an_older_version_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = WorldStore(path, lambda: NOON, PLAZA)
    old.of("ada").shop.buy("apple", 1)
    old.close()
    newer = (*MIGRATIONS, "ALTER TABLE resident ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';")
    monkeypatch.setattr(world_module, "MIGRATIONS", newer)
    store = WorldStore(path, lambda: NOON, PLAZA)
    with store.reading() as base:
        assert base.execute("SELECT user, coins, mood FROM resident").fetchall() == [("ada", COINS - 2, "calm")]
        assert base.execute("PRAGMA user_version").fetchone() == (len(newer),)
    store.close()


def test_a_migration_that_fails_leaves_the_old_version(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    WorldStore(path, lambda: NOON, PLAZA).close()
    broken = "CREATE TABLE mood (user TEXT);\nCREATE TABLE mood (user TEXT);"
    with monkeypatch.context() as patched:
        patched.setattr(world_module, "MIGRATIONS", (*MIGRATIONS, broken))
        with pytest.raises(WorldError, match="cannot be opened: table mood already exists"):
            WorldStore(path, lambda: NOON, PLAZA)
    store = WorldStore(path, lambda: NOON, PLAZA)
    assert store.of("ada").coins == COINS
    store.close()


def test_what_is_no_world_is_refused_with_the_remedy(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada, " * 100)
    for path in (letter, tmp_path, letter / "world.sqlite"):
        with pytest.raises(WorldError, match=r"cannot be opened: .*option 'world'"):
            WorldStore(path, lambda: NOON, PLAZA)
    assert letter.read_text() == "Dear Ada, " * 100


def test_a_world_in_memory_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = WorldStore(MEMORY, lambda: NOON, PLAZA)
    assert not store.of("ada").shop.buy("apple", 1).problem
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_the_usual_file_lies_in_the_users_data_folder() -> None:
    assert default_path() == user_data_path("parley", appauthor=False) / "world.sqlite"
