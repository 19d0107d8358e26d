"""The step lipsync: from the sound of an answer to mouth shapes in its time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from pydantic import BaseModel

from models.face import Viseme
from models.protocols import MouthShaper, Voiced
from pipeline.host.host import Host
from pipeline.packets import Speech
from pipeline.stages.stage import Turn


class Options(BaseModel, extra="forbid"):
    """The step has no options."""


class Lipsync:
    """Gives the mouth's shapes for each piece of speech."""

    def __init__(self, host: Host[MouthShaper], options: Options) -> None:
        self.host, self.options = host, options

    async def run(self, inputs: AsyncIterator[Speech], turn: Turn) -> AsyncIterator[Viseme]:
        async for speech in inputs:
            for shape in await self.host.call(_shape(speech.voiced)):
                yield replace(shape, start=speech.start + shape.start)


def _shape(voiced: Voiced) -> Callable[[MouthShaper], Sequence[Viseme]]:
    return lambda engine: engine.shape(voiced)
