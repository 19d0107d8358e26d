"""What a stage is: one step of the avatar, as a function of streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from models.protocols import GUEST, Hypothesis

In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said in an earlier turn."""

    heard: str
    """The user's words."""
    said: str
    """The avatar's, as far as they were heard."""
    interrupted: bool = False
    """Whether the user cut the avatar short."""


async def at_once() -> None:
    """Of a turn whose end is beyond doubt."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a stage may know of the turn that it serves."""

    id: str
    user: str = GUEST
    """Whose world, memory and history it is."""
    history: Sequence[Exchange] = field(default_factory=tuple)
    """Earlier turns, oldest first."""
    confirmed: Callable[[], Awaitable[None]] = at_once
    """Returns when the user is known to have finished. A turn may begin before: whatever acts must wait for it."""
    prompt: str = ""
    """What the avatar says of its own accord; such a turn listens to nobody."""
    earlier: Hypothesis | None = None
    """What was recognised of the beginning of this utterance when the user paused in it, and then went on."""
    captions: tuple[float, ...] | None = None
    """For a replay: the ends of the sound of each partial caption that there was. None makes them as time allows."""


class Stage(Protocol[In, Out]):
    """One step of the avatar.

    `run` is called once per turn: its locals are the turn's state, and the end of `inputs` is the flush. The graph
    reads the types of its ports from the annotations of `run`, so they must be real imports.
    """

    def run(self, inputs: AsyncIterator[In], turn: Turn) -> AsyncIterator[Out]:
        """Take what arrives, give what follows from it."""
        ...
