from __future__ import annotations

import pytest

from models.asr.whisper import NAMES, expected, nearest, prompt
from models.context import DEFAULT, Context

KNOWN = ("en", "zh", "de")


@pytest.mark.parametrize(
    ("option", "spoken", "language"),
    [
        (None, (), None),
        (None, ("zh",), "zh"),
        (None, ("en", "zh"), None),
        (None, ("yo",), None),
        ("de", ("zh",), "de"),
    ],
)
def test_the_language_to_expect(option: str | None, spoken: tuple[str, ...], language: str | None) -> None:
    assert expected(option, Context(languages=spoken), KNOWN) == language


def test_the_likeliest_language_of_those_that_may_be_spoken() -> None:
    heard = [("de", 0.6), ("zh", 0.3), ("en", 0.1)]
    assert nearest("de", heard, Context(languages=("en", "zh"))) == "zh"
    assert nearest("de", heard, DEFAULT) == "de"
    assert nearest("de", heard, Context(languages=("yo", "ig"))) == "de"


def test_names_as_a_text_before_the_words() -> None:
    assert prompt(DEFAULT) is None
    assert prompt(Context(hints=("Anya", "lantern"))) == "Anya, lantern."
    assert prompt(Context(hints=tuple(map(str, range(100))))) == f"{', '.join(map(str, range(NAMES)))}."
