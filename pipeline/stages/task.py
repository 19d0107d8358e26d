"""task: from an intent to what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from pydantic import BaseModel

from models.protocols import Request, SkillCard, TaskHandler
from pipeline.packets import Intent, Outcome, Transcript
from pipeline.stages.lift import Host
from pipeline.stages.stage import Turn


class Options(BaseModel, extra="forbid"):
    """Tasks need no policy of their own."""


class Task:
    """Acts on every intent, with the user's words beside it where the graph gives them.

    A skill that has effects is not called before the user is known to have finished."""

    def __init__(self, host: Host[TaskHandler], options: Options) -> None:
        self.host, self.options = host, options

    async def run(self, inputs: AsyncIterator[Intent | Transcript], turn: Turn) -> AsyncIterator[Outcome]:
        text = ""
        async for packet in inputs:
            if isinstance(packet, Transcript):
                text = packet.text
            else:
                if self._has_effects(packet):
                    await turn.confirmed()
                yield await self._handle(Request(packet, text, turn.user))

    def skills(self) -> tuple[SkillCard, ...]:
        """What it can do."""
        return self.host.engine.skills()

    def _has_effects(self, intent: Intent) -> bool:
        """Whether acting on it changes anything; words that no skill answers to are only talked about."""
        return any(card.effects for card in self.skills() if card.name == intent.name)

    async def _handle(self, request: Request) -> Outcome:
        return await self.host.call(lambda engine: engine.handle(request))
