"""What a stage is: one step of the avatar, as a function of streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from models.context import DEFAULT, Context
from models.protocols import Hypothesis, SkillCard
from models.roles.role import Persona
from pipeline.errors import EngineFailed

In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)


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
    context: Context = DEFAULT
    """Who speaks with whom, and what was said before; engines are handed it beside their input."""
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


@runtime_checkable
class Prepares(Protocol):
    """A stage that needs more than its own engine before it serves anybody."""

    async def prepare(self, peers: Mapping[str, object]) -> None:
        """Get ready, after all engines were loaded; `peers` maps the names of the graph's nodes to their stages.

        Raises EngineFailed where the stage cannot serve."""
        ...


@runtime_checkable
class Checks(Protocol):
    """A stage that depends on other stages of its graph."""

    def check(self, peers: Mapping[str, object]) -> None:
        """Look at the other stages while the graph is built; `peers` maps the names of its nodes to their stages.

        Raises ValueError, which is a mistake of this stage in the graph's file."""
        ...


@runtime_checkable
class OffersSkills(Protocol):
    """A stage that acts on intents."""

    def skills(self) -> tuple[SkillCard, ...]:
        """What it can do; known before its engines are loaded."""
        ...


@runtime_checkable
class HasPersona(Protocol):
    """A stage that knows who the avatar is."""

    persona: Persona
