"""What skills hear and say lies in a file for each language."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from models.context import Context, known_as
from models.errors import WrongData
from models.protocols import Action, Intent, Outcome, Request, SlotValue
from models.task.packs import BUILT_IN, collect
from models.task.skills import Skills

NOON = 1_800_000_000.0
SPOKEN = {"navigation", "surroundings", "shopping", "time", "talk"}
"""Packs that speak Chinese."""

CODE = '''
from typing import Annotated
from models.task.sentences import Say
from models.task.skill import Hint, Outcome, Text, done, skill

@skill(effects=False)
def echo(say: Say, words: Annotated[Text, Hint("the words")]) -> Outcome:
    """Say it again."""
    return done(say("again", words=words), words=words)
'''
ENGLISH = """
echo:
  examples: ["say {words}"]
  asks: {words: Say what?}
  says: {again: "You said {words}."}
"""
CHINESE = """
echo:
  examples: ["说{words}"]
  asks: {words: 说什么？}
  says: {again: "你说了{words}。"}
"""


@pytest.fixture
def engine() -> Iterator[Skills]:
    engine = Skills(world=":memory:", clock=lambda: NOON)
    engine.load()
    yield engine
    engine.close()


def ask(engine: Skills, skill: str, language: str = "zh", **slots: SlotValue) -> Outcome:
    return engine.handle(Request(Intent(skill, slots), ""), Context(language=language, user=known_as("ada")))


def pack(folder: Path, **texts: str) -> ModuleType:
    """A pack with these files beside its code."""
    (folder / "__init__.py").write_text(CODE)
    for code, text in texts.items():
        (folder / f"{code}.yaml").write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("echo_pack", folder / "__init__.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_pack_speaks_english_and_some_speak_chinese(engine: Skills) -> None:
    for name in BUILT_IN:
        for skill in collect([name]).values():
            assert set(skill.texts) == ({"en", "zh"} if name in SPOKEN else {"en"}), skill.name
    assert engine.languages == {"en", "zh"}
    assert Skills(skills=["weather"]).languages == {"en"}


def test_a_purchase_in_chinese(engine: Skills) -> None:
    assert ask(engine, "price", item="灯笼").say == "一盏灯笼要18个金币。"
    bought = ask(engine, "buy", item="苹果", quantity=2)
    assert bought.say == "你花4个金币买了2个苹果，还剩96个金币。"
    assert bought.actions == (Action("inventory", {"item": "apple", "quantity": 2, "coins": 96}),)
    assert all(fact in bought.say for fact in bought.facts.values())
    assert ask(engine, "inventory").say == "你有2个苹果、一张地图和96个金币。"
    assert ask(engine, "buy").say == "你想买什么？"
    assert ask(engine, "buy", item="宝剑").say == "这里没有宝剑。你可以选苹果、饼干、花、咖啡或者地图。"
    assert ask(engine, "inventory", language="en").say == "You have 2 apples, a map and 96 coins."


def test_the_way_in_chinese(engine: Skills) -> None:
    gone = ask(engine, "navigate", place="工坊")
    assert gone.say in {"我带你去工坊。我们往南走到面包店，再往西走。", "我带你去工坊。我们往西走到图书馆，再往南走。"}
    assert gone.actions == (Action("navigate", {"place": "workshop"}),)
    assert "面包店" in ask(engine, "where_am_i").say
    assert ask(engine, "navigate", place="工坊").say == "你已经在工坊了。"


def test_time_in_chinese(engine: Skills) -> None:
    tea = ask(engine, "timer", duration=5400, label="茶")
    assert tea.say == "茶的计时器设好了，1小时30分钟。"
    assert [reminder.say for reminder in tea.reminders] == ["茶的计时到了。"]
    assert ask(engine, "timer", duration=0).say == "计时器最短是1秒。"
    now = ask(engine, "clock")
    assert now.say.startswith("现在是")
    assert all(fact in now.say for fact in now.facts.values())


def test_what_a_skill_cannot_say_in_the_language_is_talked_about(engine: Skills) -> None:
    assert (ask(engine, "weather").task, ask(engine, "weather").status) == ("unknown", "open")


def test_a_skill_speaks_the_languages_of_its_files(tmp_path: Path) -> None:
    echo = pack(tmp_path, en=ENGLISH, zh=CHINESE).echo
    assert list(echo.texts) == ["en", "zh"]
    assert echo.card({}, "zh").examples == ("说{words}",)
    assert echo.texts["zh"].asks == {"words": "说什么？"}


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({}, "skill 'echo' needs examples"),
        ({"en": ENGLISH.replace("{words: Say what?}", "{}")}, "required slot 'words' needs a question"),
        ({"en": ENGLISH.replace("say {words}", "say {word}")}, "names no slot of it: word"),
        (
            {"en": ENGLISH, "zh": CHINESE.replace("again", "agian")},
            "zh.yaml differs from en.yaml in says.ag",
        ),
        ({"en": ENGLISH, "zh": CHINESE.replace("说了{words}", "说了")}, r"zh.yaml differs .* in says.again \{words\}"),
        ({"en": ENGLISH.replace("asks:", "ask:")}, r"en.yaml:4: echo.ask: unknown key; "),
    ],
)
def test_files_that_say_too_little_are_refused(tmp_path: Path, texts: dict[str, str], told: str) -> None:
    with pytest.raises((TypeError, WrongData), match=told):
        pack(tmp_path, **texts)


def test_what_a_skill_offers_stands_in_its_card_by_language(engine: Skills) -> None:
    cards = {card.name: card.offers for card in engine.skills()}
    assert cards["buy"].keys() == {"en", "zh"}
    assert cards["small_talk"] == {}


@pytest.mark.parametrize(("language", "wrong"), [("en", r"^I |[.!?]$|^(?:can|to) "), ("zh", "^我|[。！？]$|^可以")])
def test_an_offer_completes_a_sentence_that_begins_i_can(language: str, wrong: str, engine: Skills) -> None:
    offers = [card.offers[language] for card in engine.skills() if language in card.offers]
    assert offers
    assert not [offer for offer in offers if re.search(wrong, offer)]
