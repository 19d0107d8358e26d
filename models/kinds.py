"""Kinds of slot: how the words for a value are found in an utterance, and how a value is checked before it is used.

A kind takes names from a list, or is read by its form, or takes any words. `Slot.kind` holds its name only, so that a
card can be written down; here is what the name means, for those who read intents and for those who act on them.

A package of anyone's adds a kind with an entry point in the group ``parley.kinds``. The shortest is a list of names:

    COLOUR = Kind("colour", names=("red", "green", "blue"))

One that is read by its form subclasses `Kind`, sets `form`, and has `read` and `check` (`models.kinds.Duration`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import ClassVar

from models.errors import NotRegistered
from models.installed import find_registered, registered
from models.language.language import Language
from models.language.words import Found, Word
from models.protocols import SlotValue

GROUP = "parley.kinds"


class Kind:
    """A kind of slot that takes names from a list, or any words where there is no list."""

    form: ClassVar[bool] = False
    """Whether its values are read by their form, as numbers are."""
    counts: ClassVar[bool] = False
    """Whether a value counts what is named after it, as in "two of those apples"."""
    shown: ClassVar[bool] = False
    """Whether a word such as "this" is as good as a name: the user shows what is meant."""
    order: ClassVar[int] = 1
    """Of readings that overlap the one of the lower order is taken: "two minutes" is no two."""
    samples: ClassVar[tuple[str, ...]] = ()
    """What people say for it, put into examples, where the language does not tell; empty where its names do."""

    def __init__(self, name: str, *, names: Sequence[str] = ()) -> None:
        """`names`: the only values that it takes; empty where the setting has them, or where there is no list."""
        self.name, self.names = name, tuple(names)

    def read(self, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
        """Every value of this form in `words`, in order; asked only where `form` is set."""
        return ()

    def check(self, value: SlotValue) -> SlotValue | None:
        """The value as a skill takes it; None where it is none. Asked only where `form` is set."""
        return str(value)


class Whole(Kind):
    """A whole number."""

    form: ClassVar[bool] = True
    counts: ClassVar[bool] = True
    order: ClassVar[int] = 3

    def read(self, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
        """Whole numbers in words or digits."""
        whole = [number for number in language.find_numbers(words) if number.value.is_integer()]
        return [Found(int(number.value), number.first, number.end) for number in whole]

    def check(self, value: SlotValue) -> SlotValue | None:
        """An int."""
        number = _finite(value)
        return None if number is None or not number.is_integer() else int(value)


class Number(Kind):
    """A number that may have a fraction."""

    form: ClassVar[bool] = True
    counts: ClassVar[bool] = True
    order: ClassVar[int] = 2

    def read(self, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
        """Numbers in words or digits."""
        return language.find_numbers(words)

    def check(self, value: SlotValue) -> SlotValue | None:
        """A float."""
        return _finite(value)


class Duration(Kind):
    """A length of time, in seconds."""

    form: ClassVar[bool] = True
    order: ClassVar[int] = 0

    def read(self, words: Sequence[Word], language: Language) -> Sequence[Found[SlotValue]]:
        """Lengths of time, in seconds."""
        return language.find_durations(words)

    def check(self, value: SlotValue) -> SlotValue | None:
        """Whole seconds."""
        number = _finite(value)
        return None if number is None else int(value) if number.is_integer() else round(number)


class Sight(Kind):
    """Whatever the user shows: a name, or a word such as "this"."""

    shown: ClassVar[bool] = True


TEXT = Kind("text")
INTEGER = Whole("integer")
NUMBER = Number("number")
DURATION = Duration("duration")
ITEM = Kind("item")
PLACE = Kind("place")
REGION = Kind("region")
SIGHT = Sight("sight")


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
    """Likewise; a name that nobody registered is a kind of which nothing is known but its slot's choices."""
    return find_kind(name) if name in registered(GROUP) else Kind(name)


def _finite(value: SlotValue) -> float | None:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
