"""What a stage is: one step of the avatar, as a function of streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from models.context import DEFAULT, Context
from models.protocols import Hypothesis, Outcome, Reminder, SkillCard, SlotValue
from models.roles.role import Role
from pipeline.errors import EngineFailed

In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)


@dataclass(frozen=True, slots=True)
class Notice:
    """A failure in a turn that did not end the turn."""

    stage: str
    engine: str
    """The name of the engine that failed."""
    error: str
    """The type of the engine's error, and its message."""
    effect: str
    """How the turn goes on without it, as a sentence without its full stop."""

    @classmethod
    def of(cls, stage: str, failure: EngineFailed, effect: str) -> Notice:
        """Return the notice that a stage gives of a failure for which it has a substitute."""
        return cls(stage, failure.engine, f"{type(failure.__cause__ or failure).__name__}: {failure}", effect)

    def __str__(self) -> str:
        return f"{self.stage}: {self.engine} failed, so {self.effect}: {self.error}"


async def at_once() -> None:
    """Stand for `confirmed` in a turn whose user has certainly finished."""


def unnoticed(notice: Notice) -> None:
    """Stand for `notice` in a turn whose notices are not read."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a stage may know of the turn that it serves."""

    id: str
    context: Context = DEFAULT
    """Who speaks with whom, and what was said before. Engines get it with their input."""
    confirmed: Callable[[], Awaitable[None]] = at_once
    """Returns when the user is known to have finished. A turn may begin before that, so a stage that acts must wait for
    it."""
    prompt: str = ""
    """What the avatar says of its own accord. Such a turn hears no user."""
    earlier: Hypothesis | None = None
    """What was recognised of the beginning of this utterance, where the user paused in it and then went on."""
    notice: Callable[[Notice], None] = unnoticed
    """Takes the notice of a stage that answers in spite of a failure, as with a template instead of a language
    model."""
    call: Callable[[str, Mapping[str, SlotValue]], Awaitable[Outcome]] | None = None
    """Calls a skill of `Context.skills` and returns what its owner answered, in the owner's words or without any. It
    raises TimeoutError where no answer comes in time, and ConnectionError where nobody is there to answer. None in a
    turn without a client, as in a replay."""
    captions: tuple[float, ...] | None = None
    """For a replay, the ends of the sound of each partial caption. None makes captions as time allows."""


class Stage(Protocol[In, Out]):
    """One step of the avatar.

    `run` is called once per turn: its locals are the turn's state, and the end of `inputs` is the flush. The graph
    reads the types of its ports from the annotations of `run`, so they must be real imports.
    """

    def run(self, inputs: AsyncIterator[In], turn: Turn) -> AsyncIterator[Out]:
        """Read `inputs`, and give what follows from them."""
        ...


@runtime_checkable
class Prepares(Protocol):
    """A stage that needs more than its own engine before it can serve."""

    async def prepare(self, peers: Mapping[str, object]) -> None:
        """Get ready, after all engines were loaded; `peers` maps the names of the graph's nodes to their stages.

        Raises EngineFailed where the stage cannot serve."""
        ...


@runtime_checkable
class Checks(Protocol):
    """A stage that depends on other stages of its graph."""

    def check(self, peers: Mapping[str, object]) -> None:
        """Check the other stages while the graph is built; `peers` maps the names of its nodes to their stages.

        Raises ValueError, which is reported as a mistake of this stage in the graph's file."""
        ...


@runtime_checkable
class RemembersToSay(Protocol):
    """A stage that knows what the avatar has to say later since an earlier session."""

    async def pending(self, context: Context) -> tuple[Reminder, ...]:
        """Return what is still to be said to the user of the context."""
        ...


@runtime_checkable
class OffersSkills(Protocol):
    """A stage that acts on intents."""

    def skills(self) -> tuple[SkillCard, ...]:
        """Return the skills of the stage, which are known before its engines are loaded."""
        ...


@runtime_checkable
class KnowsOthers(Protocol):
    """A stage that acts on intents, and lets others act on some."""

    def others(self) -> tuple[SkillCard, ...]:
        """Return the skills of others, such as servers of tools, which are known once the graph is loaded."""
        ...


@runtime_checkable
class MeetsSkills(Protocol):
    """A stage that learns the skills of a session's client."""

    async def meet(self, skills: tuple[SkillCard, ...]) -> None:
        """Learn the skills ahead of the first turn that may ask for them. It raises whatever an engine raises."""
        ...


@runtime_checkable
class FindsNearest(Protocol):
    """A stage that tells which skills are nearest to words that ask for none of them."""

    async def nearest(self, text: str, context: Context) -> tuple[str, ...]:
        """Return the names of the skills, the nearest first; empty where it cannot tell. Raises EngineFailed."""
        ...


@runtime_checkable
class HasRole(Protocol):
    """A stage that knows who the avatar is."""

    role: Role
