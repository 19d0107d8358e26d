"""The step task: from an intent to its outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel

from models.context import Context
from models.language.finding import known_language
from models.manager.elsewhere import arguments, gone, late, stated
from models.manager.filling import Unfilled
from models.manager.manager import Call, Manager
from models.protocols import (
    AsksOthers,
    KeepsReminders,
    KnowsPrices,
    Outcome,
    Reminder,
    Request,
    SkillCard,
    TaskHandler,
)
from pipeline.host.host import Host
from pipeline.packets import Gaze, Intent, Pointing, Scene, Transcript
from pipeline.stages.reference import Surroundings
from pipeline.stages.stage import Turn


class Options(BaseModel, extra="forbid"):
    """The step has no options."""


class Task:
    """Carries out commands as the dialogue manager decides (`models.manager.manager`), one outcome for each step.

    The user's words, and what is around the user, are read too where the graph gives them.

    A word such as "this" in the intent becomes what the user showed when the word was said. A skill with effects is not
    called before the user is known to have finished. A skill of the session's client is called at the client."""

    def __init__(self, host: Host[TaskHandler], options: Options) -> None:
        self.host, self.options = host, options

    async def run(
        self, inputs: AsyncIterator[Intent | Transcript | Scene | Gaze | Pointing], turn: Turn
    ) -> AsyncIterator[Outcome]:
        around, said = Surroundings(), None
        manager: Manager | None = None
        async for packet in inputs:
            match packet:
                case Transcript():
                    said = packet
                case Intent():
                    intent = around.resolve(packet, said) if said else packet
                    context = turn.context.speaking(intent.language)
                    manager = manager or self._manager(context, turn.id)
                    text = intent.words or (said.text if said else "")
                    for step in manager.steps(intent):
                        if isinstance(step, Call):
                            request = Request(_intent(step, intent), text, around.things, step.confirmed)
                            context = replace(context, dialogue=manager.dialogue)
                            outcome = manager.took(step, await self._handle(request, context, turn))
                        else:
                            outcome = step
                        yield replace(outcome, words=intent.words)
                case _:
                    around.notice(packet)

    def _manager(self, context: Context, turn: str) -> Manager:
        engine = self.host.engine
        prices = engine if isinstance(engine, KnowsPrices) else None

        def price_of(name: str) -> float | None:
            return prices.price_of(name, context) if prices else None

        cards = {card.name: card for card in (*self.skills(), *context.skills)}
        return Manager(context.dialogue, cards, known_language(context.language), turn, price_of)

    def skills(self) -> tuple[SkillCard, ...]:
        """Return the skills of its engines."""
        return self.host.engine.skills()

    async def pending(self, context: Context) -> tuple[Reminder, ...]:
        """Return what its engine has kept to be said to the user of the context."""
        if not isinstance(self.host.engine, KeepsReminders):
            return ()
        return await self.host.call(
            lambda engine: engine.pending(context) if isinstance(engine, KeepsReminders) else (), context.language
        )

    def others(self) -> tuple[SkillCard, ...]:
        """Return the skills that others carry out for its engines."""
        engine = self.host.engine
        return engine.others() if isinstance(engine, AsksOthers) else ()

    def _has_effects(self, intent: Intent) -> bool:
        """Whether acting on an intent changes anything; words that no skill answers to are only talked about."""
        return any(card.effects for card in self.skills() if card.name == intent.name)

    async def _handle(self, request: Request, context: Context, turn: Turn) -> Outcome:
        asked = self.host.engine
        if isinstance(asked, AsksOthers) and asked.asks_others(request.intent.name):
            await turn.confirmed()
            # on a thread of its own, so that one who does not answer holds up no other session
            return await asyncio.to_thread(asked.ask, request, context)
        brought = next((card for card in context.skills if card.name == request.intent.name), None)
        if brought is not None:
            return await _call(brought, request, context, turn)
        if self._has_effects(request.intent):
            await turn.confirmed()
        return await self.host.call(lambda engine: engine.handle(request, context), context.language)


async def _call(card: SkillCard, request: Request, context: Context, turn: Turn) -> Outcome:
    """Let the session's client carry out a skill that it brought, and state what it answers."""
    language = known_language(context.language)
    try:
        slots = arguments(card, request, language)
    except Unfilled as unfilled:
        return unfilled.outcome
    await turn.confirmed()  # the call leaves the machine, so it is never made for words that go on
    try:
        if turn.call is None:
            return gone(card.name, language)
        answer = await turn.call(card.name, slots)
    except TimeoutError:
        return late(card.name, language)
    except ConnectionError:
        return gone(card.name, language)
    status: Literal["done", "refused"] = "done" if answer.status == "done" else "refused"
    return stated(card.name, status, answer.say, answer.facts, language)


def _intent(call: Call, command: Intent) -> Intent:
    """Return the call of a skill as an intent, with the confidence of the command from which it follows."""
    return replace(command, name=call.skill, slots=call.slots, act="do")
