"""The events of a client, as far as they are obeyed. Fields that nothing here depends on are read over."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, TypeAdapter

from pipeline.runners.serve.realtime.audio_format import AudioFormat
from pipeline.wire.fields import LINE

Id: TypeAlias = Annotated[str, Field(max_length=512)]
Modalities: TypeAlias = Annotated[list[Literal["text", "audio"]], Field(min_length=1, max_length=2)]


class Event(BaseModel):
    """What all events have."""

    event_id: Id | None = None


# --- the session -----------------------------------------------------------------------------------------------------


class Detection(BaseModel):
    """Who ends the user's turn: here the graph, whichever of the two is asked for."""

    type: Literal["server_vad", "semantic_vad"]
    create_response: bool | None = None
    interrupt_response: bool | None = None


class AudioIn(BaseModel):
    """Of the user."""

    format: AudioFormat | None = None
    turn_detection: Detection | None = None
    """None, where it is given, for a client that commits what was said itself."""
    transcription: dict[str, Any] | None = None
    """None, where it is given, for a client that does not want to know the user's words."""


class AudioOut(BaseModel):
    """Of the avatar."""

    format: AudioFormat | None = None


class Audio(BaseModel):
    """Both directions."""

    input: AudioIn | None = None
    output: AudioOut | None = None


class Wishes(BaseModel):
    """What a client wants of its session."""

    type: Id = "realtime"
    output_modalities: Modalities | None = None
    audio: Audio | None = None
    tools: list[Any] | None = None


class SessionUpdate(Event):
    """Other wishes; what is left out stays as it is."""

    type: Literal["session.update"]
    session: Wishes


# --- what the user says ----------------------------------------------------------------------------------------------


class Append(Event):
    """More of the user's sound, in base64."""

    type: Literal["input_audio_buffer.append"]
    audio: str


class Commit(Event):
    """What was appended is said."""

    type: Literal["input_audio_buffer.commit"]


class Clear(Event):
    """What was appended is forgotten."""

    type: Literal["input_audio_buffer.clear"]


class Part(BaseModel):
    """A piece of an item."""

    type: Id
    text: Annotated[str, Field(max_length=LINE)] | None = None


class NewItem(BaseModel):
    """Something that a client adds to the conversation."""

    type: Id
    id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    role: Id = ""
    content: Annotated[list[Part], Field(max_length=16)] = []


class ItemCreate(Event):
    """The user typed a line."""

    type: Literal["conversation.item.create"]
    item: NewItem


# --- what becomes of it ----------------------------------------------------------------------------------------------


class ItemRetrieve(Event):
    """The client asks for an item as the server has it."""

    type: Literal["conversation.item.retrieve"]
    item_id: Id


class ItemTruncate(Event):
    """The client stopped playing an answer."""

    type: Literal["conversation.item.truncate"]
    item_id: Id
    content_index: int = 0
    audio_end_ms: int = Field(ge=0, le=10**9)
    """How much of it was heard."""


class ResponseWishes(BaseModel):
    """What a client wants of one answer."""

    output_modalities: Modalities | None = None
    conversation: Id = "auto"
    input: list[Any] | None = None


class ResponseCreate(Event):
    """What was said and typed is to be answered."""

    type: Literal["response.create"]
    response: ResponseWishes | None = None


class ResponseCancel(Event):
    """The answer is to end."""

    type: Literal["response.cancel"]
    response_id: Id | None = None


Known: TypeAlias = (
    SessionUpdate | Append | Commit | Clear | ItemCreate | ItemRetrieve | ItemTruncate | ResponseCreate | ResponseCancel
)
KNOWN: TypeAdapter[Known] = TypeAdapter(Annotated[Known, Field(discriminator="type")])
