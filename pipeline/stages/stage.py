"""What a stage is: one step of the avatar, as a function of streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from models.protocols import GUEST, Hypothesis
from pipeline.errors import EngineFailed

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


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that failed in a turn and did not end it."""

    stage: str
    engine: str
    """The name of the engine that failed."""
    error: str
    """The type of its error, and what it says."""
    effect: str
    """How the turn goes on without it, as a sentence without its full stop."""

    @classmethod
    def of(cls, stage: str, failure: EngineFailed, effect: str) -> Notice:
        """The notice that a stage gives of a failure which it makes up for."""
        return cls(stage, failure.engine, f"{type(failure.__cause__ or failure).__name__}: {failure}", effect)

    def __str__(self) -> str:
        return f"{self.stage}: {self.engine} failed, so {self.effect}: {self.error}"


async def at_once() -> None:
    """The `confirmed` of a turn whose end is beyond doubt."""


def unnoticed(notice: Notice) -> None:
    """The `notice` of a turn that nobody asks about afterwards."""


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
    notice: Callable[[Notice], None] = unnoticed
    """Takes what failed in a stage that answers all the same, such as a template in the place of a language model."""
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
