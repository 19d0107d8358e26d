"""The step intent: from the user's words to what the user wants."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import lru_cache

from pydantic import BaseModel

from models.context import Context
from models.language.finding import language_of
from models.language.mood import Mood
from models.protocols import IntentRecogniser, LearnsMore, SkillCard
from pipeline.errors import GraphError, traced
from pipeline.host.host import Host
from pipeline.packets import Intent, Transcript
from pipeline.stages.orders import Guard
from pipeline.stages.stage import KnowsOthers, OffersSkills, Turn

log = logging.getLogger(__name__)

MET = 16
"""Sets of clients' skills whose guards are kept, at most."""


class Options(BaseModel, extra="forbid"):
    """The options of the step intent."""

    skills: str = "task"
    """The name of the stage that acts on intents. Its skills are what is recognised."""


class IntentStage:
    """Chooses the skill that an utterance asks for; for an utterance in which nothing was heard it gives nothing.

    A skill that does something is chosen for words that order it, and not for words that forbid it, ask about it,
    report it or want it remembered (`pipeline.stages.orders`)."""

    def __init__(self, host: Host[IntentRecogniser], options: Options) -> None:
        self.host, self.options = host, options
        self._cards: tuple[SkillCard, ...] = ()
        self._meetings: dict[tuple[SkillCard, ...], asyncio.Future[None]] = {}
        self._guard_for = lru_cache(MET)(self._make_guard)

    async def prepare(self, peers: Mapping[str, object]) -> None:
        """Teach every engine the skills of the stage that acts on intents. Raises GraphError without such a stage."""
        name = self.options.skills
        if name not in peers:
            raise GraphError(
                f"stages.{self.host.name}.skills: no stage is called '{name}' (there are: {', '.join(sorted(peers))}); "
                "name the stage whose skills are to be recognised"
            )
        stage = peers[name]
        if not isinstance(stage, OffersSkills):
            raise GraphError(
                f"stages.{self.host.name}.skills: '{name}' has no skills; name a stage that acts on intents"
            )
        cards = tuple(stage.skills())
        self._cards = cards
        self._guard_for.cache_clear()
        self._meetings.clear()
        await self.host.each(lambda engine: engine.learn(cards))
        if isinstance(stage, KnowsOthers) and (others := stage.others()):
            await self.meet(others)

    async def meet(self, skills: tuple[SkillCard, ...]) -> None:
        """Let the engine that is asked first learn the skills of a session's client, beside its work for others. A turn
        that comes meanwhile waits, if it belongs to such a session.

        Raises whatever the engine raises."""
        if skills not in self._meetings:
            while len(self._meetings) >= MET:
                del self._meetings[next(iter(self._meetings))]
            self._meetings[skills] = asyncio.ensure_future(asyncio.to_thread(self._learn, skills))
        try:
            await asyncio.shield(self._meetings[skills])
        except Exception:
            self._meetings.pop(skills, None)
            raise

    def _learn(self, skills: tuple[SkillCard, ...]) -> None:
        self._guard_for(skills)
        if isinstance(engine := self.host.engine, LearnsMore):
            engine.meet(skills)

    def _make_guard(self, further: tuple[SkillCard, ...]) -> Guard:
        return Guard((*self._cards, *further))

    async def nearest(self, text: str, context: Context) -> tuple[str, ...]:
        """Return the names of the skills that are nearest to words which ask for none of them. Raises EngineFailed."""
        return await self.host.call(lambda engine: engine.nearest(text, context), context.language)

    async def run(self, inputs: AsyncIterator[Transcript], turn: Turn) -> AsyncIterator[Intent]:
        async for transcript in inputs:
            if text := transcript.text.strip():
                language = turn.context.answered_in(transcript.language)
                for intent in await self._understand(text, transcript.language, turn.context.speaking(language)):
                    yield intent if intent.language == language else replace(intent, language=language)

    async def _understand(self, text: str, language: str, context: Context) -> list[Intent]:
        """Return the commands that the engine finds in the words, without deeds that the words do not order."""
        return [
            allowed
            for intent in await self._ask(text, context)
            for allowed in await self._allowed(intent, intent.words or text, language, context)
        ]

    async def _allowed(self, intent: Intent, words: str, language: str, context: Context) -> list[Intent]:
        guard = self._guard_for(context.skills)
        if intent.act != "do" or not guard.concerns(intent):
            return [intent]
        told = language_of(words, language).mood(words)
        if told.mood is Mood.ORDER and told.part != words:  # the words that count may ask for something else
            return [guard.check(each, told) for each in await self._ask(told.part, context)]
        return [guard.check(intent, told)]

    async def _ask(self, text: str, context: Context) -> tuple[Intent, ...]:
        if context.skills:
            try:
                await self.meet(context.skills)
            except Exception as error:  # noqa: BLE001  an engine may raise anything, and may still know other skills
                log.warning("%s: the skills of a client were not learnt: %s", self.host.name, traced(error))
        return await self.host.call(lambda engine: engine.understand(text, context), context.language)
