"""intent: from the user's words to what they want."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from pydantic import BaseModel

from models.protocols import IntentRecogniser
from pipeline.errors import GraphError
from pipeline.host.host import Host
from pipeline.packets import Intent, Transcript
from pipeline.stages.stage import Turn


class Options(BaseModel, extra="forbid"):
    """Whose skills are recognised."""

    skills: str = "task"
    """The stage that acts on intents: what it can do is what is recognised."""


class IntentStage:
    """Chooses the skill that an utterance asks for; for an utterance in which nothing was heard it gives nothing."""

    def __init__(self, host: Host[IntentRecogniser], options: Options) -> None:
        self.host, self.options = host, options

    async def prepare(self, peers: Mapping[str, Any]) -> None:
        """Teach every engine the skills of the stage that acts on intents. Raises GraphError without such a stage."""
        name = self.options.skills
        if name not in peers:
            raise GraphError(
                f"stages.{self.host.name}.skills: no stage is called '{name}' (there are: {', '.join(sorted(peers))}); "
                "name the stage whose skills are to be recognised"
            )
        host = getattr(peers[name], "host", None)
        if not isinstance(host, Host) or not hasattr(host.engine, "skills"):
            raise GraphError(
                f"stages.{self.host.name}.skills: '{name}' has no skills; name a stage whose engine is a task handler"
            )
        cards = tuple(host.engine.skills())
        await self.host.each(lambda engine: engine.learn(cards))

    async def run(self, inputs: AsyncIterator[Transcript], turn: Turn) -> AsyncIterator[Intent]:
        async for transcript in inputs:
            text = transcript.text.strip()
            if text:
                yield await self.host.call(lambda engine, text=text: engine.understand(text))  # type: ignore[misc]
