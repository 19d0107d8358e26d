"""From the name of a graph to one whole document: files are found, overlays laid on what they extend, the environment
read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath

from models.roles.role import role_names
from pipeline.graph.document import LARGEST, Value, describe, read_yaml
from pipeline.graph.environment import resolve
from pipeline.graph.mistakes import Mark, Mistakes, Path, suggestion, unknown
from pipeline.graph.roles import played, role_layer

SUFFIXES = (".yaml", ".yml")
_OWN = ("name", "description")
"""Keys that a graph does not take from the one that it extends."""
_EXPECTED = "expected the name of a graph or a role, the path of a file, or a list of these"


@dataclass(frozen=True, slots=True)
class Document:
    """A graph as one map, with overlays laid on and the environment read. Nothing is checked yet."""

    name: str
    root: Value


def shipped() -> dict[str, Traversable]:
    """Return the graphs that come with Parley, by name."""
    folder = resources.files("pipeline").joinpath("graphs")
    files = {FilePath(file.name).stem: file for file in folder.iterdir() if file.name.endswith(SUFFIXES)}
    return dict(sorted(files.items()))


def load(
    name: str | os.PathLike[str],
    mistakes: Mistakes,
    *,
    overrides: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> Document | None:
    """Return the document of a shipped graph's name or a file's path; None where there is none, which is noted.

    Each override is ``path=value``, such as ``stages.asr.engine=faster-whisper``. The value is YAML, and ``null``
    removes what stands there. Overrides are laid on last, one after another."""
    known = os.environ if environ is None else environ
    layers = _Files(known, mistakes).read(name, FilePath())
    if not layers:
        return None
    layers += [over for override in overrides if (over := _override(override, mistakes))]
    root = replace(layers[0], data={})
    for layer in layers:
        root = played(overlay(root, layer), layer, known, mistakes)
    title = root.get("name")
    stem = FilePath(name).stem if _is_path(name) else str(name)
    root = resolve(root, known, mistakes)
    return Document(str(title.data) if title else stem, root)


def overlay(base: Value, over: Value, path: Path = ()) -> Value:
    """Return `over` laid on `base`: maps merge key by key, null removes a key, everything else replaces.

    Where a map names another engine, the engine options below it are dropped, because they belong to the old engine."""
    if not (isinstance(base.data, dict) and isinstance(over.data, dict)):
        return over
    items = dict(base.data)
    if "engine" in over.data and "engine" in items and over.data["engine"].data != items["engine"].data:
        items.pop("with", None)
    for key, value in over.data.items():
        if value.data is None and key in items:
            del items[key]
        else:
            items[key] = overlay(items[key], value, (*path, key)) if key in items else value
    return replace(over, data=items, size=1 + sum(item.size for item in items.values()))


class _Files:
    """Reads files and what they extend."""

    def __init__(self, environ: Mapping[str, str], mistakes: Mistakes) -> None:
        self._environ, self._mistakes = environ, mistakes
        self._open: list[str] = []
        """The files on the way from the first one to the one that is being read, to notice a loop."""
        self._laid: set[str] = set()
        """The files that were read. Each is laid on once, so that a base which two overlays share undoes neither of
        them."""

    def read(self, name: str | os.PathLike[str], folder: FilePath, at: Mark | None = None) -> list[Value] | None:
        """Return the maps to lay on each other for the graph called `name`, its own last; None where one cannot be
        read.

        A relative path counts from `folder`."""
        path: Path = ("extends",) if at else ()
        file = self._find(name, folder, at or Mark(str(name)), path)
        if file is None:
            return None
        label = str(name) if at is None and _is_path(name) else _label(file)
        if _label(file) in self._open:
            loop = " -> ".join([*self._open[self._open.index(_label(file)) :], _label(file)])
            message = f"graphs extend each other in a loop: {loop}; take one 'extends' out"
            self._mistakes.add(at or Mark(label), path, message)
            return None
        if _label(file) in self._laid:
            return []
        self._laid.add(_label(file))
        self._open.append(_label(file))
        layers = self._layers(file, label)
        self._open.pop()
        return layers

    def _layers(self, file: Traversable, label: str) -> list[Value] | None:
        text = _text(file, label, self._mistakes)
        root = None if text is None else read_yaml(text, label, self._mistakes)
        if root is None or not isinstance(root.data, dict):
            if root is not None:
                message = f"found {describe(root)}, expected a map with 'stages' and 'outputs'"
                self._mistakes.add(root.mark, (), message)
            return None
        items = dict(root.data)
        extends = items.pop("extends", None)
        root = replace(root, data=items)
        if extends is None:
            return [root]
        bases = [self._base(name, FilePath(str(file)).parent) for name in self._names(extends)]
        below = [layer for layers in bases for layer in layers or ()]
        return [*below, root] if bases and None not in bases else None

    def _names(self, extends: Value) -> list[Value]:
        """Return the names of the graphs to extend, in the order in which they are laid on each other."""
        extends = resolve(extends, self._environ, self._mistakes, ("extends",))
        names = extends.data if isinstance(extends.data, list) else [extends]
        if not names:
            self._mistakes.add(extends.mark, ("extends",), f"found {describe(extends)}, {_EXPECTED}")
        return names

    def _base(self, name: Value, folder: FilePath) -> list[Value] | None:
        """Return the maps of a graph that another one extends, without the keys of `_OWN`. A role is a map, too."""
        if not isinstance(name.data, str) or not name.data:
            self._mistakes.add(name.mark, ("extends",), f"found {describe(name)}, {_EXPECTED}")
            return None
        if not _is_path(name.data) and name.data not in shipped():
            if name.data in role_names():
                return [role_layer(name.data, name.mark)]
            if not (folder / name.data).is_file():
                message = unknown(name.data, [*shipped(), *role_names()], "no graph and no role is called")
                self._mistakes.add(name.mark, ("extends",), message)
                return None
        layers = self.read(name.data, folder, name.mark)
        return None if layers is None else [_without(layer, _OWN) for layer in layers]

    def _find(self, name: str | os.PathLike[str], folder: FilePath, at: Mark, path: Path) -> Traversable | None:
        if _is_path(name):
            file = folder / FilePath(name).expanduser()
            if file.is_file():
                return file
            found = "a folder" if file.is_dir() else "no such file"
            self._mistakes.add(at, path, f"{found}: {file}; give a graph file, or one of {', '.join(shipped())}")
            return None
        graphs = shipped()
        if str(name) in graphs:
            return graphs[str(name)]
        hint = f"; the file here is given as ./{name}" if (folder / str(name)).is_file() else ""
        self._mistakes.add(at, path, f"no graph is called {str(name)!r}; {suggestion(str(name), graphs)}{hint}")
        return None


def _without(map_: Value, keys: Sequence[str]) -> Value:
    assert isinstance(map_.data, dict)  # noqa: S101  for mypy
    return replace(map_, data={key: value for key, value in map_.data.items() if key not in keys})


def _is_path(name: str | os.PathLike[str]) -> bool:
    return not isinstance(name, str) or name.endswith(SUFFIXES) or "/" in name or os.sep in name


def _label(file: Traversable) -> str:
    """Return the name of a file in messages."""
    path = FilePath(str(file))
    return str(path.relative_to(FilePath.cwd())) if path.is_relative_to(FilePath.cwd()) else str(path)


def _text(file: Traversable, label: str, mistakes: Mistakes) -> str | None:
    try:
        with file.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            mistakes.add(Mark(label), (), f"larger than {LARGEST:,} bytes, which no graph is; is it the right file?")
            return None
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        mistakes.add(Mark(label, line), (), f"byte {error.start} is not UTF-8; save the file as UTF-8 text")
    except OSError as error:
        mistakes.add(Mark(label), (), f"cannot be read: {error.strerror or error}")
    return None


def _override(text: str, mistakes: Mistakes) -> Value | None:
    """Return ``a.b=value`` as a map inside a map."""
    place, equals, written = text.partition("=")
    keys = tuple(place.strip().split("."))
    mark = Mark(f"override {place.strip()}")
    if not equals or not all(keys):
        message = f"found {text!r}, expected path=value, such as stages.asr.engine=faster-whisper"
        mistakes.add(Mark("override"), (), message)
        return None
    inside = Mistakes()
    value = read_yaml(written, mark.file, inside) if written.strip() else Value("", mark)
    for mistake in inside.found:
        mistakes.add(mark, mistake.path, mistake.message)  # without its line, because a command has none
    if value is None:
        return None
    if isinstance(value.data, dict) and not written.lstrip().startswith("{"):
        value = Value(written.strip(), mark)  # a colon in a path, or in :memory:, makes no map
    value = replace(value, mark=mark)
    for key in reversed(keys):
        value = Value({key: value}, mark, value.size + 1)
    return value
