"""Stages and engines with one property each, for tests of the graph: mostly what is wrong with other people's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from models.context import DEFAULT, Context
from models.protocols import Hypothesis, Recogniser, Samples, TaskHandler
from pipeline.graph.registry import Registry
from pipeline.host.host import Host
from pipeline.packets import Audio, Intent, Outcome, Transcript
from pipeline.stages.asr import Asr
from pipeline.stages.stage import Turn

if TYPE_CHECKING:
    from decimal import Decimal


def point(group: str, name: str, target: str) -> EntryPoint:
    """An entry point; `target` is a class of this module, or ``module:Class``."""
    value = target if ":" in target else f"{__name__}:{target}"
    return EntryPoint(name, value, f"parley.{group}")


def registry(*points: EntryPoint) -> Registry:
    """What is installed, and `points` beside it."""
    found = entry_points()
    installed = [point for group in found.groups if group.startswith("parley.") for point in found.select(group=group)]
    return Registry([*installed, *points])


class Loud(Recogniser):
    """Hears one word; takes every kind of option that a file can give."""

    languages = frozenset({"en", "zh"})
    sample_rate = 16_000

    def __init__(
        self,
        *,
        word: str = "loud",
        beam: int = 1,
        mode: Literal["fast", "exact"] = "fast",
        hints: list[str] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if beam < 1:
            raise ValueError(f"beam is {beam}, expected at least 1")
        self.word, self.beam, self.mode, self.hints, self.clock = word, beam, mode, hints, clock
        self.loaded = self.closed = False

    def load(self) -> None:
        self.loaded = True

    def close(self) -> None:
        self.closed = True

    def weights(self) -> tuple[str, ...]:
        return ("no-such-model-anywhere",)

    def transcribe(self, samples: Samples, context: Context = DEFAULT, earlier: Hypothesis | None = None) -> Hypothesis:
        return Hypothesis(self.word * int(np.ceil(samples.size)), "en")


class English(Loud):
    """Works in one language."""

    languages = frozenset({"en"})


class Mandarin(Loud):
    """Knows no English."""

    languages = frozenset({"zh"})


class Telephone(Loud):
    """Hears telephones only."""

    sample_rate = 8_000


class Unfinished(Recogniser):
    """Forgot the one method that matters."""

    sample_rate = 16_000


class Wanting(Loud):
    """Needs packages that nobody has."""

    extra = "wanting"
    requires = ("no_such_package", "no_such_other.part")


class Explosive(Loud):
    """Cannot even be made."""

    def __init__(self) -> None:
        raise RuntimeError("no licence file")


class Weightless(Loud):
    """Cannot be loaded."""

    def load(self) -> None:
        raise OSError("the disk is gone")


class Echo:
    """A stage without engine or options."""

    async def run(self, inputs: AsyncIterator[Transcript], turn: Turn) -> AsyncIterator[Transcript]:
        async for packet in inputs:
            yield packet


class Curious:
    """A stage that asks about others, before and after they are loaded."""

    def __init__(self, host: Host[TaskHandler]) -> None:
        self.host = host
        self.saw: dict[str, bool] = {}
        """Peers, and whether their engines were loaded by then."""

    def check(self, peers: Mapping[str, Any]) -> None:
        if "asr" not in peers:
            raise ValueError("it listens to 'asr', and there is none; add one")

    async def prepare(self, peers: Mapping[str, Any]) -> None:
        hosts = {name: peer.host for name, peer in peers.items() if isinstance(peer, Asr)}
        self.saw = {name: getattr(host.engine, "loaded", False) for name, host in hosts.items()}

    async def run(self, inputs: AsyncIterator[Transcript | Intent], turn: Turn) -> AsyncIterator[Outcome]:
        async for _ in inputs:
            yield Outcome("none", "done")


class Hidden:
    """A stage whose packets only type checkers can find."""

    async def run(self, inputs: AsyncIterator[Decimal], turn: Turn) -> AsyncIterator[Audio]:
        async for _ in inputs:
            yield Audio(np.zeros(0, np.float32), 16_000, 0.0)


class Vague:
    """A stage that does not say what it gives."""

    async def run(self, inputs: AsyncIterator[Audio], turn: Turn) -> Any:
        """Nobody knows."""


class Greedy(Echo):
    """A stage that wants more than a host and options."""

    def __init__(self, host: Host[Recogniser], database: str) -> None:
        self.host, self.database = host, database


class NotAStage:
    """A class with nothing to run."""


def a_function(values: Sequence[int]) -> int:
    """Not a class at all."""
    return len(values)
