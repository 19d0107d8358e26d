"""The step task: from an intent to its outcome."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from pydantic import BaseModel

from models.context import Context
from models.protocols import Request, SkillCard, TaskHandler
from pipeline.host.host import Host
from pipeline.packets import Gaze, Intent, Outcome, Pointing, Scene, Transcript
from pipeline.stages.reference import Surroundings
from pipeline.stages.stage import Turn


class Options(BaseModel, extra="forbid"):
    """The step has no options."""


class Task:
    """Acts on every intent. The user's words, and what is around the user, are read too where the graph gives them.

    A word such as "this" in the intent becomes what the user showed when the word was said. A skill with effects is not
    called before the user is known to have finished."""

    def __init__(self, host: Host[TaskHandler], options: Options) -> None:
        self.host, self.options = host, options

    async def run(
        self, inputs: AsyncIterator[Intent | Transcript | Scene | Gaze | Pointing], turn: Turn
    ) -> AsyncIterator[Outcome]:
        around, said = Surroundings(), None
        async for packet in inputs:
            match packet:
                case Transcript():
                    said = packet
                case Intent():
                    intent = around.resolve(packet, said) if said else packet
                    if self._has_effects(intent):
                        await turn.confirmed()
                    request = Request(intent, said.text if said else "", around.things)
                    outcome = await self._handle(request, turn.context.speaking(intent.language))
                    yield replace(outcome, slots=intent.slots, words=intent.words)
                case _:
                    around.notice(packet)

    def skills(self) -> tuple[SkillCard, ...]:
        """Return the skills of its engines."""
        return self.host.engine.skills()

    def _has_effects(self, intent: Intent) -> bool:
        """Whether acting on an intent changes anything; words that no skill answers to are only talked about."""
        return any(card.effects for card in self.skills() if card.name == intent.name)

    async def _handle(self, request: Request, context: Context) -> Outcome:
        return await self.host.call(lambda engine: engine.handle(request, context), context.language)
