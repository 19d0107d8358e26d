"""The events of a client that this server handles, with the fields that it reads. It ignores all other fields."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, TypeAdapter

from pipeline.runners.serve.realtime.audio_format import AudioFormat
from pipeline.wire.fields import LINE

Id: TypeAlias = Annotated[str, Field(max_length=512)]
Modalities: TypeAlias = Annotated[list[Literal["text", "audio"]], Field(min_length=1, max_length=2)]


class Event(BaseModel):
    """The field that all events share."""

    event_id: Id | None = None


# --- the session -----------------------------------------------------------------------------------------------------


class Detection(BaseModel):
    """Who ends the user's turn. The graph decides it, whichever of the two types is asked for."""

    type: Literal["server_vad", "semantic_vad"]
    create_response: bool | None = None
    interrupt_response: bool | None = None


class AudioIn(BaseModel):
    """The user's sound."""

    format: AudioFormat | None = None
    turn_detection: Detection | None = None
    """Null, where it is sent, means that the client itself commits what the user said."""
    transcription: dict[str, Any] | None = None
    """Null, where it is sent, means that the client does not want the user's words."""


class AudioOut(BaseModel):
    """The avatar's sound."""

    format: AudioFormat | None = None


class AudioWishes(BaseModel):
    """The sound in both directions."""

    input: AudioIn | None = None
    output: AudioOut | None = None


class FunctionTool(BaseModel):
    """A function of the client that the user may want called."""

    type: Literal["function"] = "function"
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: Annotated[str, Field(max_length=4096)] = ""
    parameters: dict[str, Any] | None = None
    """The JSON schema of its parameters."""


class Wishes(BaseModel):
    """What a client wants of its session."""

    type: Id = "realtime"
    output_modalities: Modalities | None = None
    audio: AudioWishes | None = None
    instructions: Annotated[str, Field(max_length=16_000)] | None = None
    """How the avatar should talk, as far as its role allows that."""
    tools: Annotated[list[dict[str, Any]], Field(max_length=128)] | None = None
    """Functions as `FunctionTool` has them; tools of other types are not served."""


class SessionUpdate(Event):
    """Changes the session; fields that are left out stay as they are."""

    type: Literal["session.update"]
    session: Wishes


# --- what the user says ----------------------------------------------------------------------------------------------


class Append(Event):
    """Adds sound of the user, in base64."""

    type: Literal["input_audio_buffer.append"]
    audio: str


class Commit(Event):
    """Declares that the appended sound is what the user said."""

    type: Literal["input_audio_buffer.commit"]


class Clear(Event):
    """Drops the appended sound."""

    type: Literal["input_audio_buffer.clear"]


class ContentPart(BaseModel):
    """A part of an item's content."""

    type: Id
    text: Annotated[str, Field(max_length=LINE)] | None = None


class NewItem(BaseModel):
    """An item that a client adds to the conversation."""

    type: Id
    id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    role: Id = ""
    content: Annotated[list[ContentPart], Field(max_length=16)] = []
    call_id: Id = ""
    output: Annotated[str, Field(max_length=32_000)] = ""
    """What came of the call with that id."""


class ItemCreate(Event):
    """Adds a line that the user typed, or what came of a call of a tool."""

    type: Literal["conversation.item.create"]
    item: NewItem


# --- what becomes of it ----------------------------------------------------------------------------------------------


class ItemRetrieve(Event):
    """Asks for an item as the server has it."""

    type: Literal["conversation.item.retrieve"]
    item_id: Id


class ItemTruncate(Event):
    """Reports that the client stopped playing an answer."""

    type: Literal["conversation.item.truncate"]
    item_id: Id
    content_index: int = 0
    audio_end_ms: int = Field(ge=0, le=10**9)
    """Milliseconds of the item that were heard."""


class ResponseWishes(BaseModel):
    """What a client wants of one answer."""

    output_modalities: Modalities | None = None
    conversation: Id = "auto"
    input: list[Any] | None = None


class ResponseCreate(Event):
    """Asks for an answer to what was said and typed."""

    type: Literal["response.create"]
    response: ResponseWishes | None = None


class ResponseCancel(Event):
    """Stops the answer."""

    type: Literal["response.cancel"]
    response_id: Id | None = None


Known: TypeAlias = (
    SessionUpdate | Append | Commit | Clear | ItemCreate | ItemRetrieve | ItemTruncate | ResponseCreate | ResponseCancel
)
KNOWN: TypeAdapter[Known] = TypeAdapter(Annotated[Known, Field(discriminator="type")])
