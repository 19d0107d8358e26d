"""A user's conversation with a graph: one turn after another, and the dialogue that they make.

`pipeline.runtime.turn_taking.conversation.Conversation` adds live turn-taking to it."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from models.cards import SkillCard
from models.context import ANYBODY, Context, User
from models.dialogue import Deed, Dialogue
from models.protocols import Hypothesis, Outcome, SlotValue
from pipeline.errors import PipelineError, StageFailed, traced
from pipeline.graph.graph import Graph
from pipeline.host.meter import METER
from pipeline.packets import Partial, Reply, Sense, Speech
from pipeline.runtime.dialogue import after, expected_names, skill_cards, skills_of_others
from pipeline.runtime.record import Fate, Observer, Record, State
from pipeline.runtime.sink import Sink
from pipeline.runtime.turn import run_turn, unasked
from pipeline.stages.stage import HasRole, MeetsSkills, Turn

log = logging.getLogger(__name__)

CallClient: TypeAlias = Callable[[str, str, Mapping[str, SlotValue]], Awaitable[Outcome]]
"""Calls a skill of the client for a turn, as `Turn.call` does: the turn's id, the skill and its slots."""

HELD = 16
"""Packets of an answer that wait for its first sound, at most."""


class Answer:
    """The answer to one utterance, from the user's sound to the sink."""

    def __init__(self, turn: Turn, began: float) -> None:
        self.record = Record(turn.id, began=began)
        self.turn = replace(turn, confirmed=self._wait, notice=self.record.notices.append)
        self.task: asyncio.Task[None] | None = None
        """The task that runs the turn, where it may have to be stopped."""
        self.ready = asyncio.Event()
        """Set when its first sound is there."""
        self.playing = False
        """Whether the sink plays it."""
        self._confirmed = asyncio.Event()

    @property
    def confirmed(self) -> bool:
        """Whether the user is known to have finished."""
        return self._confirmed.is_set()

    @property
    def over(self) -> bool:
        """Whether the turn is over."""
        return self.task is not None and self.task.done()

    @property
    def counts(self) -> bool:
        """Whether the turn belongs to the dialogue."""
        return self.confirmed and self.record.fate is not Fate.SUPERSEDED

    @property
    def language(self) -> str:
        """The language of the answer, by its ISO 639-1 code."""
        said = self.record.transcript
        return self.turn.context.answered_in(said.language) if said else self.turn.context.language

    def confirm(self, at: float) -> None:
        """Note that the user has finished: the answer may act, and be heard. `at` is session time."""
        self.record.confirmed = at
        self._confirmed.set()

    async def _wait(self) -> None:
        time = asyncio.get_running_loop().time
        asked = time()
        await self._confirmed.wait()
        if meter := METER.get():  # the stage that wants to act
            meter.waiting += time() - asked


