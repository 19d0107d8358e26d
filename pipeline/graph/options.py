"""Options of engines in a file, checked against the signature of the constructor."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from pipeline.graph.ports import constructor
from pipeline.graph.registry import resolved_hints

_PLAIN = (str, int, float, bool, Path, NoneType)
_HOLDERS = (list, tuple, set, frozenset, dict, Sequence, Mapping, Union, UnionType)


@dataclass(frozen=True, slots=True)
class Signature:
    """The options that a file may give to a constructor."""

    adapter: TypeAdapter[dict[str, Any]]
    names: tuple[str, ...]


def signature(cls: type[Any]) -> Signature:
    """Return the options of `cls`: the arguments of its constructor that a file can express, which are those of plain
    types. Other arguments, such as a clock, are set in code. Raises Unusable if an annotation cannot be read."""
    made = constructor(cls)
    fields: dict[str, Any] = {}
    open_ended = False
    if made is not None:
        hints = resolved_hints(made)
        for name, parameter in list(inspect.signature(made).parameters.items())[1:]:
            kind = hints.get(name, str | int | float | bool | None)
            if parameter.kind is parameter.VAR_KEYWORD:
                open_ended = True
            elif parameter.kind is not parameter.VAR_POSITIONAL and _expressible(kind):
                fields[name] = kind if parameter.default is parameter.empty else NotRequired[kind]
    config = ConfigDict(extra="allow" if open_ended else "forbid")
    # a typed dict instead of a model: only what the file gives is passed on, and an option may have any name
    options = with_config(config)(TypedDict(f"{cls.__name__}Options", fields))  # type: ignore[operator]
    return Signature(TypeAdapter(options), tuple(fields))


def _expressible(kind: Any) -> bool:
    origin = get_origin(kind)
    if origin is Literal:
        return True
    if origin is Annotated:
        return _expressible(get_args(kind)[0])
    if origin in _HOLDERS:
        return all(member is ... or _expressible(member) for member in get_args(kind))
    return kind in _PLAIN or kind in (list, dict, Any)
