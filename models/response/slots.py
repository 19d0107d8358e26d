"""Decides which conversation goes to which slot of llama.cpp.

llama.cpp's own choice lets a new conversation overwrite an old one as soon as they share a tenth of the prompt. Two
sessions of the same persona always share that much, so each would read its whole history again at every turn.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from models.protocols import Message


class Work(Protocol):
    """An answer in the making."""

    unwanted: bool
    """Whether its reader went away."""


@dataclass(slots=True)
class Slot:
    """One place in llama.cpp for one conversation, and what it has read so far."""

    number: int
    read: tuple[Message, ...] = ()
    used: int = 0
    """When it was last used, on a counter; 0 means never."""
    busy: bool = False
    work: Work | None = None
    """The answer that it works on; None where it is not busy."""


Prefixes: TypeAlias = Collection[tuple[Message, ...]]
"""Beginnings that many conversations share, such as a role and its examples."""


def choose_slot(slots: Sequence[Slot], messages: Sequence[Message], prefixes: Prefixes = ()) -> Slot:
    """The slot that holds the conversation which `messages` continue. Otherwise it is the slot that has read the most
    of them, as long as that is more than it would have to forget. Otherwise it is the slot that was used longest ago.

    It counts characters, which tokens follow closely enough."""

    def worth(slot: Slot) -> int:
        return 2 * shared(slot.read, messages) - _length(slot.read)  # read again, less forgotten

    going_on = [slot for slot in slots if continues(slot.read, messages, prefixes)]
    if going_on:
        return max(going_on, key=lambda slot: (_kept(slot.read, messages, prefixes), -_length(slot.read)))
    best = max(slots, key=worth)
    return best if worth(best) > 0 else min(slots, key=lambda slot: slot.used)


def continues(read: Sequence[Message], messages: Sequence[Message], prefixes: Prefixes = ()) -> bool:
    """Whether `messages` continue the conversation that was read, perhaps without exchanges that were dropped from it.

    That is so where most of what they hold, beside the common beginning and the latest words, was read."""
    talk = _own(messages, prefixes)[:-1]
    return bool(talk) and 2 * _kept(read, messages, prefixes) >= _length(talk)


def shared(read: Sequence[Message], messages: Sequence[Message]) -> int:
    """The number of characters that two conversations have in common from their beginning."""
    total = 0
    for ours, theirs in zip(read, messages, strict=False):
        if ours.role == theirs.role:
            total += len(os.path.commonprefix([ours.text, theirs.text]))  # noqa: RUF071 - characters are meant
        if ours != theirs:
            break
    return total


def _kept(read: Sequence[Message], messages: Sequence[Message], prefixes: Prefixes) -> int:
    """The characters of the conversation in `messages`, without the latest words, that were read word for word."""
    known = set(_own(read, prefixes))
    return _length([message for message in _own(messages, prefixes)[:-1] if message in known])


def _own(messages: Sequence[Message], prefixes: Prefixes) -> Sequence[Message]:
    """The conversation without the beginning that it shares with others."""
    begun = [len(prefix) for prefix in prefixes if tuple(messages[: len(prefix)]) == prefix]
    first = max(begun, default=0)
    while first < len(messages) and messages[first].role == "system":
        first += 1
    return messages[first:]


def _length(read: Sequence[Message]) -> int:
    return sum(len(message.text) for message in read)
