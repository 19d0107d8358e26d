"""What a turn came to, and who is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipeline.errors import StageFailed
from pipeline.packets import Audio, Expression, Gesture, Intent, Outcome, Partial, Pointing, Reply, Transcript, Viseme
from pipeline.runtime.turn import Report
from pipeline.stages.stage import Notice, Turn


class State(StrEnum):
    """What the avatar does."""

    IDLE = "idle"
    LISTENING = "listening"
    """The user speaks."""
    THINKING = "thinking"
    """The user has finished, and nothing is heard of the answer yet."""
    SPEAKING = "speaking"


class Fate(StrEnum):
    """How a turn ended."""

    ANSWERED = "answered"
    INTERRUPTED = "interrupted"
    """The user cut the answer short."""
    SUPERSEDED = "superseded"
    """The user went on after a pause, so what was prepared was never heard."""
    DROPPED = "dropped"
    """It was not meant for the avatar: a cough, a backchannel, its own echo. Nothing of it was heard."""
    FAILED = "failed"


@dataclass(slots=True)
class Record:
    """What one turn came to; filled as it runs, so that a turn that fails leaves what it had."""

    turn: str
    transcript: Transcript | None = None
    intent: Intent | None = None
    outcome: Outcome | None = None
    reply: str = ""
    visemes: list[Viseme] = field(default_factory=list)
    face: list[Expression | Gesture] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    fate: Fate = Fate.ANSWERED
    error: StageFailed | None = None
    notices: list[Notice] = field(default_factory=list)
    """What failed without ending the turn."""
    partial: Partial | None = None
    """The latest."""
    shown: list[str] = field(default_factory=list)
    """Names of what the user pointed at."""
    heard: str = ""
    """As much of the reply as was heard."""
    began: float = 0.0
    """When the turn began; like the next three in session time, seconds."""
    finished: float | None = None
    """Where the user's sound ended: the key's release, or the last voice."""
    confirmed: float | None = None
    """When the user was known to have finished."""
    sounded: float | None = None
    """When the first audible sample of the answer was heard."""

    def observe(self, _node: str, packet: Any) -> None:
        """Note a packet that crossed an edge."""
        match packet:
            case Partial():
                self.partial = packet
            case Transcript():
                self.transcript = packet
            case Intent():
                self.intent = packet
            case Outcome():
                self.outcome = packet
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
    """Is told what goes on in a session, in the event loop's thread; a method that is not needed stays as it is.

    `at` is session time: seconds since the session began."""

    trouble: str = ""
    """Why it records no more, for the user; empty while all is well."""

    def sound(self, audio: Audio) -> None:
        """The microphone gave a piece of sound."""

    def state(self, state: State, at: float) -> None:
        """The avatar does something else now."""

    def began(self, turn: Turn, at: float) -> None:
        """A turn begins; several may, one after the other, for one utterance in which the user pauses."""

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        """The node (or ``audio``) of that turn gave a packet; told before its readers have it."""

    def plays(self, turn: str, at: float) -> None:
        """The answer of that turn goes to the sink now, and is the only one there until it is over."""

    def ended(self, record: Record, at: float) -> None:
        """A turn is over, and nothing of it is left."""
