"""What "this" is."""

from __future__ import annotations

import pytest

from pipeline.packets import Gaze, Intent, Pointing, Scene, Thing, Transcript
from pipeline.stages.reference import LINGER, Surroundings

ROOM = Scene("hall", (Thing("statue", (0.0, 1.0, -5.0)), Thing("lamp", (0.5, 1.0, -1.0))), 0.0)
CROWDED = Scene("hall", (*ROOM.things, Thing("cup", (0.0, 1.0, -1.0))), 0.0)


def pointing(target: str, start: float) -> Pointing:
    return Pointing(target, None, start)


def meant(word: str, *senses: Scene | Gaze | Pointing, text: str = "", start: float = 10.0, end: float = 12.0) -> str:
    """What the word means to a user who says `text`, or only the word, from `start` to `end`."""
    around = Surroundings()
    for sense in senses:
        around.notice(sense)
    intent = around.resolve(Intent("look", {"thing": word, "times": 2}), Transcript(text or word, "en", start, end))
    assert intent.slots["times"] == 2
    return str(intent.slots["thing"])


def test_a_name_is_a_name() -> None:
    intent = Intent("look", {"thing": "statue"})
    around = Surroundings()
    around.notice(pointing("lamp", 10.0))
    assert around.resolve(intent, Transcript("the statue", "en", 10.0, 12.0)) is intent


@pytest.mark.parametrize("word", ["this", "that", "those", "there", "it", "这个", "那里"])
def test_what_is_pointed_at_counts_more_than_what_is_looked_at(word: str) -> None:
    assert meant(word, ROOM, Gaze("lamp", 0.0), pointing("statue", 0.0)) == "statue"


@pytest.mark.parametrize(("word", "thing"), [("this", "statue"), ("there", "statue"), ("it", "it")])
def test_what_is_looked_at_counts_where_nothing_is_pointed_at(word: str, thing: str) -> None:
    assert meant(word, ROOM, Gaze("statue", 0.0), pointing("", 0.0)) == thing


@pytest.mark.parametrize(("word", "thing"), [("this", "lamp"), ("there", "there"), ("it", "it")])
def test_the_only_thing_near_needs_not_be_shown(word: str, thing: str) -> None:
    assert meant(word, ROOM) == thing


@pytest.mark.parametrize(
    ("things", "thing"),
    [((), "this"), (CROWDED.things, "this"), (ROOM.things[:1], "this"), ((Thing("coin"),), "coin")],
)
def test_nothing_is_guessed(things: tuple[Thing, ...], thing: str) -> None:
    assert meant("this", Scene("hall", things, 0.0)) == thing


def test_of_several_things_the_one_that_was_shown_as_the_word_was_said() -> None:
    shown = pointing("lamp", 9.0), pointing("cup", 10.8), pointing("statue", 11.5)
    assert meant("this", *shown, text="this, if I may ask, costs how much?") == "lamp"
    assert meant("this", *shown, text="how much, if I may ask, is this?") == "statue"


def test_a_hand_may_be_early_or_late() -> None:
    assert meant("this", pointing("lamp", 5.0), pointing("", 12.0 - LINGER + 0.1)) == "lamp"
    assert meant("this", pointing("lamp", 5.0), pointing("", 12.0 - LINGER - 0.1)) == "this"
    assert meant("this", pointing("", 5.0), pointing("lamp", 11.9), text="this here, which I see before me") == "lamp"


def test_where_things_were_pointed_at_comes_before_the_scene() -> None:
    around = Surroundings()
    for sense in (ROOM, Pointing("tree", (1.0, 0.0, 0.0), 1.0), pointing("", 2.0), pointing("lamp", 3.0)):
        around.notice(sense)
    assert around.things == (Thing("lamp"), Thing("tree", (1.0, 0.0, 0.0)), *ROOM.things)