class Session:
    """One user's conversation with a graph. Any number of sessions share a graph."""

    def __init__(
        self,
        graph: Graph,
        name: str,
        user: User = ANYBODY,
        observers: Sequence[Observer] = (),
        language: str = "",
    ) -> None:
        """`language` is the ISO 639-1 code of the language in which the user wants to be answered; empty takes the
        graph's. Raises PipelineError where the graph does not speak it."""
        if language and language not in graph.languages:
            raise PipelineError(f"graph {graph.name}: speaks {', '.join(graph.languages)}, and not {language[:20]!r}")
        self.graph, self.name, self.user = graph, name, user
        self.dialogue = Dialogue()
        """The dialogue so far: what was said, asked, named and done."""
        self.cards: Mapping[str, SkillCard] = skill_cards(graph)
        """The skills of the graph, and those that the client brought, by name."""
        self._call: CallClient | None = None
        stages = (node.stage for node in graph.nodes if Reply in node.emits)
        role = next((stage.role for stage in stages if isinstance(stage, HasRole)), None)
        wanted = language or graph.language
        self._context = Context(
            language=wanted,
            languages=graph.languages,
            user=user,
            role=role.key if role else "",
            voice=role.persona(wanted).voice if role else "",
            hints=expected_names(self.cards.values(), user),
            skills=skills_of_others(graph),
        )
        self.state = State.IDLE
        self.observers = list(observers)
        self._turns = itertools.count(1)
        self._origin: float | None = None
        self.may_speak = asyncio.Event()
        """Cleared while the user speaks, so that an answer that does not sound yet waits."""
        self.may_speak.set()
        self._mouth = asyncio.Lock()

    @property
    def context(self) -> Context:
        """Who speaks with whom, before anything was said."""
        return self._context

    @property
    def language(self) -> str:
        """The ISO 639-1 code of the language in which the user is answered who speaks no other."""
        return self._context.language

    def bring(self, skills: Sequence[SkillCard], call: CallClient) -> None:
        """Take the skills that the client brings from now on, in place of those it brought before.

        `call` lets the client carry one out. Names of the graph's own skills must not be among them. Call `meet`
        soon, so that no turn has to wait until the skills are learnt."""
        self.cards = {**skill_cards(self.graph), **{card.name: card for card in skills}}
        hints = expected_names(self.cards.values(), self.user)
        self._context = replace(self._context, skills=(*skills_of_others(self.graph), *skills), hints=hints)
        self._call = call

    async def meet(self) -> None:
        """Let the stages learn the skills that the client brought."""
        skills = self._context.skills
        for stage in (node.stage for node in self.graph.nodes):
            if skills and isinstance(stage, MeetsSkills):
                try:
                    await stage.meet(skills)
                except Exception as error:  # noqa: BLE001  an engine may raise anything; the stage tries again
                    log.warning("the skills of a client were not learnt: %s", traced(error))

    def instruct(self, instructions: str) -> None:
        """Let the avatar talk as the client instructs it, as far as its role allows that."""
        self._context = replace(self._context, instructions=instructions)

    def did_late(self, turn: str, skill: str, slots: Mapping[str, SlotValue], say: str) -> None:
        """Note a deed of an earlier turn whose answer came too late to be told. The user hears of it later."""
        self.dialogue = self.dialogue.did([Deed(turn, skill, dict(slots), told=False, say=say)])

    def now(self) -> float:
        """Return session time: seconds since it was asked for the first time."""
        return self.since(asyncio.get_running_loop().time())

    def since(self, time: float) -> float:
        """Return the session time of a moment in the event loop's time."""
        if self._origin is None:
            self._origin = time
        return time - self._origin

    def be(self, state: State) -> None:
        """Tell the observers what the avatar does from now on."""
        if state is not self.state:
            self.state = state
            at = self.now()
            for observer in self.observers:
                observer.state(state, at)

    async def answer(self, sound: AsyncIterator[Sense], sink: Sink) -> Record:
        """Run one turn whose sound ends where the user has finished. A stage's failure is noted in the record.
        Cancelling silences the sink at once.

        The dialogue keeps what was heard of the answer, even where it was interrupted."""
        answer = self.open()
        answer.confirm(self.now())
        await self.run(answer, sound, sink)
        return answer.record

    async def say(self, text: str, sink: Sink) -> Record:
        """Let the avatar say something of its own accord, to the end."""
        answer = self.open(prompt=text)
        answer.confirm(self.now())
        await self.run(answer, nobody(), sink)
        return answer.record

    def open(
        self,
        rival: Record | None = None,
        earlier: Hypothesis | None = None,
        prompt: str = "",
        around: Sequence[str] = (),
    ) -> Answer:
        """Open a new turn. `rival` is the record of a turn that the new one is about to interrupt, so that the dialogue
        does not hold it yet. `around` are names of the things around the user."""
        dialogue = self.dialogue if rival is None else after(self.dialogue, rival, self.cards, self._context.language)
        hints = tuple(dict.fromkeys((*around, *self._context.hints))) if around else self._context.hints
        context = replace(self._context, dialogue=dialogue, hints=hints)
        name = f"{self.name}/{next(self._turns)}"
        call = partial(self._call, name) if self._call else None
        turn = Turn(name, context, earlier=earlier, prompt=prompt, call=call)
        return Answer(turn, self.now())

    def amend(self, turn: str, *, said: str | None = None, interrupted: bool | None = None) -> None:
        """Correct what the user heard of the answer of an earlier turn, as a client reports it."""
        self.dialogue = self.dialogue.amend(turn, said=said, interrupted=interrupted)

    async def run(self, answer: Answer, sound: AsyncIterator[Sense], sink: Sink) -> None:
        """Run a turn to its end. What it gives before it is confirmed waits."""
        turn, record = answer.turn, answer.record
        graph = unasked(self.graph, turn.prompt, turn.context.language) if turn.prompt else self.graph

        def observe(node: str, packet: Any) -> None:
            record.observe(node, packet)
            at = self.now()
            for observer in self.observers:
                observer.crossed(turn.id, node, packet, at)

        async def play(packets: AsyncIterator[Any]) -> None:
            await self._play(answer, packets, sink)

        for observer in self.observers:
            observer.began(turn, record.began)
        try:
            await run_turn(graph, turn, sound, play, observe, record.report)
        except StageFailed as error:
            log.warning("turn failed: %s", traced(error), extra={"turn": turn.id, "stage": error.stage})
            record.error, record.fate = error, Fate.FAILED
        except asyncio.CancelledError:
            if record.fate is Fate.ANSWERED:
                record.fate = Fate.INTERRUPTED
            if answer.playing:
                sink.hush()
            raise
        finally:
            self._conclude(answer)

    async def _play(self, answer: Answer, packets: AsyncIterator[Any], sink: Sink) -> None:
        """Hold an answer until it is confirmed and nothing else sounds, then play it.

        Captions are not held: they are for the observers, and each one replaces the one before."""
        held: list[Any] = []
        async for packet in packets:
            if isinstance(packet, Partial) and not answer.confirmed:
                continue
            held.append(packet)
            if isinstance(packet, Speech) or len(held) == HELD:
                break
        answer.ready.set()
        await answer.turn.confirmed()
        async with self._mouth:
            await self.may_speak.wait()
            answer.playing = True
            at = self.now()
            for observer in self.observers:
                observer.plays(answer.turn.id, at)
            try:
                await sink.play(self._aloud(held, packets))
            finally:  # at once, because the sink belongs to the next answer from here on
                answer.record.heard = sink.heard()
                sounded = sink.sounded()
                answer.record.sounded = None if sounded is None else self.since(sounded)

    async def _aloud(self, held: Sequence[Any], packets: AsyncIterator[Any]) -> AsyncIterator[Any]:
        for packet in held:
            if isinstance(packet, Speech):
                self.be(State.SPEAKING)
            yield packet
        async for packet in packets:
            if isinstance(packet, Speech):
                self.be(State.SPEAKING)
            yield packet

    def _conclude(self, answer: Answer) -> None:
        """Add to the dialogue what was heard, and tell the observers."""
        record = answer.record
        if answer.counts:
            self.dialogue = after(self.dialogue, record, self.cards, answer.language)
        at = self.now()
        for observer in self.observers:
            observer.ended(record, at)


async def nobody() -> AsyncIterator[Sense]:
    """Give no sound, for a turn in which the avatar speaks of its own accord."""
    return
    yield
