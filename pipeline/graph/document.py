"""YAML as a tree that remembers the place of every value.

Scalars follow the core schema of YAML 1.2 (section 10.3.2), so `no` is the word and not false, and `1:30` is not 90.
Only maps, lists and scalars are built. Tags are refused, so that nothing in a file can name a class. The size of a
file, its depth, and what its aliases expand to are bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import yaml

from pipeline.graph.mistakes import Mark, Mistakes, Path, WrongGraph

LARGEST = 1_000_000
"""Bytes in a file at most; a graph has a few thousand."""
DEEPEST = 32
"""Levels of maps and lists inside each other, at most."""
MOST_VALUES = 20_000
"""Values in a file at most. An alias counts as the values that it stands for."""

_TOO_DEEP = f"more than {DEEPEST} maps and lists inside each other"
_HINT = "look at the indentation and the brackets, and quote text that holds a colon"
_QUOTE = 'inside { } a reference to the environment needs quotes: "${NAME}"'

Scalar: TypeAlias = str | int | float | bool | None

_MEANINGS: tuple[tuple[re.Pattern[str], Callable[[str], Scalar]], ...] = (
    (re.compile(r"~|null|Null|NULL|"), lambda _: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda word: word[0] in "tT"),
    (re.compile(r"[-+]?[0-9]{1,18}"), int),
    (re.compile(r"0x[0-9a-fA-F]{1,15}|0o[0-7]{1,18}"), lambda word: int(word, 0)),
    (re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,3})?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda word: float(word.replace(".", ""))),
)


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a file. The mark of a key is where the key is written."""

    data: Scalar | dict[str, Value] | list[Value]
    mark: Mark
    size: int = 1
    """The number of values in it, itself included."""
    written: str | None = None
    """What the file says where `data` came from the environment and must not be shown."""

    def plain(self) -> Any:
        """Return the value without its marks."""
        if isinstance(self.data, dict):
            return {key: value.plain() for key, value in self.data.items()}
        if isinstance(self.data, list):
            return [value.plain() for value in self.data]
        return self.data

    def shown(self) -> Any:
        """Return the value without its marks, with references in the place of what came from the environment."""
        if isinstance(self.data, dict):
            return {key: value.shown() for key, value in self.data.items()}
        if isinstance(self.data, list):
            return [value.shown() for value in self.data]
        return self.data if self.written is None else self.written

    def get(self, *path: str | int) -> Value | None:
        """Return the value at the end of `path`, or None."""
        value: Value | None = self
        for part in path:
            if value is None:
                return None
            if isinstance(value.data, dict):
                value = value.data.get(str(part))
            elif isinstance(value.data, list) and isinstance(part, int) and part < len(value.data):
                value = value.data[part]
            else:
                return None
        return value

    def mark_of(self, path: Path) -> Mark:
        """Return where the value at `path` stands, or the nearest value around it."""
        while path and self.get(*path) is None:
            path = path[:-1]
        found = self.get(*path)
        return found.mark if found else self.mark


def describe(value: Value) -> str:
    """Return the value for a message: short, and without what came from the environment."""
    if isinstance(value.data, dict | list):
        kind = "map" if isinstance(value.data, dict) else "list"
        return f"a {kind}" if value.data else f"an empty {kind}"
    if value.written is not None:
        return f"the value of {value.written}"
    text = "null" if value.data is None else str(value.data).lower() if value.data is True else repr(value.data)
    return text if len(text) <= 60 else f"{text[:56]}...'"


