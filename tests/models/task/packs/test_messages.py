"""Every message of the shop's and the ways' skills is said in every language, with all of its facts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.context import Context, User
from models.protocols import Intent, Outcome, Request, SlotValue
from models.task.packs import collect
from models.task.sentences import Say
from models.task.skills import Skills
from models.task.world.world import World

PACKS = ("shopping", "navigation", "surroundings")


class Visitor:
    """A user who tries everything in one language."""

    def __init__(self, engine: Skills, language: str) -> None:
        self.engine, self.language, self.user = engine, language, User(language)
        self.things = {key: name for name, key in engine.setting.names("item", language).items()}
        self.sites = {key: name for name, key in engine.setting.names("place", language).items()}

    @property
    def world(self) -> World:
        store = self.engine._store
        assert store
        return store.of(self.user.id)

    def ask(self, skill: str, *, yes: bool = False, **slots: SlotValue) -> Outcome:
        if skill not in ("walk_back", "identify"):
            names = {**self.things, **self.sites}
            slots = {slot: names.get(str(value), value) for slot, value in slots.items()}
        request = Request(Intent(skill, slots), "words", confirmed=yes)
        outcome = self.engine.handle(request, Context(user=self.user, language=self.language))
        assert outcome.say.strip(), outcome
        assert all(fact in outcome.say for fact in outcome.facts.values()), outcome
        assert "{" not in outcome.say, outcome
        return outcome

    def undo(self, outcome: Outcome) -> Outcome:
        assert outcome.undo
        return self.ask(outcome.undo.skill, yes=True, **outcome.undo.slots)

    def shop(self) -> None:
        for skill in ("buy", "sell"):
            for quantity in (0, 5000):
                self.ask(skill, item="map", quantity=quantity)
        self.ask("sell", item="map", quantity=2)
        self.ask("sell", item="hat")
        self.ask("spent")
        kites = self.ask("buy", item="kite", quantity=2)
        self.ask("spent")
        sale = self.ask("sell", item="kite")
        self.undo(kites)
        self.undo(sale)
        self.undo(kites)
        self.undo(kites)
        self.undo(sale)
        self.ask("buy", item="guitar")
        self.ask("buy", item="hat", quantity=5)
        self.ask("buy", item="telescope")
        for key, quantity in (("apple", 1), ("apple", 3)):
            self.ask("price", item=key, quantity=quantity)
        for other in ("hat", "kite"):
            self.ask("compare", item="kite", other=other)
        self.ask("compare", item="cookie", other="flower")
        self.ask("inventory")
        self.ask("stock")
        for limit in (1, 3):
            self.ask("stock", limit=limit)
        for key in ("map", "hat"):
            self.ask("inventory", item=key)

    def haggle(self) -> None:
        for offer in (-1, 1, 12, 50):
            self.ask("haggle", item="hat", offer=offer)
        self.ask("haggle", item="lantern")
        self.ask("haggle", item="apple")
        self.ask("haggle", item="lantern", yes=True)
        budget = self.ask("budget", limit=5)
        self.ask("buy", item="hat")
        self.ask("haggle", item="hat", yes=True)
        self.ask("spent")
        self.undo(self.ask("budget", limit=4))
        self.undo(budget)
        for limit in (-1, 10**9):
            self.ask("budget", limit=limit)
        map_ = self.ask("sell", item="map")
        self.ask("buy", item="flower", quantity=self.world.coins // 3, yes=True)
        self.ask("buy", item="apple")
        self.undo(map_)
        self.ask("haggle", item="guitar")
        self.ask("haggle", item="guitar", yes=True)

    def walk(self) -> None:
        self.ask("go_back")
        self.ask("walk_back")
        for place in self.engine.setting.sites:
            gone = self.ask("navigate", place=place)
            self.ask("where_am_i")
            if gone.actions:
                self.ask("go_back")
                self.undo(gone)
                self.ask("navigate", place=place)
            for other in self.engine.setting.sites:
                self.ask("distance", place=other)
            self.ask("describe_place")
        self.ask("places")
        for thing in (self.things["hat"], self.sites["arena"], "Anna"):
            self.ask("identify", thing=thing)


@pytest.fixture
def engine() -> Iterator[Skills]:
    engine = Skills(skills=list(PACKS), world=":memory:", clock=lambda: 1_800_000_000.0)
    engine.load()
    yield engine
    engine.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_message_is_said(engine: Skills, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[tuple[int, str]] = set()
    plain = Say.__call__

    def noting(self: Say, message: str, **facts: str) -> str:
        said.add((id(self.texts), message))
        return plain(self, message, **facts)

    monkeypatch.setattr(Say, "__call__", noting)
    visitor = Visitor(engine, language)
    visitor.shop()
    visitor.haggle()
    visitor.walk()
    engine.setting.sites[engine.setting.start].about.clear()  # type: ignore[attr-defined]
    visitor.ask("describe_place", place=engine.setting.start)
    skills = collect(PACKS)
    further = {("stock", "more")}  # which needs a dialogue
    unsaid = {
        (name, message)
        for name, skill in skills.items()
        for message in skill.texts[language].says
        if (id(skill.texts[language]), message) not in said
    }
    assert unsaid == further
