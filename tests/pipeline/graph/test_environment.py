from __future__ import annotations

from typing import Any

import pytest

from pipeline.graph.document import read_yaml
from pipeline.graph.environment import resolve
from pipeline.graph.mistakes import Mistakes

ENVIRON = {"NAME": "found", "EMPTY": "", "KEY": "sk-secret"}


def resolved(text: str) -> tuple[Any, Any, Mistakes]:
    """What the value of `key` becomes, how it is shown, and the mistakes."""
    mistakes = Mistakes()
    value = read_yaml(f"key: {text}", "g.yaml", mistakes)
    assert value is not None
    value = resolve(value, ENVIRON, mistakes)
    return value.plain()["key"], value.shown()["key"], mistakes


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("${NAME}", "found"),
        ("a-${NAME}-b-${NAME}", "a-found-b-found"),
        ("${GONE:-other}", "other"),
        ("${GONE:-}", ""),
        ("${EMPTY:-other}", "other"),
        ("${EMPTY}", ""),
        ("${GONE:-http://host:80/a b}", "http://host:80/a b"),
        ("$${NAME}", "${NAME}"),
        ("a $NAME is no reference", "a $NAME is no reference"),
    ],
)
def test_references(text: str, becomes: str) -> None:
    value, _, mistakes = resolved(f"'{text}'")
    assert value == becomes
    assert not mistakes.found


def test_references_inside_maps_and_lists() -> None:
    value, _, mistakes = resolved('{a: ["${NAME}"], b: {c: "${GONE:-x}"}}')
    assert value == {"a": ["found"], "b": {"c": "x"}}
    assert not mistakes.found


def test_what_comes_from_the_environment_is_never_shown() -> None:
    value, shown, mistakes = resolved("'Bearer ${KEY}'")
    assert value == "Bearer sk-secret"
    assert shown == "Bearer ${KEY}"
    assert mistakes.redacted("401 from sk-secret@host") == "401 from ${KEY}@host"
    assert resolved("${GONE:-default}")[1] == "default"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("${GONE}", "g.yaml:1: key: the environment variable GONE is not set; set it, or give a default: ${GONE:-...}"),
        ("${no name}", "'${no name}' names no environment variable; write ${NAME} or ${NAME:-default}"),
        ("${NAME", "'${NAME' names no environment variable"),
        ("${}", "'${}' names no environment variable"),
    ],
)
def test_references_that_fail(text: str, told: str) -> None:
    _, _, mistakes = resolved(f"'{text}'")
    assert told in str(mistakes.found[0])
    assert len(mistakes.found) == 1
