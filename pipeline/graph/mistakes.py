"""Mistakes in a graph file: where they are, how they are worded, and how all of them are reported at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeAlias

from pipeline.errors import GraphError

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value in a file, such as ``("stages", "asr", "fallbacks", 0)``."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file."""

    file: str
    line: int = 0
    """The line, counted from 1; 0 where there are no lines."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake at a place."""

    mark: Mark
    path: Path
    message: str
    """What was found, what was expected, and the remedy."""

    def __str__(self) -> str:
        place = dotted(self.path)
        return f"{self.mark}: {place}: {self.message}" if place else f"{self.mark}: {self.message}"


class WrongGraph(GraphError):
    """A graph file has mistakes. The message has a line for each, in the order of the file."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


@dataclass(slots=True)
class Mistakes:
    """Collects mistakes, so that all of them are reported at once."""

    found: list[Mistake] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    """The values of environment variables that the graph reads, by name. No message repeats them."""
    settled: set[Path] = field(default_factory=set)
    """Places whose value is missing. Other mistakes there would only repeat that."""

    def add(self, mark: Mark, path: Path, message: str, *, settles: bool = False) -> None:
        """Note a mistake, unless it was noted already or the place is settled."""
        mistake = Mistake(mark, path, self.redacted(message))
        if path not in self.settled and mistake not in self.found:
            self.found.append(mistake)
        if settles:
            self.settled.add(path)

    def redacted(self, text: str) -> str:
        """Return `text` with references in the place of all values from the environment.

        Values of less than four characters stay: they hide nothing, and could be a part of any word."""
        for name, value in sorted(self.secrets.items(), key=lambda item: -len(item[1])):
            if len(value) >= 4:
                text = text.replace(value, f"${{{name}}}")
        return text

    def raise_any(self) -> None:
        """Raise WrongGraph if there were mistakes."""
        if self.found:
            raise WrongGraph(sorted(self.found, key=lambda mistake: (mistake.mark.file, mistake.mark.line)))


def dotted(path: Path) -> str:
    """Return a path as text, such as ``stages.asr.fallbacks[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return a hint such as ``did you mean 'piper'?``, or the choices."""
    choices = sorted(choices)
    if close := get_close_matches(word, choices, n=1, cutoff=0.6):
        return f"did you mean {close[0]!r}?"
    return f"choose from {', '.join(choices)}" if choices else "there is nothing to choose from"


def unknown(word: str, choices: Iterable[str], what: str = "nothing called") -> str:
    """Return the message about an unknown name."""
    return f"{what} {word!r}; {suggestion(word, choices)}"


def alternatives(names: Iterable[str]) -> str:
    """Return names as ``a, b or c``."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
