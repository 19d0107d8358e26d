"""The messages that a client sends, as JSON text frames carry them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from pipeline.wire.fields import LINE, OBJECTS, SKILLS, VERSION, Format, Message, Mode, Name, Position, Timestamp
from pipeline.wire.skills import Skill


class Hello(Message):
    """The first message."""

    type: Literal["hello"] = "hello"
    protocol: int = VERSION
    token: str = Field("", max_length=4096)
    """A token from ``parley token create``, needed where the server listens beyond its own machine."""
    user: Name = ""
    """The user's name where no token tells it; empty for a guest."""
    client: Name = ""
    """The client's name and version, for the server's log."""
    mode: Mode | None = None
    """What ends a turn, a key or the user's voice; the graph decides where it is left out."""
    language: Name = ""
    """ISO 639-1 code of the language that the user wants to be answered in; left out, it is the graph's."""
    audio_in: Format = Format()
    audio_out: Format = Format(sample_rate=24_000)
    wants: frozenset[Literal["visemes", "captions", "expressions", "actions"]] = frozenset(
        {"visemes", "captions", "expressions", "actions"}
    )
    """The events that the client can use."""
    reports: bool = True
    """Whether the client sends ``played``. Without it, the server assumes that sound is played in real time."""
    skills: tuple[Skill, ...] = Field((), max_length=SKILLS)
    """What the client's avatar can do beside what the server can; the server sends a ``call`` where the user wants
    it."""
    session: Name = ""
    """The session to come back to, from an earlier ``welcome``."""
    key: Name = ""
    """The key of that session, from the same ``welcome``."""
    heard: Timestamp | None = None
    """The first sample that was not heard when the connection was lost."""


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
    """The timestamp of the sample that is heard next."""
    playing: bool
    """Whether sound goes on; false where the buffer is empty, and after ``flush``."""


class Result(Message):
    """The answer to a ``call``."""

    type: Literal["result"] = "result"
    id: Name
    """The id of the call."""
    status: Literal["done", "refused"] = "done"
    say: str = Field("", max_length=LINE)
    """What the avatar says of it, in a sentence; left out, it says that it is done, or was refused."""
    facts: dict[Name, Name] = Field({}, max_length=16)
    """Names and numbers in `say` that no other wording may leave out, by what they are."""


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
    Hello
    | Press
    | Release
    | SetMode
    | Text
    | Interrupt
    | Scene
    | Gaze
    | Point
    | Played
    | Result
    | Ping
    | AskStats
    | Bye,
    Field(discriminator="type"),
]

FROM_CLIENT: TypeAdapter[Any] = TypeAdapter(FromClient)