def read_yaml(text: str, file: str, mistakes: Mistakes) -> Value | None:
    """Return the document in `text`; None, with a mistake noted, where there is none. Keys that stand twice are
    mistakes."""
    before = len(mistakes.found)
    try:
        value = _Composer(text, file, mistakes).document()
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        line = at.line if at else 0
        if "nesting depth" in str(error.problem):  # libyaml has a limit of its own, which may be reached first
            mistakes.add(Mark(file, line + 1), (), _TOO_DEEP)
            return None
        hint = _QUOTE if "${" in "".join(text.splitlines()[line : line + 1]) else _HINT
        mistakes.add(Mark(file, line + 1), (), f"not YAML: {error.problem or error.context}; {hint}")
        return None
    except yaml.YAMLError as error:
        mistakes.add(Mark(file, 1), (), f"not YAML: {str(error).splitlines()[0]}")
        return None
    except WrongGraph as error:
        mistakes.found.extend(error.mistakes)
        return None
    if value is None and len(mistakes.found) == before:
        mistakes.add(Mark(file, 1), (), "the file is empty; expected a map with 'stages' and 'outputs'")
    return value


def scalar(text: str) -> Scalar:
    """Return what an unquoted word means."""
    return next((meaning(text) for pattern, meaning in _MEANINGS if pattern.fullmatch(text)), text)


class _Composer:
    """Builds the tree from the parser's events. PyYAML's own composer has no limit of depth and gives no lines."""

    def __init__(self, text: str, file: str, mistakes: Mistakes) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where PyYAML was built with it, is faster
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=loader))
        self._file, self._mistakes = file, mistakes
        self._anchors: dict[str, Value] = {}

    def document(self) -> Value | None:
        value: Value | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if value is not None:
                    self._refuse(event, (), "a second document begins here; a file holds one graph")
                value = self._node(next(self._events), ())
        return value

    def _node(self, event: Any, path: Path) -> Value:
        if isinstance(event, yaml.AliasEvent):
            name = str(event.anchor)
            if name not in self._anchors:
                self._refuse(event, path, f"*{name} stands for nothing: no value above it is marked &{name}")
            return replace(self._anchors[name], mark=self._mark(event))
        if len(path) > DEEPEST:
            self._refuse(event, path[:3], _TOO_DEEP)
        if event.tag is not None:
            self._refuse(event, path, f"the tag {event.tag} is refused; a graph holds maps, lists and plain values")
        if isinstance(event, yaml.MappingStartEvent):
            value = self._map(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._list(event, path)
        else:
            value = Value(scalar(event.value) if event.implicit[0] else event.value, self._mark(event))
        if value.size > MOST_VALUES:
            self._refuse(event, path, f"more than {MOST_VALUES} values, counting what aliases stand for")
        if event.anchor:
            self._anchors[event.anchor] = value
        return value

    def _list(self, start: Any, path: Path) -> Value:
        items: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return Value(items, self._mark(start), 1 + sum(item.size for item in items))

    def _map(self, start: Any, path: Path) -> Value:
        items: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, path, "a key is a word, not a map, list or alias")
            key, mark = event.value, self._mark(event)
            value = replace(self._node(next(self._events), (*path, key)), mark=mark)
            if key == "<<" and event.implicit[0]:
                merged |= self._merged(value, path)
            elif key in items:
                self._mistakes.add(mark, (*path, key), f"stands twice, first in line {items[key].mark.line}; keep one")
            else:
                items[key] = value
        items = merged | items
        return Value(items, self._mark(start), 1 + sum(item.size for item in items.values()))

    def _merged(self, value: Value, path: Path) -> dict[str, Value]:
        """Return what ``<<: *a`` or ``<<: [*a, *b]`` brings in; earlier maps win, as in YAML's merge key type."""
        maps: list[Value] = value.data if isinstance(value.data, list) else [value]
        items: dict[str, Value] = {}
        for each in maps:
            if isinstance(each.data, dict):
                items = each.data | items
            else:
                self._mistakes.add(value.mark, (*path, "<<"), f"found {describe(value)}, expected an alias of a map")
        return items

    def _mark(self, event: Any) -> Mark:
        return Mark(self._file, event.start_mark.line + 1)

    def _refuse(self, event: Any, path: Path, message: str) -> None:
        refusal = Mistakes()
        refusal.add(self._mark(event), path, message)
        refusal.raise_any()
