"""Roles are folders of data."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import NotRegistered, WrongData
from models.roles import role as module
from models.roles.role import find_role, role_names


def test_the_roles_that_come_with_parley() -> None:
    assert {"guide", "coach", "narrator", "teacher", "shopkeeper", "assistant"} <= set(role_names())
    for name in role_names():
        role = find_role(name)
        assert role.key == name
        assert all(len(persona.prompt.split()) < 100 for persona in role.personas.values())


def test_a_role_speaks_the_language_that_is_wanted_if_it_can() -> None:
    guide = find_role("guide")
    assert (guide.persona().name, guide.persona("zh").name, guide.persona("de").name) == ("Ada", "艾达", "Ada")
    assert guide.persona("zh").rest == guide.persona("en").rest == "happy"
    assert find_role("guide").persona("zh").lost != find_role("guide").persona().lost


def test_a_sentence_is_the_prompt_of_a_role() -> None:
    assert find_role("You are a pirate.").persona().prompt == "You are a pirate."
    with pytest.raises(NotRegistered, match=r"no role is called 'gide'; did you mean 'guide'\?.* as a sentence"):
        find_role("gide")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"role.yaml": "name: Jo"}, "a role needs a file for each language that it speaks, such as en.yaml"),
        ({"en.yaml": "prompt: Hi."}, "role.yaml: cannot be read"),
        ({"role.yaml": "name: Jo\nlively: 3", "en.yaml": "prompt: Hi."}, "role.yaml:2: lively: Input should be less"),
        ({"role.yaml": "name: Jo", "en.yaml": "promt: Hi."}, "en.yaml:1: promt: unknown key; "),
    ],
)
def test_mistakes_in_a_folder_are_told_with_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], told: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(module, "find_registered", lambda *wanted: None)
    monkeypatch.setattr(module, "folder_of", lambda point: tmp_path)
    with pytest.raises(WrongData) as refused:
        find_role("jo")
    assert told in str(refused.value)
