"""Decides which conversation goes to which slot of llama.cpp.

llama.cpp's own choice lets a new conversation overwrite an old one as soon as they share a tenth of the prompt. Two
sessions of the same persona always share that much, so each would read its whole history again at every turn.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from models.protocols import Message


@dataclass(slots=True)
class Slot:
    """One place in llama.cpp for one conversation, and what it has read so far."""

    number: int
    read: tuple[Message, ...] = ()
    used: int = 0
    """When it was last used, on a counter; 0 means never."""
    busy: bool = False


def choose_slot(slots: Sequence[Slot], messages: Sequence[Message]) -> Slot:
    """The slot that has read the most of `messages`, as long as that is more than it would have to forget.

    Otherwise it is the slot that was used longest ago. It counts characters, which tokens follow closely enough."""

    def worth(slot: Slot) -> int:
        shared = _shared(slot.read, messages)
        return 2 * shared - sum(len(message.text) for message in slot.read)  # read again, less forgotten

    best = max(slots, key=worth)
    return best if worth(best) > 0 else min(slots, key=lambda slot: slot.used)


def _shared(read: Sequence[Message], messages: Sequence[Message]) -> int:
    """The number of characters that two conversations have in common from their beginning."""
    total = 0
    for ours, theirs in zip(read, messages, strict=False):
        if ours.role == theirs.role:
            total += len(os.path.commonprefix([ours.text, theirs.text]))  # noqa: RUF071 - characters are meant
        if ours != theirs:
            break
    return total
