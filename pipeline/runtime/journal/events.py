"""The lines of a journal, and what a line may hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

from models.cards import SkillCard
from models.context import DEFAULT, Context, User, recorded_user
from models.dialogue import Deed, Dialogue, Exchange, Mention, Question
from models.protocols import Hypothesis
from pipeline.runtime.journal.codec import Json, Keep, Restore, decode, encode
from pipeline.runtime.record import Record, State
from pipeline.stages.stage import Turn

LONGEST = 4_000_000
"""Bytes in a line at most; a turn whose history is full has some 20,000."""


@dataclass(frozen=True, slots=True)
class WrittenTurn:
    """A `Turn` as a line holds it.

    The fields up to `earlier` are those that journals have always had. The others came later; where a line lacks them,
    they say what was true of every turn at the time, or that it is not known."""

    id: str
    user: str
    history: tuple[Exchange, ...] = ()
    prompt: str = ""
    earlier: Hypothesis | None = None
    guest: bool | None = None
    """Whether the user is a guest; None in a line that was written before guests were marked."""
    language: str = ""
    """The ISO 639-1 code of the language; empty in a line that was written before turns had one."""
    languages: tuple[str, ...] = ()
    role: str = ""
    voice: str = ""
    hints: tuple[str, ...] = ()
    question: Question | None = None
    focus: tuple[Mention, ...] = ()
    deeds: tuple[Deed, ...] = ()
    skills: tuple[SkillCard, ...] = ()
    instructions: str = ""

    @classmethod
    def of(cls, turn: Turn) -> WrittenTurn:
        """Return a turn as it is written."""
        context, dialogue = turn.context, turn.context.dialogue
        return cls(
            turn.id,
            context.user.id,
            dialogue.exchanges,
            turn.prompt,
            turn.earlier,
            context.user.guest,
            context.language,
            context.languages,
            context.role,
            context.voice,
            context.hints,
            dialogue.question,
            dialogue.focus,
            dialogue.deeds,
            context.skills,
            context.instructions,
        )

    def turn(self) -> Turn:
        """Return the turn that was written. Its context names no `languages` where the line is from before they were
        recorded."""
        context = Context(
            self.language or DEFAULT.language,
            self.languages,
            recorded_user(self.user) if self.guest is None else User(self.user, self.guest),
            self.role,
            self.voice,
            Dialogue(self.history, self.question, self.focus, self.deeds),
            self.hints,
            self.skills,
            self.instructions,
        )
        return Turn(self.id, context, prompt=self.prompt, earlier=self.earlier)


@dataclass(frozen=True, slots=True)
class SoundEvent:
    """From here on, the microphone's sound lies without a break in a track."""

    start: float
    """The session time of the first sample, in seconds."""
    track: str
    offset: int
    """The number of samples before it in the track."""


@dataclass(frozen=True, slots=True)
class StateEvent:
    """The avatar does something else now."""

    at: float
    state: State


@dataclass(frozen=True, slots=True)
class BeganEvent:
    """A turn begins."""

    at: float
    turn: WrittenTurn


@dataclass(frozen=True, slots=True)
class CrossedEvent:
    """A node gave a packet."""

    at: float
    turn: str
    node: str
    type: str
    """The name of the packet's class."""
    packet: Json


@dataclass(frozen=True, slots=True)
class EndedEvent:
    """A turn is over."""

    at: float
    record: Record


@dataclass(frozen=True, slots=True)
class ClosedEvent:
    """The last line of a journal."""

    stopped: str = ""
    """Why the rest of the session is missing; empty where the session came to its end."""


Event: TypeAlias = SoundEvent | StateEvent | BeganEvent | CrossedEvent | EndedEvent | ClosedEvent

NAMES: dict[type[Event], str] = {
    SoundEvent: "sound",
    StateEvent: "state",
    BeganEvent: "began",
    CrossedEvent: "crossed",
    EndedEvent: "ended",
    ClosedEvent: "closed",
}
_KINDS = {name: kind for kind, name in NAMES.items()}


def to_line(event: Event, keep: Keep) -> bytes:
    """Return the event as a line. Raises TypeError for what cannot be recorded, and ValueError for a line that is too
    long."""
    text = json.dumps({"event": NAMES[type(event)], **encode(event, keep)}, ensure_ascii=False, separators=(",", ":"))
    # Lone surrogates, which file names and broken model output hold, become JSON's own escapes.
    line = text.encode("utf-8", "backslashreplace") + b"\n"
    if len(line) > LONGEST:
        raise ValueError(f"an event of {len(line):,} bytes cannot be recorded; at most {LONGEST:,} fit in a line")
    return line


def from_line(line: bytes, restore: Restore) -> Event:
    """Return the event in a line. Raises ValueError."""
    try:
        data = json.loads(line)
    except RecursionError:
        raise ValueError("lists or maps inside each other without end") from None
    kind = _KINDS.get(str(data.pop("event", ""))) if isinstance(data, dict) else None
    if kind is None:
        raise ValueError(f"expected an object whose event is one of {', '.join(_KINDS)}")
    event: Event = decode(kind, data, restore)
    return event
