"""Somebody else's role, from a package beside Parley."""

from __future__ import annotations

import pytest
from support.packages import Beside, install_beside, lines_of

PIRATE = {
    "pyproject.toml": """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "parley-pirate"
version = "1.0"
[tool.setuptools]
packages = ["pirate"]
package-data = {pirate = ["*.yaml"]}
[project.entry-points."parley.roles"]
pirate = "pirate"
""",
    "pirate/__init__.py": "",
    "pirate/role.yaml": "name: Anne\nrest: happy\nlively: 1.6\nskills: [navigation, stories, talk]\n",
    "pirate/en.yaml": "prompt: You are Anne, a pirate on land. You talk in one sentence.\noffer: I know the way.\n",
}
SHOWN = """
from pipeline.graph.build import open_graph

graph = open_graph("mine.yaml")
stages = {node.name: node.stage for node in graph.nodes}
print(stages["response"].role.persona().name, [card.name for card in stages["task"].skills()])
"""


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    return install_beside(tmp_path_factory.mktemp("pirate"), PIRATE)


def test_a_role_is_a_folder_of_anyones(beside: Beside) -> None:
    assert lines_of(PIRATE) < 60
    (beside.folder / "mine.yaml").write_text("extends: [assistant, pirate]")
    checked = beside.parley("graph", "check", "mine.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    shown = beside.run("-c", SHOWN)
    walks = ["navigate", "go_back", "walk_back", "distance", "where_am_i", "describe_place", "places"]
    talk = ["small_talk", "stop", "who_are_you", "are_you_human", "who_made_you", "capabilities", "recount"]
    talk += ["feelings_crisis", "speech"]
    expected = f"Anne {[*walks, 'story', *talk]}"
    assert shown.stdout.strip() == expected, shown.stderr
