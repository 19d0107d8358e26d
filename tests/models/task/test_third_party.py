"""Somebody else's skill with a kind of slot, a service and a setting of its own, from a package beside Parley."""

from __future__ import annotations

import json

import pytest
from support.packages import Beside, install_beside, lines_of

PAINT = {
    "pyproject.toml": """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "parley-paint"
version = "1.0"
[tool.setuptools]
packages = ["paint"]
package-data = {paint = ["*.yaml"]}
[project.entry-points."parley.skills"]
paint = "paint"
[project.entry-points."parley.kinds"]
colour = "paint:COLOUR"
[project.entry-points."parley.services"]
brush = "paint:brush"
[project.entry-points."parley.settings"]
studio = "paint"
""",
    "paint/__init__.py": """
from typing import Annotated
from models.kinds import Kind
from models.task.services import Call
from models.task.skill import Hint, Outcome, Place, done, skill

COLOUR = Kind("colour", names=("red", "green", "deep blue"))
Colour = Annotated[str, COLOUR]


class Brush:
    def __init__(self, user: str) -> None:
        self.user = user


def brush(call: Call) -> Brush:
    return Brush(call.world.user)


@skill(examples=["paint the {place} {colour}", "make the {place} {colour}", "i want the {place} in {colour}"])
def paint(
    brush: Brush,
    place: Annotated[Place, Hint("what to paint", ask="Paint what?")],
    colour: Annotated[Colour, Hint("the colour", ask="In which colour?")],
) -> Outcome:
    \'\'\'Paint a room.\'\'\'
    return done(f"{brush.user} painted the {place} {colour}.", place=place, colour=colour)
""".replace("\\'", "'"),
    "paint/studio.yaml": """
start: attic
sites:
  attic: {east: 0, north: 0}
  cellar: {east: 0, north: 1}
""",
}

USE = """
import json
from models.intent.slots import read_slots
from models.language.finding import find_language
from models.protocols import Intent, Request
from models.context import Context, known_as
from models.task.skills import Skills

ADA = Context(user=known_as("ada"))

engine = Skills(skills=["paint"], setting="studio", world=":memory:")
engine.load()
(card,) = engine.skills()
print(json.dumps({
    "slots": [[slot.kind, slot.choices] for slot in card.slots],
    "read": read_slots([card], find_language("en"))["paint"].read("Could you paint the cellar in deep bloo please"),
    "done": engine.handle(Request(Intent("paint", {"place": "cellar", "colour": "Red"}), ""), ADA).say,
    "asked": engine.handle(Request(Intent("paint", {"place": "cellar"}), ""), ADA).say,
    "wrong": engine.handle(Request(Intent("paint", {"place": "cellar", "colour": "pink"}), ""), ADA).say,
}))
"""


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    return install_beside(tmp_path_factory.mktemp("paint"), PAINT)


def test_a_skill_with_a_new_kind_of_slot_is_short_to_write(beside: Beside) -> None:
    assert lines_of(PAINT) < 60
    used = beside.run("-c", USE)
    assert used.returncode == 0, used.stderr
    assert json.loads(used.stdout) == {
        "slots": [["place", ["attic", "cellar"]], ["colour", ["red", "green", "deep blue"]]],
        "read": {"place": "cellar", "colour": "deep blue"},
        "done": "ada painted the cellar red.",
        "asked": "In which colour?",
        "wrong": "I know of no pink here. You can choose red, green or deep blue.",
    }


def test_a_graph_serves_it_and_refuses_it_where_its_words_are_not_there(beside: Beside) -> None:
    (beside.folder / "mine.yaml").write_text(
        "extends: assistant\nstages: {task: {with: {skills: [paint, talk], setting: studio}}}"
    )
    checked = beside.parley("graph", "check", "mine.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (beside.folder / "mine.yaml").write_text("extends: assistant\nstages: {task: {with: {setting: studio}}}")
    refused = beside.parley("graph", "check", "mine.yaml")
    assert refused.returncode != 0
    assert "'buy' has a slot 'item' of the kind 'item', and the setting 'studio' has none" in refused.stdout
