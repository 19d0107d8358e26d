"""A live conversation: speculative answers, barge-in, fillers and idle phrases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

from models.language.completeness import Reading, read
from models.language.finding import language_of
from models.protocols import Hypothesis
from pipeline.packets import Audio, Intent, Partial, Reply, Sense, Transcript
from pipeline.runtime.record import Fate, Observer, Record, State
from pipeline.runtime.reminders import Reminders
from pipeline.runtime.session import Answer, Session, nobody
from pipeline.runtime.sink import Sink
from pipeline.runtime.turn import first
from pipeline.runtime.turn_taking.evidence import goes_on, is_quiet, is_real, is_unsure
from pipeline.runtime.turn_taking.floor import Floor
from pipeline.runtime.turn_taking.utterance import Phase, Utterance
from pipeline.stages.stage import HasRole


class Conversation(Observer):
    """Adds a microphone and a sink to a session, and decides who speaks.

    An answer is prepared from the user's first pause on, in case the pause is the end. Nothing of it is heard, done or
    remembered before the end is known. A voice that is heard while the avatar speaks makes the avatar fall silent. The
    answer ends there if the voice said something, and goes on if it did not."""

    def __init__(self, session: Session, floor: Floor, sink: Sink) -> None:
        self.session, self.floor, self.sink = session, floor, sink
        self.turns = session.graph.turns
        self._speaking: Answer | None = None  # the latest answer that was confirmed
        self._answered = Utterance(0.0, certain=True)  # the utterance that it answers
        self._asides: list[Answer] = []  # what the avatar says of its own accord
        self._attended: Utterance | None = None
        self._hearing: Answer | None = None  # the answer to it that is being prepared
        self._prompts = 0
        self._silence: asyncio.TimerHandle | None = None
        nodes = session.graph.nodes
        self._telling = Intent if any(Intent in node.emits for node in nodes) else Transcript
        """The type of packet that tells best whether the user's words are complete."""
        stages = (node.stage for node in nodes if Reply in node.emits)
        persona = next((stage.role.persona(session.language) for stage in stages if isinstance(stage, HasRole)), None)
        self._fillers = cycle(_phrases(self.turns.filler, persona.filler if persona else ()))
        self._idles = cycle(_phrases(self.turns.idle, persona.idle if persona else ()))

    async def run(self, audio: AsyncIterator[Audio]) -> None:
        """Converse until `audio` ends or the floor is closed, and finish the last answer.

        Raises what `audio` raises, and EngineFailed where no engine can tell any more whether the user speaks."""
        reminders = Reminders(self.say, lambda: self.session.state is State.IDLE)
        self.session.observers += [self, reminders]
        self.floor.origin = asyncio.get_running_loop().time() - self.session.now()
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                listening = group.create_task(self._listen(audio))
                stages = [node.stage for node in self.session.graph.nodes]
                group.create_task(reminders.expect(stages, self.session.context))
                async for utterance in self.floor.utterances():
                    await self._attend(utterance)
                if self._speaking and self._speaking.task:
                    await asyncio.wait([self._speaking.task])
                listening.cancel()
        except BaseExceptionGroup as failures:
            failure = first(failures)
            raise failure from failure.__cause__
        finally:
            self.session.observers.remove(reminders)
            self.session.observers.remove(self)
            reminders.close()
            self._cancel_idle()

    def interrupt(self) -> None:
        """Stop the answer that sounds, as if the user had said something."""
        if self._speaking and not self._speaking.over:
            self._group.create_task(self._stop(self._speaking, Fate.INTERRUPTED))

    def say(self, text: str) -> None:
        """Let the avatar say something of its own accord, once it has finished what it says now."""
        answer = self._prompt(text)
        if self._speaking is None or self._speaking.over:
            self._speaking = answer

    # --- what the session tells --------------------------------------------------------------------------------------

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        """Let words decide whether an utterance is one, and whether it is over."""
        if self._attended and self._hearing and turn == self._hearing.record.turn:
            if isinstance(packet, Partial | Transcript):
                self._attended.touch()
            if isinstance(packet, self._telling):
                self.floor.read(self._attended, self._read(self._hearing.record))

    def ended(self, record: Record, at: float) -> None:
        if self._attended:
            self._attended.touch()

    def state(self, state: State, at: float) -> None:
        self.floor.avatar_speaks = state is State.SPEAKING
        self._cancel_idle()
        idle = self.turns.idle
        if state is State.IDLE and idle and self._prompts < idle.times:
            self._silence = asyncio.get_running_loop().call_later(idle.after, self._break_silence)

    # --- hearing -----------------------------------------------------------------------------------------------------

    async def _listen(self, audio: AsyncIterator[Audio]) -> None:
        await self.floor.listen(self._overheard(audio))
        self.floor.close()

    async def _overheard(self, audio: AsyncIterator[Audio]) -> AsyncIterator[Audio]:
        async for piece in audio:
            for observer in self.session.observers:
                observer.sound(piece)
            yield piece

    async def _attend(self, utterance: Utterance) -> None:
        """Follow an utterance to its end, and have it answered if it was meant for the avatar."""
        self._attended, self._prompts = utterance, 0
        doubted = self._rival
        """The answer to which this utterance may only be a backchannel."""
        fate, heard_again = Fate.INTERRUPTED, False
        if doubted and goes_on(utterance, self._answered, doubted):
            utterance.follow(self._answered)
            fate = Fate.SUPERSEDED
        hearing = self._hear(utterance)
        while True:
            if doubted and self._interrupts(utterance, hearing.record, doubted):
                await self._stop(doubted, fate)
                doubted = None
            elif doubted and self._yields(utterance):
                self._hold()
            elif doubted and hearing.record.transcript and is_quiet(utterance, asyncio.get_running_loop().time()):
                self._go_on(doubted)
            if not doubted or not self.session.may_speak.is_set():
                self.session.be(State.LISTENING)
            unsure = utterance.phase is Phase.FINISHED and doubted and is_unsure(hearing.record) and not heard_again
            if utterance.stale or unsure:  # with the silence after it, a word is often recognised better
                heard_again = bool(unsure)
                await self._stop(hearing, Fate.SUPERSEDED)
                hearing = self._hear(utterance, self._draft(hearing.record))
            elif utterance.phase is Phase.DISMISSED or (
                utterance.over and (not doubted or hearing.record.transcript or hearing.over)
            ):
                break
            else:
                await utterance.changed()
        self._attended = None
        if doubted or utterance.phase is Phase.DISMISSED:
            await self._stop(hearing, Fate.DROPPED)
            self._go_on(doubted)
        else:
            self.session.may_speak.set()
            self._confirm(hearing, utterance)

    def _hold(self) -> None:
        """Fall silent while the user speaks."""
        self.session.may_speak.clear()
        self.sink.pause()

    def _go_on(self, doubted: Answer | None) -> None:
        """Go on with the answer: what was heard meant nothing, or nothing yet."""
        self.session.may_speak.set()
        if doubted is None or doubted.over:
            self.session.be(State.IDLE)
        else:
            self.sink.resume()
            self.session.be(State.SPEAKING if doubted.playing else State.THINKING)

    def _hear(self, utterance: Utterance, earlier: Hypothesis | None = None) -> Answer:
        """Begin to answer what there is of an utterance so far."""
        rival = replace(self._rival.record, heard=self.sink.heard(), fate=Fate.INTERRUPTED) if self._rival else None
        self._hearing = self.session.open(rival, earlier, around=self.floor.things())
        return self._begin(self._hearing, utterance.sound())

    def _draft(self, record: Record) -> Hypothesis | None:
        """Return what was recognised of an utterance so far."""
        if record.transcript:
            return Hypothesis(record.transcript.text, record.transcript.language)
        return Hypothesis(record.partial.text, self.session.graph.language) if record.partial else None

    def _begin(self, answer: Answer, sound: AsyncIterator[Sense]) -> Answer:
        answer.task = self._group.create_task(self._run(answer, sound))
        return answer

    async def _run(self, answer: Answer, sound: AsyncIterator[Sense]) -> None:
        try:
            await self.session.run(answer, sound, self.sink)
        finally:  # also where `interrupt` stopped it
            if answer is self._speaking and self._attended is None:
                self.session.be(State.IDLE)

    def _yields(self, utterance: Utterance) -> bool:
        """Whether the avatar falls silent to hear whether the utterance means something."""
        return self.turns.interrupt == "voice" and utterance.voice >= self.turns.onset

    def _interrupts(self, utterance: Utterance, record: Record, doubted: Answer) -> bool:
        """Whether the user takes the floor from an answer."""
        said = self.sink.heard() if doubted.playing else ""
        return is_real(utterance, record, said, self.session.graph.language)

    def _read(self, record: Record) -> Reading:
        """Judge whether the words up to a pause are complete. An "okay" to what the avatar says may lead to more."""
        said = record.transcript
        if said is None:
            return Reading.BROKEN_OFF
        language = language_of(said.text, said.language)
        if self._rival and language.listener.is_backchannel(said.text, said.confidence):
            return Reading.DOUBTFUL
        return read(said.text, language, record.intent, self.session.cards)

    @property
    def _rival(self) -> Answer | None:
        """The confirmed answer that is not over yet."""
        return self._speaking if self._speaking and not self._speaking.over else None

    def _confirm(self, answer: Answer, utterance: Utterance) -> None:
        answer.record.finished = self.session.since(utterance.voiced_at)
        answer.confirm(self.session.now())
        self._speaking, self._answered = answer, utterance
        if answer.over:
            self.session.be(State.IDLE)
            return
        self.session.be(State.THINKING)
        if self.turns.filler:
            self._group.create_task(self._fill(answer, self.turns.filler.after))

    async def _stop(self, answer: Answer, fate: Fate) -> None:
        """End an answer, and wait until nothing of it is left."""
        if answer.task is None or answer.task.done():
            return
        answer.record.fate = fate
        tasks = [answer.task]
        if fate is Fate.INTERRUPTED:
            self.sink.hush()
            tasks += [aside.task for aside in self._asides if aside.task]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    # --- speaking unasked --------------------------------------------------------------------------------------------

    def _prompt(self, text: str) -> Answer:
        answer = self.session.open(prompt=text)
        answer.confirm(self.session.now())
        self._asides = [aside for aside in self._asides if not aside.over] + [answer]
        return self._begin(answer, nobody())

    async def _fill(self, answer: Answer, after: float) -> None:
        """Say something short if the answer takes long."""
        try:
            async with asyncio.timeout(after):
                await answer.ready.wait()
        except TimeoutError:
            text = next(self._fillers, "")
            if text and answer is self._speaking and not answer.over:
                self._prompt(text)

    def _break_silence(self) -> None:
        if text := next(self._idles, ""):
            self._prompts += 1
            self.say(text)

    def _cancel_idle(self) -> None:
        if self._silence:
            self._silence.cancel()
            self._silence = None


def _phrases(part: Any, persona: Sequence[str]) -> Sequence[str]:
    return tuple(part.say or persona) if part else ()
