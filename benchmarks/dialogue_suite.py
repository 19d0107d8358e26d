"""Reads suites of dialogues, and judges what an avatar said and did against what they expect."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, TypeAdapter

from models.data import Entry, read_data
from models.errors import WrongData

K = TypeVar("K")


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiled)]
"""A regular expression that is searched in an answer, whatever its case."""


class Wanted(Entry):
    """What a user's world must be like. What is None is not compared."""

    coins: int | None = None
    items: dict[str, int] | None = None
    """The whole bag: how many of each ware."""
    place: str | None = None
    timers: int | None = None
    """How many timers run."""


class Line(Entry):
    """One line of the user, and what must hold after it was answered."""

    say: str = Field(min_length=1)
    reply: tuple[Pattern, ...] = ()
    """Each is found in the answer."""
    unsaid: tuple[Pattern, ...] = Field((), alias="not")
    """None is found in the answer."""
    world: Wanted = Wanted()
    actions: tuple[str, ...] = ()
    """The kinds of actions that are sent, in this order; others may stand between them."""


class Dialogue(Entry):
    """A conversation of a user whom the avatar has never met."""

    name: str
    area: str
    turns: tuple[Line, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class State:
    """A user's world at one moment."""

    coins: int
    items: Mapping[str, int]
    place: str
    timers: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one line of the user."""

    heard: str = ""
    """The user's words as the avatar took them; empty where it heard nothing."""
    said: str = ""
    actions: tuple[str, ...] = ()
    """The kinds of the actions that were sent."""
    first: float | None = None
    """Milliseconds from the end of the user's line to the first audible sound of the answer; None without sound."""
    failed: str = ""
    """Why there is no answer, or not a whole one; empty where there is one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an answer compares with what was expected. Empty lists mean that all of it holds."""

    words: list[str] = field(default_factory=list)
    """What is wrong with the answer's words and actions."""
    wrong: list[str] = field(default_factory=list)
    """Deeds that were done and should not have been, or were done differently."""
    missing: list[str] = field(default_factory=list)
    """Deeds that should have been done."""
    carried: list[str] = field(default_factory=list)
    """Differences that an earlier turn left."""

    @property
    def right(self) -> bool:
        """Whether all that the turn expects holds."""
        return not (self.words or self.wrong or self.missing or self.carried)

    def told(self) -> list[str]:
        """A line for each difference."""
        named = (("wrong deed", self.wrong), ("missing deed", self.missing), ("still", self.carried))
        return [*self.words, *(f"{name}: {each}" for name, found in named for each in found)]


class Judge:
    """Compares the turns of one dialogue, in their order, with what they expect.

    A world that an earlier turn left wrong is not blamed on a later turn: only what changes in a turn is its deed."""

    def __init__(self, start: State) -> None:
        self._before = self._expected = _parts(start)

    def judge(self, line: Line, answer: Answer, after: State) -> Verdict:
        """The verdict on the next turn; `after` is the world once it was answered."""
        verdict = Verdict(words=[answer.failed] if answer.failed else list(_words(line, answer)))
        now, wanted = _parts(after), line.world.model_dump(exclude_none=True)
        expected = {}
        for part, value in now.items():
            changed = _change(self._before[part], value)
            if part in wanted:
                expected[part] = wanted[part]
                if value != wanted[part]:
                    due = _change(self._expected[part], wanted[part])
                    found = _kind(verdict, changed, due)
                    found.append(f"{part} {_told(value)}, not {_told(wanted[part])}")
            else:  # nothing is said of it, so what happened counts as meant
                expected[part] = value if part == "place" and changed else _moved(self._expected[part], changed)
        self._before, self._expected = now, expected
        return verdict


def read_suite(path: Path) -> list[Dialogue]:
    """The dialogues of a file, or of all YAML files of a folder. Raises WrongData, which tells every mistake."""
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not files:
        raise WrongData(f"{path}: no file in this folder ends in .yaml; name a folder of dialogues, or a file")
    suite = [dialogue for file in files for dialogue in read_data(file, TypeAdapter(list[Dialogue]))]
    names = Counter(dialogue.name for dialogue in suite)
    if twice := [name for name, count in names.items() if count > 1]:
        raise WrongData(f"{path}: two dialogues are called '{twice[0]}'; give each a name of its own")
    return suite


def _words(line: Line, answer: Answer) -> Iterator[str]:
    said = answer.said.replace("’", "'")
    yield from (f"not said: {pattern}" for pattern in line.reply if not re.search(pattern, said, re.IGNORECASE))
    yield from (f"said: {pattern}" for pattern in line.unsaid if re.search(pattern, said, re.IGNORECASE))
    rest = iter(answer.actions)
    if not all(kind in rest for kind in line.actions):
        yield f"actions {', '.join(answer.actions) or 'none'}, not {', '.join(line.actions)}"


def _parts(state: State) -> dict[str, object]:
    return {"coins": state.coins, "items": dict(state.items), "place": state.place, "timers": state.timers}


def _change(before: object, after: object) -> dict[str, object]:
    """What differs, by a name for it: numbers by how much, and a place by what it has become."""
    if isinstance(before, int) and isinstance(after, int):
        return {"": after - before} if after != before else {}
    if isinstance(before, dict) and isinstance(after, dict):
        counts = {item: after.get(item, 0) - before.get(item, 0) for item in sorted({*before, *after})}
        return {item: count for item, count in counts.items() if count}
    return {"": after} if after != before else {}


def _moved(value: object, change: Mapping[str, object]) -> object:
    """A part of the expected world after a change that nothing was expected of."""
    if isinstance(value, int):
        return value + sum(count for count in change.values() if isinstance(count, int))
    if isinstance(value, dict):
        counts = {item: value.get(item, 0) + change.get(item, 0) for item in sorted({*value, *change})}
        return {item: count for item, count in counts.items() if count}
    return value


def _kind(verdict: Verdict, changed: Mapping[str, object], due: Mapping[str, object]) -> list[str]:
    """The list of `verdict` to which a difference belongs, from what has changed and what should have."""
    if any(
        change != due.get(name) and (name or not _part_of(change, due.get(name))) for name, change in changed.items()
    ):
        return verdict.wrong
    return verdict.missing if due != changed else verdict.carried


def _part_of(change: object, due: object) -> bool:
    """Whether a change is some of the one that is due: one of two timers, say."""
    if isinstance(change, int) and isinstance(due, int):
        return 0 < change < due or due < change < 0
    return False


def _told(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{item}: {count}" for item, count in sorted(value.items())) + "}"
    return str(value)


# --- what a whole run shows ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Played:
    """One turn as it went."""

    dialogue: Dialogue
    number: int
    """Counted from one."""
    answer: Answer
    verdict: Verdict

    @property
    def line(self) -> Line:
        """What the suite says of the turn."""
        return self.dialogue.turns[self.number - 1]


def areas(played: Sequence[Played]) -> dict[str, list[Played]]:
    """The turns by area, and all of them as ``all``."""
    names = dict.fromkeys(turn.dialogue.area for turn in played)
    return {name: [turn for turn in played if turn.dialogue.area == name] for name in names} | {"all": list(played)}
