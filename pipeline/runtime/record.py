"""The record of a turn, and the observers who are told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipeline.errors import StageFailed
from pipeline.packets import Audio, Expression, Gesture, Intent, Outcome, Partial, Pointing, Reply, Transcript, Viseme
from pipeline.runtime.turn import Report
from pipeline.stages.stage import Notice, Turn


class State(StrEnum):
    """What the avatar does at a moment."""

    IDLE = "idle"
    LISTENING = "listening"
    """The user speaks, and the avatar listens."""
    THINKING = "thinking"
    """The user has finished, and the answer does not sound yet."""
    SPEAKING = "speaking"


class Fate(StrEnum):
    """How a turn ended."""

    ANSWERED = "answered"
    INTERRUPTED = "interrupted"
    """The user interrupted the answer."""
    SUPERSEDED = "superseded"
    """The user went on after a pause, so the prepared answer was never heard."""
    DROPPED = "dropped"
    """The utterance was not meant for the avatar: a cough, a backchannel, the avatar's own echo. Nothing of the answer
    was heard."""
    FAILED = "failed"


@dataclass(slots=True)
class Record:
    """The results of one turn. They are filled in while it runs, so that a turn that fails keeps what it had."""

    turn: str
    transcript: Transcript | None = None
    intents: list[Intent] = field(default_factory=list)
    """The commands, in the order in which they were said."""
    outcomes: list[Outcome] = field(default_factory=list)
    """What came of them, in order."""
    reply: str = ""
    visemes: list[Viseme] = field(default_factory=list)
    face: list[Expression | Gesture] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    fate: Fate = Fate.ANSWERED
    error: StageFailed | None = None
    notices: list[Notice] = field(default_factory=list)
    """The failures that did not end the turn."""
    partial: Partial | None = None
    """The latest partial transcript."""
    shown: list[str] = field(default_factory=list)
    """Names of the things that the user pointed at."""
    heard: str = ""
    """The part of the reply that was heard."""
    began: float = 0.0
    """Seconds of session time at which the turn began. The next three fields are session time, too."""
    finished: float | None = None
    """The end of the user's sound: the release of the key, or the last voice."""
    confirmed: float | None = None
    """The time at which it was known that the user had finished."""
    sounded: float | None = None
    """The time at which the first audible sample of the answer was heard."""

    @property
    def intent(self) -> Intent | None:
        """The first command."""
        return self.intents[0] if self.intents else None

    @property
    def outcome(self) -> Outcome | None:
        """What came of the first command."""
        return self.outcomes[0] if self.outcomes else None

    def observe(self, _node: str, packet: Any) -> None:
        """Note a packet that a node gave."""
        match packet:
            case Partial():
                self.partial = packet
            case Transcript():
                self.transcript = packet
            case Intent():
                self.intents.append(packet)
            case Outcome():
                self.outcomes.append(packet)
            case Reply(text=text):
                self.reply += text
            case Viseme():
                self.visemes.append(packet)
            case Pointing(target=target) if target:
                self.shown.append(target)
            case Expression() | Gesture():
                self.face.append(packet)
            case _:
                pass


class Observer:
    """Is told what happens in a session, in the event loop's thread. Subclasses override the methods that they need.

    `at` is session time: seconds since the session began."""

    trouble: str = ""
    """The reason why the observer records no more, written for the user; empty while all is well."""

    def sound(self, audio: Audio) -> None:
        """Called when the microphone gave a piece of sound."""

    def state(self, state: State, at: float) -> None:
        """Called when the avatar does something else."""

    def began(self, turn: Turn, at: float) -> None:
        """Called when a turn begins. Several turns may begin, one after another, for one utterance in which the user
        pauses."""

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        """Called when a node of that turn, or ``audio``, gave a packet, before its readers get it."""

    def plays(self, turn: str, at: float) -> None:
        """Called when the answer of that turn goes to the sink. No other answer plays until it is over."""

    def ended(self, record: Record, at: float) -> None:
        """Called when a turn is over and none of its tasks runs."""
