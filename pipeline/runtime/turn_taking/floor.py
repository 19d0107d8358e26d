"""The floor: makes utterances of a microphone's sound, a key and typed lines."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from models.language.completeness import Reading
from models.protocols import WakeTrack
from pipeline.errors import EngineFailed, PipelineError, traced
from pipeline.graph.graph import Graph
from pipeline.graph.turns import Policy
from pipeline.packets import Audio, Gaze, Picture, Pointing, Scene, Sense, Text
from pipeline.runtime.turn_taking.endpointing import Endpointer, Mark
from pipeline.runtime.turn_taking.segmenting import Windows
from pipeline.runtime.turn_taking.utterance import Phase, Utterance

log = logging.getLogger(__name__)

WAITING = 16
"""Utterances that wait to be answered at most. Speaking makes one at a time; typing may be faster."""
NOTICED, PICTURES = 256, 4
"""Changes of each kind around the user, and pictures, that belong to one utterance at most."""
JUDGED = 8.0
"""Seconds of sound from which an end-of-turn engine judges."""
UNLIKELY, SURE = 0.8, 0.95
"""Probabilities of the end between which a pause must last ever less long. Nearly all of Smart Turn's are outside these
two, and many of those between them belong to pauses."""


class Floor:
    """Listens to one user.

    With the policy ``push-to-talk``, an utterance lasts from `press` to `release`. With ``hands-free``, it lasts from
    the first voice until an end-of-turn engine or a pause tells that the user has finished; a key works as well. Pauses
    are found with both policies, so that an answer can be prepared in case a pause is the end."""

    def __init__(self, graph: Graph, policy: Policy | None = None) -> None:
        self.graph, self.turns = graph, graph.turns
        self.policy = policy or self.turns.policy
        self.avatar_speaks = False
        """Whether the avatar speaks. The conversation keeps it up to date."""
        self.origin = 0.0
        """The event loop's time at which the session began. The conversation sets it."""
        self._windows = Windows(graph.detector)
        engine = graph.detector.engine
        self._endpointer = Endpointer(self.turns, engine.window / engine.sample_rate, foreground=True)
        self._lead: deque[Audio] = deque()
        self._noticed: dict[type, list[Sense]] = {}  # the latest of each kind, which tell what is around the user
        self._open: Utterance | None = None
        self._held = False
        self._found: deque[Utterance] = deque()
        self._closed = False
        self._change = asyncio.Event()
        self._judging: asyncio.Task[None] | None = None
        self._sounds_finished = 0.0
        self._reading: Reading | None = None
        self._awake_until = 0.0

    # --- what the user does ------------------------------------------------------------------------------------------

    def press(self) -> None:
        """Begin an utterance, because the user pressed the key."""
        if self._held or self._closed:
            return
        self._held = True
        if self._open is None:
            self._begin(certain=True)
        else:
            self._open.certain = True
            self._open.move(Phase.SPEAKING)

    def release(self) -> None:
        """End the utterance, because the user released the key."""
        if self._held:
            self._held = False
            self._end(Phase.FINISHED, self._now())

    def type(self, text: str) -> None:
        """Take a typed line instead of speech. Raises PipelineError where too many lines wait."""
        if len(self._found) >= WAITING:
            raise PipelineError(f"{WAITING} lines wait to be answered; wait for an answer, and type that again")
        utterance = Utterance(self._now(), certain=True)
        utterance.add(*self._surroundings(), Text(text, self._now() - self.origin))
        utterance.move(Phase.FINISHED)
        self._give(utterance)

    def notice(self, sense: Scene | Gaze | Pointing | Picture) -> None:
        """Note a change around the user. It belongs to what is said from now on; a picture belongs to one utterance
        only."""
        if not isinstance(sense, Picture):
            # A hand may sink just before a word is said, so what it pointed at belongs to the word as well.
            shown = [
                each for each in self._noticed.get(type(sense), ()) if isinstance(each, Gaze | Pointing) and each.target
            ]
            self._noticed[type(sense)] = [*shown[-1:], sense]
        if self._open:
            if self._open.count(type(sense)) < (PICTURES if isinstance(sense, Picture) else NOTICED):
                self._open.add(sense)
        elif isinstance(sense, Picture):
            self._noticed[Picture] = [sense]

    def things(self) -> tuple[str, ...]:
        """Return the names of the things around the user."""
        return tuple(thing.name for scene in self._noticed.get(Scene, ()) for thing in cast("Scene", scene).things)

    def take_turns(self, policy: Policy) -> None:
        """Take turns in another way from now on."""
        if policy != self.policy and not self._held:
            self._end(Phase.FINISHED)  # nothing else would end it
        self.policy = policy

    def close(self) -> None:
        """Listen no more. What was said is still answered."""
        if not self._closed:
            self._held = False
            self._end(Phase.FINISHED, self._now())
            self._closed = True
            self._change.set()

    def read(self, utterance: Utterance, reading: Reading) -> None:
        """Note how the words up to the user's pause read. Until that is known, the pause does not count as the end."""
        if utterance is self._open and utterance.phase is Phase.PAUSED:
            self._reading = reading
            self._reconsider()

    # --- what the session asks for -----------------------------------------------------------------------------------

    async def utterances(self) -> AsyncIterator[Utterance]:
        """Give every utterance from its first moment on, until the floor is closed."""
        while True:
            while self._found:
                yield self._found.popleft()
            if self._closed:
                return
            self._change.clear()
            await self._change.wait()

    async def listen(self, audio: AsyncIterator[Audio]) -> None:
        """Follow the microphone until it ends. Its sample rate is the graph's."""
        wake = await self.graph.wake.call(lambda engine: engine.open()) if self.graph.wake else None
        try:
            async with aclosing(cast("Any", audio)) as pieces:
                async for piece in pieces:
                    if await self._asleep(wake, piece):
                        self._lead.clear()
                        continue
                    self._hear(piece)
                    for window, probability in await self._windows.take(piece.samples):
                        self._follow(self._endpointer.feed(window, probability))
                        self._note_voice()
                    self._let_go()
            self._follow(self._endpointer.stop())
        finally:
            if self._judging:
                self._judging.cancel()

    # --- inside ------------------------------------------------------------------------------------------------------

    @property
    def _judged(self) -> bool:
        """Whether an engine judges the end of a turn."""
        return self.graph.endpoint is not None and self.policy == "hands-free"

    @property
    def _deaf(self) -> bool:
        """Whether sound is ignored: with half-duplex, the microphone would hear the avatar."""
        return self.avatar_speaks and self.turns.interrupt == "never" and not self._held

    async def _asleep(self, wake: WakeTrack | None, piece: Audio) -> bool:
        """Whether the wake word has not been said; detects it when it is said."""
        if wake is None or self.graph.wake is None:
            return self._deaf
        now = self._now()
        if self._open or self.avatar_speaks:
            self._awake_until = now + self.turns.awake
        called = await self.graph.wake.call(lambda _: wake.heard(piece.samples))
        if called:
            self._awake_until = now + self.turns.awake
        return self._deaf or called or now > self._awake_until

    def _hear(self, piece: Audio) -> None:
        if self._open:
            self._open.add(piece)
            return
        self._lead.append(piece)
        while sum(kept.samples.size for kept in self._lead) > self.turns.lead * piece.sample_rate + piece.samples.size:
            self._lead.popleft()

    def _note_voice(self) -> None:
        endpointer = self._endpointer
        if self._open and endpointer.length:
            self._open.voice = endpointer.lasting * endpointer.window
            if not endpointer.quiet:
                self._open.voiced_at = self._now()
            self._open.touch()

    def _let_go(self) -> None:
        """Release a key that was held without a word for as long as an utterance may last: it is stuck."""
        if self._held and self._open and self._now() - self._open.voiced_at > self.turns.longest:
            self.release()

    def _follow(self, mark: Mark | None) -> None:
        hands_free = self.policy == "hands-free" and not self._held
        match mark:
            case Mark.BEGAN | Mark.WENT_ON:
                if self._open:
                    self._open.move(Phase.SPEAKING)
                elif hands_free:
                    self._begin(certain=False)
                self._sounds_finished, self._reading = 0.0, None
                self._reconsider()
            case Mark.PAUSED if self._open and self._endpointer.worthy:
                self._open.move(Phase.PAUSED)
                if self._judged and hands_free:
                    self._judge(self._open)
            case Mark.ENDED if self._endpointer.carried:
                self._carry(self._endpointer.carried * self._endpointer.window)
            case Mark.ENDED if hands_free:
                self._end(Phase.FINISHED)
            case Mark.DISMISSED if hands_free and self._open:
                carried = self._open.cut(self.turns.lead)  # this may be the beginning of a word
                self._lead.extend(piece for piece in carried if isinstance(piece, Audio))
                self._end(Phase.DISMISSED)
            case _:
                pass

    def _begin(self, *, certain: bool) -> None:
        self._open = Utterance(self._now(), certain=certain)
        self._open.add(*self._surroundings(), *self._lead)
        self._lead.clear()
        self._give(self._open)

    def _surroundings(self) -> list[Sense]:
        """Return what is around the user when an utterance begins."""
        found = [sense for senses in self._noticed.values() for sense in senses]
        self._noticed.pop(Picture, None)
        return found

    def _end(self, phase: Phase, voiced_at: float | None = None) -> None:
        if self._open:
            if voiced_at is not None:
                self._open.voiced_at = voiced_at
            self._open.move(phase)
            self._open = None

    def _carry(self, seconds: float) -> None:
        """Begin the next utterance with the last `seconds` of this one, which grew too long."""
        if self._open is None:
            return
        carried, certain = self._open.cut(seconds), self._open.certain
        self._end(Phase.FINISHED)
        self._begin(certain=certain)
        self._open.add(*carried)

    def _give(self, utterance: Utterance) -> None:
        self._found.append(utterance)
        self._change.set()

    def _judge(self, utterance: Utterance) -> None:
        if self._judging:
            self._judging.cancel()
        self._judging = asyncio.create_task(self._ask(utterance))

    async def _ask(self, utterance: Utterance) -> None:
        """Let the end-of-turn engine judge whether this pause is the end.

        It is asked once and early, because later the silence itself sounds like the end."""
        assert self.graph.endpoint is not None  # noqa: S101  for mypy
        sound = utterance.samples(JUDGED)
        try:
            finished = await self.graph.endpoint.call(lambda engine: engine.ended(sound))
        except EngineFailed as error:
            log.warning("the end-of-turn engine failed, so patience decides: %s", traced(error))
            return
        if utterance is self._open and utterance.phase is Phase.PAUSED:
            self._sounds_finished = finished
            self._reconsider()

    def _reconsider(self) -> None:
        """Set how long a pause must last to be the end."""
        if not self._judged:
            return
        turns, pause = self.turns, self.turns.patience
        if self._reading is Reading.BROKEN_OFF:
            pause = turns.hesitation
        elif self._reading is Reading.WHOLE:
            sure = (self._sounds_finished - UNLIKELY) / (SURE - UNLIKELY)
            pause += min(1.0, max(0.0, sure)) * (turns.eager - turns.patience)
        self._endpointer.pause = pause

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
