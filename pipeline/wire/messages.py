"""Every message of the Parley protocol, as JSON text frames carry them.

Times are whole milliseconds. A *timestamp* counts the samples of a stream of sound since it began. Fields that a reader
does not know are passed over, so that either side may be newer."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

VERSION = 1
"""Of the protocol that this server speaks best."""
SPOKEN = frozenset({1})
"""All that it speaks."""

LINE = 2000
"""Characters of a typed line at most."""
NAME = 200
"""Characters of a name at most."""
OBJECTS = 256
"""Things in a scene at most."""

Timestamp: TypeAlias = Annotated[int, Field(ge=0, lt=2**32)]
Milliseconds: TypeAlias = Annotated[int, Field(ge=0)]
Name: TypeAlias = Annotated[str, Field(max_length=NAME)]
Mode: TypeAlias = Literal["push-to-talk", "hands-free"]
Metres: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Position: TypeAlias = tuple[Metres, Metres, Metres]
"""Metres from the user's origin: right, up, back, as in WebXR."""


class Message(BaseModel):
    """What all messages have."""

    model_config = ConfigDict(extra="ignore", frozen=True, ser_json_inf_nan="constants")


class Format(Message):
    """How sound travels: mono, in frames of 10 to 60 ms."""

    codec: Literal["pcm16", "opus"] = "pcm16"
    """``pcm16`` is little-endian; an ``opus`` frame is one packet."""
    sample_rate: int = Field(16_000, ge=8_000, le=48_000)
    """Hz. Opus takes 8000, 12000, 16000, 24000 and 48000."""


# --- from the client -------------------------------------------------------------------------------------------------


class Hello(Message):
    """The first message."""

    type: Literal["hello"] = "hello"
    protocol: int = VERSION
    token: str = Field("", max_length=4096)
    """From ``parley token create``; needed where the server listens beyond its own machine."""
    user: Name = ""
    """Who speaks, where no token says so; empty for a guest."""
    client: Name = ""
    """Name and version of the client, for the server's log."""
    mode: Mode | None = None
    """Who ends a turn: a key, or the user's voice; left out, the graph says."""
    audio_in: Format = Format()
    audio_out: Format = Format(sample_rate=24_000)
    wants: frozenset[Literal["visemes", "captions", "expressions", "actions"]] = frozenset(
        {"visemes", "captions", "expressions", "actions"}
    )
    """Events that the client has a use for."""
    reports: bool = True
    """Whether the client sends ``played``; without it, what was sent counts as heard in its own time."""
    session: Name = ""
    """A session to come back to, from an earlier ``welcome``."""
    key: Name = ""
    """The key that came with it."""
    heard: Timestamp | None = None
    """Where the stream of sound fell silent when the line was lost: the first sample that was not heard."""


class Press(Message):
    """The user begins to talk."""

    type: Literal["press"] = "press"


class Release(Message):
    """The user has finished talking."""

    type: Literal["release"] = "release"


class SetMode(Message):
    """The user wants the other way of taking turns."""

    type: Literal["mode"] = "mode"
    mode: Mode


class Text(Message):
    """The user typed a line."""

    type: Literal["text"] = "text"
    text: str = Field(min_length=1, max_length=LINE)


class Interrupt(Message):
    """The user wants the avatar to stop."""

    type: Literal["interrupt"] = "interrupt"


class Thing(Message):
    """An object in the user's surroundings."""

    name: Name
    position: Position | None = None


class Scene(Message):
    """What is around the user; replaces the scene before."""

    type: Literal["scene"] = "scene"
    place: Name = ""
    things: tuple[Thing, ...] = Field((), max_length=OBJECTS)


class Gaze(Message):
    """What the user looks at; empty for nothing."""

    type: Literal["gaze"] = "gaze"
    target: Name = ""


class Point(Message):
    """What the user points at; empty for nothing."""

    type: Literal["point"] = "point"
    target: Name = ""
    position: Position | None = None


class Played(Message):
    """How far the sound was heard: sent at the beginning and end of playing, and every 200 ms between."""

    type: Literal["played"] = "played"
    timestamp: Timestamp
    """Of the sample that is heard next."""
    playing: bool
    """Whether sound goes on; false where the buffer ran empty, or after ``flush``."""


class Ping(Message):
    """Asks for a ``pong``."""

    type: Literal["ping"] = "ping"
    id: int = 0


class AskStats(Message):
    """Asks for ``stats``."""

    type: Literal["stats"] = "stats"


class Bye(Message):
    """The session is over; it cannot be resumed."""

    type: Literal["bye"] = "bye"


FromClient: TypeAlias = Annotated[
    Hello | Press | Release | SetMode | Text | Interrupt | Scene | Gaze | Point | Played | Ping | AskStats | Bye,
    Field(discriminator="type"),
]


