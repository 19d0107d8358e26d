"""The messages that a server sends, as JSON text frames carry them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from pipeline.wire.fields import Format, Message, Milliseconds, Mode, Timestamp


class Past(Message):
    """An earlier turn."""

    heard: str
    """The user's words."""
    said: str
    """The avatar's words, as far as they were heard."""
    interrupted: bool = False


class Welcome(Message):
    """The answer to ``hello``."""

    type: Literal["welcome"] = "welcome"
    protocol: int
    session: str
    key: str
    """The secret with which the client comes back to this session, within `resumable` ms after it lost its
    connection."""
    resumable: Milliseconds
    resumed: bool
    user: str
    """The user's id, which the server chooses for a guest."""
    graph: str
    language: str = ""
    """ISO 639-1 code of the language that the user is answered in."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of all languages that the graph speaks."""
    mode: Mode
    state: str
    audio_in: Format
    audio_out: Format
    history: tuple[Past, ...] = ()
    """The earlier turns of a resumed session."""


class StateIs(Message):
    """What the avatar does now."""

    type: Literal["state"] = "state"
    state: Literal["idle", "listening", "thinking", "speaking"]


class Caption(Message):
    """Words of the user, as they are recognised, or of the avatar, as they are spoken."""

    type: Literal["caption"] = "caption"
    turn: str
    speaker: Literal["user", "avatar"]
    text: str
    """The user's words so far, which replace those before; or the avatar's next words."""
    final: bool = True
    """False while the user's words may change."""
    language: str = ""
    """ISO 639-1 code of the language of the words; empty where it is not known yet."""
    start: Milliseconds = 0
    """Milliseconds from the beginning of the answer to these words of the avatar."""
    words: tuple[tuple[Milliseconds, str], ...] = ()
    """The avatar's words one by one: the time from the beginning of the answer, and the word with its punctuation. A
    space before the word parts it from the previous word. Chinese comes character by character."""


class Sync(Message):
    """Where an answer lies in the stream of sound. What belongs to the answer counts its time from there; sent when it
    begins, and again where it goes on after a ``flush``."""

    type: Literal["sync"] = "sync"
    turn: str
    timestamp: Timestamp
    """The timestamp of a sample in the stream that the server sends."""
    position: Milliseconds
    """The place of that sample in the answer."""


class Visemes(Message):
    """Mouth shapes of an answer, without gaps."""

    type: Literal["visemes"] = "visemes"
    turn: str
    visemes: tuple[tuple[Milliseconds, Milliseconds, str, float], ...]
    """For each shape its start and length in the answer's time, the name of one of the 15 shapes of Oculus LipSync, and
    its weight from 0 to 1."""


class Expression(Message):
    """A look on the avatar's face."""

    type: Literal["expression"] = "expression"
    turn: str
    name: str
    """The look: ``happy``, ``sad``, ``angry``, ``surprised`` or ``relaxed``."""
    start: Milliseconds
    duration: Milliseconds
    weight: float


class Gesture(Message):
    """A movement of the avatar's head or hands."""

    type: Literal["gesture"] = "gesture"
    turn: str
    name: str
    """The movement: ``nod``, ``shake``, ``wave``, ``point``, ``shrug``, ``think``..."""
    start: Milliseconds


class Action(Message):
    """Something for the client to show or do."""

    type: Literal["action"] = "action"
    turn: str
    kind: str
    """The kind of action: ``navigate``, ``inventory``, ``timer``..."""
    args: dict[str, str | int | float]


class Call(Message):
    """The user wants a skill that the client brought; the client answers with a ``result``."""

    type: Literal["call"] = "call"
    turn: str
    id: str
    skill: str
    slots: dict[str, str | int | float]
    """The values of the slots by name; those that the user left out are missing."""


class Flush(Message):
    """Be silent at once, drop what waits to be played, and report ``played``."""

    type: Literal["flush"] = "flush"


class Answered(Message):
    """A turn is over."""

    type: Literal["answered"] = "answered"
    turn: str
    fate: Literal["answered", "interrupted", "failed"]
    heard: str
    """The user's words."""
    said: str
    """The avatar's words, as far as they were heard."""
    latency: Milliseconds | None = None
    """Milliseconds from the end of the user's words to the first audible sample of the answer."""
    error: str = ""


class Pong(Message):
    """The answer to ``ping``."""

    type: Literal["pong"] = "pong"
    id: int


class Stats(Message):
    """How the line does, since the session began."""

    type: Literal["stats"] = "stats"
    received: int
    """Frames of sound."""
    lost: int
    """Frames whose numbers never came. What they held is concealed."""
    late: int
    """Frames that came after their place was filled."""
    dropped: int
    """Frames that the server had no time for."""
    delay: Milliseconds
    """The delay that the jitter buffer adds at this moment."""
    sent: int
    """Frames of sound."""
    waiting: Milliseconds
    """Sound that was sent and is not yet heard."""


Code: TypeAlias = Literal[
    "hello-first",
    "unknown-protocol",
    "unauthorised",
    "unknown-session",
    "too-many-sessions",
    "not-understood",
    "bad-audio",
    "unknown-language",
    "too-fast",
    "too-slow",
    "too-long",
    "replaced",
    "shutting-down",
    "failed",
]
"""What was wrong; docs/protocol.md describes each code."""


class Error(Message):
    """Something the client did cannot be done."""

    type: Literal["error"] = "error"
    code: Code
    message: str
    """What was found, what was expected, and the remedy."""
    fatal: bool = False
    """Whether the server closes the connection."""


FromServer: TypeAlias = Annotated[
    Welcome
    | StateIs
    | Caption
    | Sync
    | Visemes
    | Expression
    | Gesture
    | Action
    | Call
    | Flush
    | Answered
    | Pong
    | Stats
    | Error,
    Field(discriminator="type"),
]

FROM_SERVER: TypeAdapter[Any] = TypeAdapter(FromServer)
