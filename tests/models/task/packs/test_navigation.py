"""The skills of ways and places: where one is, what is near, what there is to tell, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from models.context import Context, User
from models.protocols import Action, Intent, Outcome, Request, SlotValue
from models.task.skills import Skills

ADA = User("ada")


@pytest.fixture
def engine() -> Iterator[Skills]:
    engine = Skills(world=":memory:", clock=lambda: 1_800_000_000.0)
    engine.load()
    yield engine
    engine.close()


def ask(engine: Skills, skill: str, language: str = "en", **slots: SlotValue) -> Outcome:
    return call(engine, skill, slots, language)


def call(engine: Skills, skill: str, slots: Mapping[str, SlotValue], language: str = "en") -> Outcome:
    outcome = engine.handle(Request(Intent(skill, slots), "words"), Context(user=ADA, language=language))
    assert all(fact in outcome.say for fact in outcome.facts.values()), outcome
    return outcome


def undo(engine: Skills, outcome: Outcome, language: str = "en") -> Outcome:
    assert outcome.undo
    return call(engine, outcome.undo.skill, outcome.undo.slots, language)


def here(engine: Skills) -> str:
    return ask(engine, "where_am_i").facts["place"]


def test_the_way_back_leads_to_where_one_was(engine: Skills) -> None:
    assert ask(engine, "go_back").say == "We have not been anywhere else yet."
    ask(engine, "navigate", place="garden")
    ask(engine, "navigate", place="gallery")
    back = ask(engine, "go_back")
    assert back.say == "I am taking you back to the garden. We go east."
    assert back.actions == (Action("navigate", {"place": "garden"}),)
    assert ask(engine, "go_back").facts["place"] == "gallery"
    assert ask(engine, "go_back", "zh").say == "我带你回花园。我们往东走。"


def test_walks_are_taken_back_in_turn_and_in_another_language(engine: Skills) -> None:
    one, two = ask(engine, "navigate", place="garden"), ask(engine, "navigate", place="observatory")
    back = undo(engine, two, "zh")
    assert (back.say, back.actions) == ("我们回到花园了。", (Action("navigate", {"place": "garden"}),))
    assert ask(engine, "distance", place="plaza").facts["distance"] == "1 stop"
    assert undo(engine, one).say == "We are back at the plaza."
    assert here(engine) == "plaza"
    assert ask(engine, "go_back").status == "refused"
    assert ask(engine, "walk_back", place="moon").status == "refused"


def test_a_way_back_that_is_taken_back_leads_there_again(engine: Skills) -> None:
    ask(engine, "navigate", place="garden")
    back = ask(engine, "go_back")
    assert here(engine) == "plaza"
    undo(engine, back)
    assert here(engine) == "garden"
    assert ask(engine, "go_back").facts["place"] == "plaza"


@pytest.mark.parametrize(
    ("place", "say"),
    [
        ("market", "The market is 1 stop away, to the east."),
        ("observatory", "The observatory is 2 stops away, to the north."),
        ("gallery", "The gallery is 2 stops away, to the northwest."),
        ("workshop", "The workshop is 2 stops away, to the southwest."),
        ("plaza", "You are already at the plaza."),
    ],
)
def test_how_far_a_place_is(engine: Skills, place: str, say: str) -> None:
    assert ask(engine, "distance", place=place).say == say


def test_how_far_a_place_is_in_chinese(engine: Skills) -> None:
    assert ask(engine, "distance", "zh", place="画廊").say == "画廊在西北边，离这里2个路口。"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_something_is_told_of_every_place(engine: Skills, language: str) -> None:
    told = set()
    for name in engine.setting.names("place", language):
        outcome = ask(engine, "describe_place", language, place=name)
        assert (outcome.status, outcome.facts) == ("done", {"place": name})
        told.add(outcome.say)
    assert len(told) == len(engine.setting.sites)
    assert ask(engine, "describe_place", language).say in told


def test_a_place_without_a_story_is_told_to_have_none(engine: Skills) -> None:
    engine.setting.sites["garden"].about.pop("en")  # type: ignore[attr-defined]
    outcome = ask(engine, "describe_place", place="garden")
    assert (outcome.status, outcome.say) == ("refused", "I know nothing special about the garden.")


def test_places_are_named_one_by_one(engine: Skills) -> None:
    everywhere = ask(engine, "places")
    assert everywhere.say.startswith("There are 10 places. You can go to the plaza, the market, the arena, ")
    assert list(everywhere.facts.values()) == list(engine.setting.sites)
    assert list(ask(engine, "places", "zh").facts.values()) == list(engine.setting.names("place", "zh"))
    near = ask(engine, "where_am_i")
    assert list(near.facts.values()) == ["garden", "market", "bakery", "library", "plaza"]


def test_what_is_shown_is_named_in_chinese(engine: Skills) -> None:
    assert ask(engine, "identify", "zh", thing="风筝").say == "那是一只风筝，要10个金币。"
    assert ask(engine, "identify", "zh", thing="灯塔").say == "那是灯塔。"
    assert ask(engine, "identify", "zh", thing="雕像").say == "那是一个雕像。"
    assert ask(engine, "identify", "zh", thing="Anna").say == "那是Anna。"
    assert ask(engine, "identify", "zh", thing="这个").say == "你指的是什么？"
