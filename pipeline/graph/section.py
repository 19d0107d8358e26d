"""Checks a section of a graph file against a model, and words what pydantic found for the file's author."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from pipeline.graph.document import Value, describe
from pipeline.graph.mistakes import Mistakes, Path, suggestion

T = TypeVar("T")


def read_section(
    model: type[T] | TypeAdapter[T], value: Value, path: Path, mistakes: Mistakes, known: Iterable[str]
) -> T | None:
    """Return `value` as `model`; `known` are the keys that it may have.

    Keys that are wrong are noted and left out, so that a mistake in one does not hide those in others. Returns None if
    nothing can be made of the rest."""
    adapter = model if isinstance(model, TypeAdapter) else TypeAdapter(model)
    plain = value.plain()
    try:
        return adapter.validate_python(plain)
    except ValidationError as error:
        wrong = _note(error, value, path, mistakes, known)
    if isinstance(plain, dict) and wrong < plain.keys():
        try:
            return adapter.validate_python({key: item for key, item in plain.items() if key not in wrong})
        except ValidationError:
            return None  # what is missing has been noted above
    return None


def _note(error: ValidationError, value: Value, path: Path, mistakes: Mistakes, known: Iterable[str]) -> set[str]:
    """Note what pydantic found, one mistake for each place, and return the keys of `value` that are wrong."""

    def note(here: Path, message: str, *below: str) -> None:
        mistakes.add(value.mark_of(here), (*path, *here, *below), message)

    expected: dict[Path, list[str]] = {}
    wrong: set[str] = set()
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        here: Path = ()
        for part in each["loc"]:  # pydantic adds the names of a union's members, which are not in the file
            here = (*here, part) if value.get(*here, part) is not None else here
        if here:
            wrong.add(str(here[0]))
        if each["type"] == "missing":
            key = str(each["loc"][-1])
            note(here, "is missing, and must be given", key)
        elif each["type"] == "extra_forbidden":
            others = known if len(each["loc"]) == 1 else ()
            message = f"unknown key; {suggestion(str(each['loc'][-1]), others)}"
            note(here, message)
        else:
            expected.setdefault(here, []).append(_expected(each["msg"]))
    for here, wishes in expected.items():
        found = value.get(*here)
        text = describe(found) if found else "nothing"
        quote = "; quote it if it is meant as text" if "text" in wishes and found and found.size == 1 else ""
        message = f"found {text}, expected {' or '.join(dict.fromkeys(wishes))}{quote}"
        note(here, message)
    return wrong


_WORDS = {
    "a valid string": "text",
    "a valid dictionary": "a map",
    "a valid list": "a list",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid boolean": "true or false",
    "None": "null",
}


def _expected(message: str) -> str:
    """Return pydantic's message as the end of a sentence that begins with "expected"."""
    message = re.sub(r"^(Input should be|Value error,) ", "", message)
    message = re.sub(r", (unable|got) .*", "", message)
    message = re.sub(r".* should have at least 1 item .*", "at least one", message)
    return _WORDS.get(message, message)
