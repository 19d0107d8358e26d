"""Measures the shape of the tree: python benchmarks/structure.py [--json]

It counts what makes a tree hard to read: long modules, siblings that import each other in a circle, words of a natural
language outside the rooms that hold them, names that stand for two things, and lines that are written twice.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import grimp  # import-linter reads imports with it

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]
from support.natural_language import find_words

ROOT = Path(__file__).parents[1]
PACKAGES = ("pipeline", "models", "audio_samples")
LONGEST = 300
"""Lines that a module may have."""
ALIKE = 6
"""Equal lines in a row that count as written twice. Blank lines, comments and imports do not count."""

Place = tuple[Path, int]
"""A module, and a line in it, counted from 1."""


def modules(root: Path = ROOT, packages: Sequence[str] = PACKAGES) -> list[Path]:
    """Every module of the packages, in order."""
    return sorted(path for package in packages for path in (root / package).rglob("*.py"))


def long_modules(paths: Sequence[Path]) -> dict[str, int]:
    """Modules of more than `LONGEST` lines, the longest first."""
    lines = {_shown(path): len(path.read_text("utf-8").splitlines()) for path in paths}
    return {name: count for name, count in sorted(lines.items(), key=lambda item: -item[1]) if count > LONGEST}


# --- circles -------------------------------------------------------------------------------------------------------


def circles(packages: Sequence[str] = ("pipeline", "models")) -> list[list[str]]:
    """Children of one package that import each other in a circle, each circle once."""
    whole = grimp.build_graph(*packages)
    found = []
    for package in sorted(whole.modules):
        children = sorted(whole.find_children(package))
        if len(children) > 1:
            uses = {child: _used(whole, child, children) for child in children}
            found += [circle for circle in _components(uses) if len(circle) > 1]
    return found


def _used(whole: grimp.ImportGraph, child: str, siblings: Sequence[str]) -> set[str]:
    inside = {child, *whole.find_descendants(child)}
    imported = {other for module in inside for other in whole.find_modules_directly_imported_by(module)}
    return {
        sibling
        for sibling in siblings
        if sibling != child and any(other == sibling or other.startswith(f"{sibling}.") for other in imported)
    }


def _components(uses: Mapping[str, set[str]]) -> list[list[str]]:
    """Strongly connected components (two names are in one if each leads to the other)."""
    reach = {name: _reached(name, uses) for name in uses}
    found: list[list[str]] = []
    for name in uses:
        if not any(name in component for component in found):
            found.append(sorted({name, *(other for other in reach[name] if name in reach[other])}))
    return found


def _reached(start: str, uses: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in uses[waiting.pop()] - seen:
            seen.add(name)
            waiting.append(name)
    return seen


# --- names ---------------------------------------------------------------------------------------------------------


def repeated_modules(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Names that several modules share."""
    return _repeated((path.stem, _shown(path)) for path in paths if not path.stem.startswith("__"))


def repeated_classes(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Names that several public classes share."""
    return _repeated(
        (node.name, f"{_shown(path)}:{node.lineno}")
        for path in paths
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )


def _repeated(named: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for name, place in named:
        places[name].append(place)
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


# --- lines ---------------------------------------------------------------------------------------------------------


def duplicated(paths: Sequence[Path]) -> list[tuple[Place, Place, int]]:
    """Stretches that stand in two places: both places, and the number of equal lines.

    A stretch that stands in three places is listed twice."""
    text = {path: _normalised(path) for path in paths}
    first: dict[tuple[str, ...], tuple[Path, int]] = {}
    pairs: list[tuple[Path, int, Path, int]] = []
    for path, lines in text.items():
        for index in range(len(lines) - ALIKE + 1):
            window = tuple(line for _, line in lines[index : index + ALIKE])
            other, place = first.setdefault(window, (path, index))
            if other != path or index - place >= ALIKE:
                pairs.append((path, index, other, place))
    found = []
    for _, run in groupby(enumerate(pairs), key=lambda item: _diagonal(item[0], *item[1])):
        stretch = [pair for _, pair in run]
        path, index, other, place = stretch[0]
        found.append(((other, text[other][place][0]), (path, text[path][index][0]), len(stretch) + ALIKE - 1))
    return found


def _diagonal(number: int, path: Path, index: int, other: Path, place: int) -> tuple[Path, Path, int, int]:
    """A key that is equal for pairs of lines that continue each other."""
    return path, other, index - place, index - number


def _normalised(path: Path) -> list[tuple[int, str]]:
    """The lines that count, each with its number from 1."""
    text = path.read_text("utf-8")
    imports = {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if number not in imports)
    return [(number, line) for number, line in lines if line and not line.startswith("#")]


# --- telling -------------------------------------------------------------------------------------------------------


def measure() -> dict[str, Any]:
    """Every measure, with the place of each finding."""
    paths = modules()
    twice = duplicated(paths)
    return {
        "modules": len(paths),
        "modules_over_300_lines": long_modules(paths),
        "circles": circles(),
        "words_of_natural_language": [str(trace) for trace in find_words(ROOT)],
        "repeated_module_names": repeated_modules(paths),
        "repeated_class_names": repeated_classes(paths),
        "duplicated_lines": sum(count for _, _, count in twice),
        "duplicated_stretches": {
            f"{_shown(path)}:{line}": f"{count} lines as in {_shown(other)}:{there}"
            for (other, there), (path, line), count in twice
        },
    }


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def main() -> None:
    """Print the measures as a list or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure()
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name}: {value if isinstance(value, int) else len(value)}")
        rows = value.items() if isinstance(value, dict) else [] if isinstance(value, int) else enumerate(value, 1)
        for key, place in rows:
            print(f"    {key}: {', '.join(place) if isinstance(place, list) else place}")


if __name__ == "__main__":
    main()
