"""Reads and checks the YAML files that people write beside the code, and tells the line of every mistake.

Every scalar is text unless the model says otherwise, so ``no`` is a word and 007 keeps its zeros.
"""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from models.errors import WrongData

T = TypeVar("T")

Place: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a part of a file, such as ``("wares", "apple", "price")``."""


_EXTRA = "Extra inputs are not permitted"
"""What pydantic says of a key that a model does not have."""


class Entry(BaseModel, extra="forbid", frozen=True):
    """A part of a data file. It refuses keys that it does not know."""


def read_data(file: Traversable, model: type[T] | TypeAdapter[T]) -> T:
    """Read the file as `model`. Raises WrongData, which tells every mistake with its file and line."""
    adapter = model if isinstance(model, TypeAdapter) else TypeAdapter(model)
    lines: dict[Place, int] = {}
    try:
        text = file.read_text(encoding="utf-8-sig")
        node = yaml.compose(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except UnicodeDecodeError as error:
        raise WrongData(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8 text") from error
    except OSError as error:
        raise WrongData(f"{file}: cannot be read: {error.strerror or error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise WrongData(
            f"{file}:{mark.line + 1 if mark else 1}: not YAML: {problem}; look at the indentation"
        ) from error
    if node is None:
        raise WrongData(f"{file}: the file is empty; expected a map")
    plain = _plain(node, (), lines, file)
    try:
        return adapter.validate_python(plain)
    except ValidationError as error:
        mistakes = (_told(each["loc"], each["msg"], lines, file) for each in error.errors(include_url=False))
        raise WrongData("\n".join(dict.fromkeys(mistakes))) from error


def _plain(node: yaml.Node, place: Place, lines: dict[Place, int], file: Traversable) -> Any:
    """The node as maps, lists and text. `lines` takes the line of each."""
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, at), lines, file) for at, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return node.value
    found: dict[str, Any] = {}
    for key, value in node.value:
        if key.value in found:
            raise WrongData(f"{file}:{key.start_mark.line + 1}: {key.value!r} stands twice; leave one out")
        found[key.value] = _plain(value, (*place, key.value), lines, file)
    return found


def _told(place: Place, message: str, lines: dict[Place, int], file: Traversable) -> str:
    """One mistake as a line of text. A place without a line of its own gets that of the nearest part around it."""
    known = place
    while known not in lines:
        known = known[:-1]
    told = message.removeprefix("Value error, ").replace(_EXTRA, "unknown key; leave it out, or mend its spelling")
    return f"{file}:{lines[known]}: {'.'.join(map(str, place))}: {told}" if place else f"{file}: {told}"
