"""Many headsets at one server."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.protocols import Samples
from pipeline.runners.headset.exchange import MeasuredExchange, measure_exchange
from pipeline.runners.headset.headset import HELLO, Headset
from pipeline.runners.headset.network import PERFECT, Impairment
from pipeline.runners.headset.transport import TransportError
from pipeline.wire import from_client

PAUSE = (0.5, 2.0)
"""The least and the most seconds from the end of an answer until the user speaks again."""
SPREAD = 2.0
"""Seconds within which all but the first user connect, because people do not begin in step."""


@dataclass(frozen=True, slots=True)
class Said:
    """A recording that users say."""

    name: str
    samples: Samples
    """The sound, shape (n,)."""
    sample_rate: int
    """The rate of `samples` in Hz."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Several users of one server, each in a session of their own."""

    url: str
    sessions: int = 1
    hello: from_client.Hello = HELLO
    network: Impairment = PERFECT
    seed: int = 1

    async def talk(self, recordings: Sequence[Said], tell: Callable[[int, MeasuredExchange], None]) -> list[str]:
        """Let every user say all recordings, each beginning with another one.

        `tell` is called after each exchange with the number of the session and the measures. Returns an error for each
        connection that ended early."""
        async with asyncio.TaskGroup() as group:
            users = [group.create_task(self._user(number, recordings, tell)) for number in range(self.sessions)]
        return [trouble for user in users if (trouble := user.result())]

    async def _user(
        self, number: int, recordings: Sequence[Said], tell: Callable[[int, MeasuredExchange], None]
    ) -> str:
        chance = random.Random(f"{self.seed}/{number}")  # noqa: S311  no secret
        await asyncio.sleep(chance.uniform(0.0, SPREAD) if number else 0.0)
        first = number % len(recordings)
        try:
            async with Headset(self.url, self.hello, self.network, chance.getrandbits(32)) as headset:
                for place, said in enumerate([*recordings[first:], *recordings[:first]]):
                    if place:
                        await asyncio.sleep(chance.uniform(*PAUSE))
                    tell(number, await measure_exchange(headset, said.name, said.samples, said.sample_rate))
                    headset.forget()
                await headset.leave()
        except TransportError as error:
            return str(error)
        return ""
