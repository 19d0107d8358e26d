"""Languages by their code, one from somebody else's package among them."""

from __future__ import annotations

import json

import pytest
from support.packages import Beside, install_beside, lines_of

from models.language.finding import UnknownLanguage, find_language, installed_languages, language_of

ESPERANTO = {
    "pyproject.toml": """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "parley-esperanto"
version = "1.0"
[tool.setuptools]
packages = ["esperanto", "torn"]
package-data = {"*" = ["*.yaml"]}
[project.entry-points."parley.languages"]
eo = "esperanto:Esperanto"
ido = "esperanto:Esperanto"
torn = "torn:Torn"
gone = "esperanto.nowhere:Nothing"
""",
    "esperanto/__init__.py": """
from models.language.backchannel import Listener, phrases
from models.language.language import Language


class Esperanto(Language):
    code = "eo"
    abbreviations = frozenset({"k", "s-ro"})
    stop_words = frozenset({"la", "mi", "kio", "estas", "de"})
    open_words = frozenset({"la", "kaj", "al", "de"})
    demonstratives = frozenset({"tio"})
    pronouns = frozenset({"gxi"})
    confirm = frozenset({"jes"})
    deny = frozenset({"ne"})
    cancel = frozenset({"haltu"})
    number_words = {"du": 2, "tri": 3, "dek": 10}
    time_units = {"minutoj": 60, "horo": 3600, "horoj": 3600}
    listener = Listener(listening=phrases("jes, bone, mi komprenas"), floor=phrases("haltu, ne"))

    def spoken(self, text):
        return text.replace("2", "du").replace("%", " procentoj")

    def listed(self, parts):
        return " kaj ".join(parts)
""",
    "esperanto/phrases.yaml": """
cannot: Tion mi ne povas fari.
unsure: Mi ne komprenas.
""",
}
TORN = {
    "torn/__init__.py": """
from models.language.language import Language


class Torn(Language):
    code = "torn"
""",
    "torn/phrases.yaml": "cannot: [",
}

USE = """
import json
from models.language.clauses import clauses
from models.language.completeness import read
from models.language.finding import UnknownLanguage, find_language, installed_languages
from models.language.speakable import speakable

eo = find_language("eo")
words = eo.split_words("Metu sonorilon post tri minutoj")
errors = []
for code in ("ido", "gone", "torn"):
    try:
        find_language(code)
    except UnknownLanguage as error:
        errors.append(str(error))
print(json.dumps({
    "codes": installed_languages(),
    "clauses": list(clauses(["Bonan tagon, s-ro. Zamenhof! Kio estas tio?"], eo)),
    "durations": [found.value for found in eo.find_durations(words)],
    "spoken": speakable("**2%**", eo),
    "read": [read(text, eo).name for text in ("Mi iras al", "Mi iras.")],
    "backchannel": [eo.listener.is_backchannel(text) for text in ("Jes, mi komprenas.", "Haltu!")],
    "search": eo.search_tokens("Kio estas la nomo de mia hundo?"),
    "said": [eo.listed(["pomo", "piro"]), eo.phrases["cannot"], eo.phrases["retreat"].strip()],
    "errors": errors,
}))
"""


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    return install_beside(tmp_path_factory.mktemp("esperanto"), ESPERANTO | TORN)


def test_a_language_is_added_by_one_package(beside: Beside) -> None:
    assert lines_of(ESPERANTO) < 60
    used = beside.run("-c", USE)
    assert used.returncode == 0, used.stderr
    found = json.loads(used.stdout)
    not_that_code, not_there, torn = found.pop("errors")
    assert found == {
        "codes": ["en", "eo", "gone", "ido", "torn", "zh"],
        "clauses": ["Bonan tagon, s-ro. Zamenhof!", " Kio estas tio?"],
        "durations": [180],
        "spoken": "du procentoj",
        "read": ["BROKEN_OFF", "WHOLE"],
        "backchannel": [True, False],
        "search": ["nomo", "mia", "hundo"],
        "said": ["pomo kaj piro", "Tion mi ne povas fari.", "but that is beyond me."],
    }
    assert "esperanto:Esperanto is a Esperanto with the code 'eo'; expected" in not_that_code
    assert "esperanto.nowhere:Nothing: No module named 'esperanto.nowhere'; mend or remove" in not_there
    assert "language 'torn': phrases.yaml beside torn:Torn cannot be read: while parsing" in torn


def test_a_language_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UnknownLanguage, match=r"no language has the code 'eo'; there are: en, zh\. A package adds one"):
        find_language("eo")
    assert installed_languages() == ["en", "zh"]


def test_a_language_is_one_value() -> None:
    assert find_language("en") is find_language("en")
    assert language_of("Hello.", "en") is find_language("en")
