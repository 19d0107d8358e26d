"""The step expression: from what the avatar says, and the outcome of the task, to looks and gestures in the answer's
time."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping

from pydantic import BaseModel

from models.face import Look
from models.language.marks import asks
from models.protocols import ExpressionReader
from models.roles.role import Persona
from pipeline.errors import EngineFailed, traced
from pipeline.host.host import Host
from pipeline.packets import Expression, Gesture, Outcome, Speech
from pipeline.stages.stage import HasRole, Notice, Turn

log = logging.getLogger(__name__)

OUTCOMES = {
    "done": Look("happy", 0.5, "nod"),
    "refused": Look("sad", 0.6, "shake"),
    "unclear": Look("", 0.0, "think"),
}
"""The looks of outcomes; they show where the words show nothing."""
SHOWN = {"navigate": "point"}
"""The gestures of actions."""
REST = 0.35
"""The weight of the persona's resting look in plain words."""
LINGERS = 0.6
"""Seconds that a look stays after its words, and in which it fades into the next one."""
QUESTION, ASKING = Look("surprised", 0.3), 0.8
"""Raised brows at the end of a question, and the seconds for which they rise before it."""
APART = 2.0
"""Seconds between two gestures of a persona whose liveliness is 1."""


class Options(BaseModel, extra="forbid"):
    """The step has no options: the persona is that of the stage that answers."""


class Expressions:
    """Gives every clause its look, and some clauses a gesture, when their sound is there: the voice never waits for
    it."""

    def __init__(self, host: Host[ExpressionReader], options: Options) -> None:
        self.host, self.options = host, options
        self.persona = Persona(prompt="")

    async def prepare(self, peers: Mapping[str, object]) -> None:
        """Learn who the avatar is."""
        others = (peer for peer in peers.values() if peer is not self and isinstance(peer, HasRole))
        self.persona = next((other.role.persona() for other in others), self.persona)

    async def run(self, inputs: AsyncIterator[Outcome | Speech], turn: Turn) -> AsyncIterator[Expression | Gesture]:
        came, look, clear_from = Look(), Look(), 0.0
        async for packet in inputs:
            if isinstance(packet, Outcome):
                came = _came(packet)
                continue
            if packet.text.strip():
                look = _joined(await self._read(packet, turn), came)
                came = Look(came.expression, came.weight)  # its gesture was given
                start = packet.start + _lead(packet)
                if look.gesture and self.persona.lively and start >= clear_from:
                    yield Gesture(look.gesture, start)
                    clear_from = start + APART / self.persona.lively
            for expression in self._expressions(packet, look):
                yield expression

    async def _read(self, speech: Speech, turn: Turn) -> Look:
        """Return the look of the words; an empty one where no engine can tell, because a face must not silence the
        voice."""
        try:
            context = turn.context.speaking(speech.language)
            return await self.host.call(lambda engine: engine.read(speech.text, context), context.language)
        except EngineFailed as error:
            log.warning("%s: the face shows nothing of the words: %s", self.host.name, traced(error))
            turn.notice(Notice.of(self.host.name, error, "the face shows nothing of the words"))
            return Look()

    def _expressions(self, speech: Speech, look: Look) -> Iterator[Expression]:
        """Give the expressions that show while a piece of speech is heard. The later pieces of a clause have the look
        of its first."""
        length = _length(speech)
        name, weight = (look.expression, look.weight) if look.expression else (self.persona.rest, REST)
        if weight := round(min(weight * self.persona.lively, 1.0), 3):
            yield Expression(name, speech.start, length + LINGERS, weight)
        if asks(speech.text) and (weight := min(QUESTION.weight * self.persona.lively, 1.0)):
            rising = min(ASKING, length)
            yield Expression(QUESTION.expression, speech.start + length - rising, rising + LINGERS, weight)


def _came(outcome: Outcome) -> Look:
    """Return the look of an outcome."""
    look = OUTCOMES.get(outcome.status, Look())
    gestures = (SHOWN[action.kind] for action in outcome.actions if action.kind in SHOWN)
    return Look(look.expression, look.weight, next(gestures, look.gesture))


def _joined(said: Look, came: Look) -> Look:
    """Return the look of the words, filled up with the look of the outcome."""
    shown = said if said.expression else came
    return Look(shown.expression, shown.weight, said.gesture or came.gesture)


def _length(speech: Speech) -> float:
    return speech.voiced.samples.size / speech.voiced.sample_rate


def _lead(speech: Speech) -> float:
    """Return the seconds of breath before the words."""
    first = next(iter(speech.voiced.phonemes), None)
    return first.duration if first and not any(char.isalpha() for char in first.symbol) else 0.0
