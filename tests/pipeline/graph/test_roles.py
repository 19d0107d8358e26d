"""The role of a graph: what it sets in the stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.roles.role import Persona, Role
from pipeline.graph import roles
from pipeline.graph.load import load
from pipeline.graph.mistakes import Mistakes, WrongGraph

CLERK = Role("clerk", {"en": Persona(prompt="You are a clerk.")}, ("shopping", "talk"))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def stages(text: str, *overrides: str, **environ: str) -> dict[str, Any]:
    Path("g.yaml").write_text(text)
    mistakes = Mistakes()
    document = load("g.yaml", mistakes, overrides=overrides, environ=environ)
    mistakes.raise_any()
    assert document is not None
    found: dict[str, Any] = document.root.plain()["stages"]
    return found


@pytest.mark.parametrize(
    "text",
    [
        "extends: assistant\nrole: shopkeeper",
        "extends: [assistant, shopkeeper]",
        "extends: [assistant, coach, shopkeeper]",
        "extends: [assistant, coach]\nrole: shopkeeper",
        "extends: assistant\nrole: ${WHO:-shopkeeper}",
        "extends: [assistant, shopkeeper.yaml]",
    ],
)
def test_a_role_is_a_word_at_the_top_or_a_part_to_extend(text: str) -> None:
    Path("shopkeeper.yaml").write_text("stages: {response: {persona: shopkeeper}}")
    assert stages(text)["response"]["persona"] == "shopkeeper"


def test_a_role_may_be_a_prompt() -> None:
    assert stages("extends: assistant\nrole: You are a pirate.")["response"]["persona"] == "You are a pirate."


def test_what_the_same_file_says_of_a_stage_stands_and_the_later_file_wins() -> None:
    own = "extends: assistant\nrole: shopkeeper\nstages: {response: {persona: coach}}"
    assert stages(own)["response"]["persona"] == "coach"
    Path("base.yaml").write_text(own)
    assert stages("extends: base.yaml\nrole: teacher")["response"]["persona"] == "teacher"
    assert stages("extends: [assistant, shopkeeper]", "role=narrator")["response"]["persona"] == "narrator"


def test_a_stage_with_a_name_of_its_own_plays_the_role() -> None:
    named = (
        "extends: assistant\nstages: {response: null, voice: {use: response, from: [asr, intent, task]}}\nrole: coach"
    )
    assert stages(named)["voice"]["persona"] == "coach"


def test_a_role_may_use_its_packs_of_skills_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "find_role", lambda wanted: CLERK)
    assert stages("extends: assistant\nrole: clerk")["task"]["with"] == {"skills": ["shopping", "talk"]}
    other = "extends: assistant\nrole: clerk\nstages: {task: {with: {skills: [time], world: w}}}"
    assert stages(other)["task"]["with"] == {"skills": ["time"], "world": "w"}


def test_a_role_that_nobody_wrote_is_refused_with_its_line() -> None:
    with pytest.raises(WrongGraph, match=r"g\.yaml:2: role: no role is called 'gide'; did you mean 'guide'\?"):
        stages("extends: assistant\nrole: gide")
