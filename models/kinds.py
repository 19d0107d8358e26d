"""A kind of slot says how the words for a value are found in an utterance, and how the value is checked before use.

A kind takes names from a list, or is read by its form, or takes any words. `Slot.kind` holds only its name, so that a
card can be written down. This module says what the name means to intent recognisers and to task handlers.

Any package can add a kind with an entry point in the group ``parley.kinds``. The shortest kind is a list of names:

    COLOUR = Kind("colour", names=("red", "green", "blue"))

A kind that is read by its form subclasses `Kind`, sets `form`, and has `read` and `check` (`models.kinds.Duration`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import ClassVar

from models.errors import NotRegistered
from models.installed import find_registered, registered
from models.language.days import CODES, NEAR
from models.language.language import Language
from models.language.words import Found, Word, found_phrases
from models.protocols import SlotValue

GROUP = "parley.kinds"
CHANGES = frozenset({"slower", "faster", "louder", "quieter", "normal"})
"""Codes of changes of how the avatar speaks."""


class Kind:
    """A kind of slot that takes names from a list, or any words where there is no list."""

    form: ClassVar[bool] = False
    """Whether values of the kind are read by their form, as numbers are."""
    counts: ClassVar[bool] = False
    """Whether a value counts what is named after it, as in "two of those apples"."""
    shown: ClassVar[bool] = False
    """Whether a word such as "this" may stand for a name, because the user shows what is meant."""
    order: ClassVar[int] = 1
    """Where two readings overlap, the one with the lower order is taken: "two minutes" is not read as "two"."""
    samples: ClassVar[tuple[str, ...]] = ()
    """What people say for such a value. Examples use it where the language has none; empty where the names suffice."""

    def __init__(self, name: str, *, names: Sequence[str] = ()) -> None:
        """`names` are the only values that it takes; empty where the setting has them, or where there is no list."""
        self.name, self.names = name, tuple(names)

    def read(self, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
        """Every value of this form in `words`, in order. It is called only where `form` is set."""
        return ()

    def tells(self, text: str, language: Language) -> bool:
        """Whether the whole text is a value whose form alone shows that the skill of such a slot is asked for. It then
        fills the slot as it was said."""
        return False

    def check(self, value: SlotValue) -> SlotValue | None:
        """The value as a skill takes it, or None if it is not one. It is called only where `form` is set."""
        return str(value)


class Whole(Kind):
    """A whole number."""

    form: ClassVar[bool] = True
    counts: ClassVar[bool] = True
    order: ClassVar[int] = 3

    def read(self, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
        """Every whole number in `words`, in words or digits."""
        whole = [number for number in language.find_numbers(words) if number.value.is_integer()]
        return [Found(int(number.value), number.first, number.end) for number in whole]

    def check(self, value: SlotValue) -> SlotValue | None:
        """The value as an int, or None."""
        number = _finite(value)
        return None if number is None or not number.is_integer() else int(value)


class Number(Kind):
    """A number that may have a fraction."""

    form: ClassVar[bool] = True
    counts: ClassVar[bool] = True
    order: ClassVar[int] = 2

    def read(self, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
        """Every number in `words`, in words or digits."""
        return language.find_numbers(words)

    def check(self, value: SlotValue) -> SlotValue | None:
        """The value as a float, or None."""
        return _finite(value)


class Duration(Kind):
    """A length of time, in seconds."""

    form: ClassVar[bool] = True
    order: ClassVar[int] = 0

    def read(self, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
        """Every length of time in `words`, in seconds."""
        return language.find_durations(words)

    def check(self, value: SlotValue) -> SlotValue | None:
        """The value in whole seconds, or None."""
        number = _finite(value)
        return None if number is None else int(value) if number.is_integer() else round(number)


class Day(Kind):
    """A day that is told from today, as a code of `models.language.days`."""

    form: ClassVar[bool] = True

    def read(self, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
        """Every day in `words`, one that is told from today surely: "is it monday today?" asks about today."""
        days = language.find_days(words)
        return [replace(day, score=1.0 if day.value in NEAR else 0.9) for day in days]

    def check(self, value: SlotValue) -> SlotValue | None:
        """The value if it is such a code, or None."""
        return value if value in CODES else None


class Manners(Kind):
    """A change of how the avatar speaks: ``slower``, ``faster``, ``louder``, ``quieter`` or ``normal``."""

    form: ClassVar[bool] = True

    def read(self, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
        """Every such change in `words`."""
        return found_phrases(words, language.manner_names)

    def check(self, value: SlotValue) -> SlotValue | None:
        """The value if it is such a change, or None."""
        return value if value in CHANGES else None


class Problem(Kind):
    """The words of a problem that a skill solves. Its form shows which skill is asked for."""

    def tells(self, text: str, language: Language) -> bool:
        """Whether the text holds such a problem."""
        return (language.find_sum if self.name == "sum" else language.find_conversion)(text) is not None


class Sight(Kind):
    """What the user shows: a name, or a word such as "this"."""

    shown: ClassVar[bool] = True


TEXT = Kind("text")
INTEGER = Whole("integer")
NUMBER = Number("number")
DURATION = Duration("duration")
ITEM = Kind("item")
PLACE = Kind("place")
REGION = Kind("region")
SIGHT = Sight("sight")
DAY = Day("day")
NAME = Kind("name")
MANNERS = Manners("manners")
SUM = Problem("sum")
CONVERSION = Problem("conversion")


@cache
def find_kind(name: str) -> Kind:
    """The kind of that name. Raises NotRegistered."""
    point = find_registered(GROUP, name, "kind of slot")
    try:
        kind = point.load()
    except (Exception, SystemExit) as error:
        raise NotRegistered(f"kind of slot '{name}': {point.value} cannot be imported: {error}") from error
    if not isinstance(kind, Kind) or kind.name != name:
        raise NotRegistered(f"kind of slot '{name}': expected a models.kinds.Kind of that name at {point.value}")
    return kind


@cache
def kind_of(name: str) -> Kind:
    """The kind of that name. A name that no package registers gives a kind that knows only the choices of its slot."""
    return find_kind(name) if name in registered(GROUP) else Kind(name)


def _finite(value: SlotValue) -> float | None:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