# --- from the server -------------------------------------------------------------------------------------------------


class Past(Message):
    """An earlier turn."""

    heard: str
    """The user's words."""
    said: str
    """The avatar's, as far as they were heard."""
    interrupted: bool = False


class Welcome(Message):
    """The answer to ``hello``."""

    type: Literal["welcome"] = "welcome"
    protocol: int
    session: str
    key: str
    """Brings the client back to this session, within `resumable` ms of losing its line."""
    resumable: Milliseconds
    resumed: bool
    user: str
    """Who the server takes the user for; empty for a guest."""
    graph: str
    mode: Mode
    state: str
    audio_in: Format
    audio_out: Format
    history: tuple[Past, ...] = ()
    """What was said in a resumed session."""


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
    """The user's words so far, in place of those before; or the avatar's next words."""
    final: bool = True
    """False while the user's words may change."""
    start: Milliseconds = 0
    """For the avatar's words: since the answer began to sound."""
    words: tuple[tuple[Milliseconds, str], ...] = ()
    """The avatar's words one by one: when each is heard, since the answer began to sound, and the word with its
    punctuation, behind a space where one parts it from the word before. Chinese comes character by character."""


class Sync(Message):
    """Where an answer lies in the stream of sound. What belongs to the answer counts its time from there; sent when it
    begins, and again where it goes on after a ``flush``."""

    type: Literal["sync"] = "sync"
    turn: str
    timestamp: Timestamp
    """Of a sample of the stream that the server sends."""
    position: Milliseconds
    """Of that sample in the answer."""


class Visemes(Message):
    """Mouth shapes of an answer, without gaps."""

    type: Literal["visemes"] = "visemes"
    turn: str
    visemes: tuple[tuple[Milliseconds, Milliseconds, str, float], ...]
    """Start and length in the answer's time, the name of one of the 15 shapes of Oculus LipSync, weight 0 to 1."""


class Expression(Message):
    """A look on the avatar's face."""

    type: Literal["expression"] = "expression"
    turn: str
    name: str
    """``happy``, ``sad``, ``angry``, ``surprised`` or ``relaxed``."""
    start: Milliseconds
    duration: Milliseconds
    weight: float


class Gesture(Message):
    """A movement of the avatar's head or hands."""

    type: Literal["gesture"] = "gesture"
    turn: str
    name: str
    """``nod``, ``shake``, ``wave``, ``point``, ``shrug``, ``think``..."""
    start: Milliseconds


class Action(Message):
    """Something for the client to show or do."""

    type: Literal["action"] = "action"
    turn: str
    kind: str
    """``navigate``, ``inventory``, ``timer``..."""
    args: dict[str, str | int | float]


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
    """The avatar's, as far as they were heard."""
    latency: Milliseconds | None = None
    """From the user's end to the first audible sample."""
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
    """Frames whose numbers never came; what they held is concealed."""
    late: int
    """Frames that came after their place was filled."""
    dropped: int
    """Frames that the server had no time for."""
    delay: Milliseconds
    """That the jitter buffer adds just now."""
    sent: int
    """Frames of sound."""
    waiting: Milliseconds
    """Sound that was sent and not yet heard."""


Code: TypeAlias = Literal[
    "hello-first",
    "unknown-protocol",
    "unauthorised",
    "unknown-session",
    "too-many-sessions",
    "not-understood",
    "bad-audio",
    "too-fast",
    "too-slow",
    "too-long",
    "replaced",
    "shutting-down",
    "failed",
]
"""What was wrong; docs/protocol.md has a line for each."""


class Error(Message):
    """Something the client did cannot be done."""

    type: Literal["error"] = "error"
    code: Code
    message: str
    """What was found, what was expected, and the remedy."""
    fatal: bool = False
    """Whether the server closes the line."""


FromServer: TypeAlias = Annotated[
    Welcome
    | StateIs
    | Caption
    | Sync
    | Visemes
    | Expression
    | Gesture
    | Action
    | Flush
    | Answered
    | Pong
    | Stats
    | Error,
    Field(discriminator="type"),
]

FROM_CLIENT: TypeAdapter[Any] = TypeAdapter(FromClient)
FROM_SERVER: TypeAdapter[Any] = TypeAdapter(FromServer)


def schema() -> dict[str, Any]:
    """The JSON schema of the protocol; a message matches ``#/$defs/FromClient`` or ``#/$defs/FromServer``."""
    sides, definitions = TypeAdapter.json_schemas(
        [("FromClient", "validation", FROM_CLIENT), ("FromServer", "serialization", FROM_SERVER)],
        title=f"The Parley protocol, version {VERSION}",
    )
    definitions["$defs"] |= {name: side for (name, _), side in sides.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **definitions,
        "anyOf": [{"$ref": "#/$defs/FromClient"}, {"$ref": "#/$defs/FromServer"}],
    }
