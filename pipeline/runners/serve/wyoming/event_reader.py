"""Reads Wyoming events: a line of JSON, then data and sound of the lengths that the line claims.

The package's own reader accepts any length; this one accepts only lengths within its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar, cast

import numpy as np
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from wyoming.audio import AudioChunk, AudioStart
from wyoming.event import Event

from models.protocols import Samples
from pipeline.devices.pcm import WIDTH, from_pcm16
from pipeline.errors import PipelineError
from pipeline.wire.fields import LINE as CHARACTERS

T = TypeVar("T")

LINE: Final = 65_536
"""Bytes of an event's first line at most."""
DATA: Final = 65_536
"""Bytes of an event's further data at most."""
PAYLOAD: Final = 4_194_304
"""Bytes of an event's sound at most: 43 s at 48 kHz, for clients that send a recording in one piece."""


class BadEvent(PipelineError):
    """The bytes that a client sent are no event, or the event cannot be served."""


class _Header(BaseModel):
    """The line of JSON with which an event begins."""

    type: str = Field(max_length=100)
    data: dict[str, Any] | None = None
    data_length: int | None = Field(None, ge=0, le=DATA)
    payload_length: int | None = Field(None, ge=0, le=PAYLOAD)


_MORE: Final = TypeAdapter(dict[str, Any])


async def read_event(reader: asyncio.StreamReader) -> Event | None:
    """Return the next event; None where the client has closed. Raises BadEvent, after which nothing more can be read.

    `reader` has a limit of `LINE`."""
    try:
        line = await reader.readline()
        if not line:
            return None
        header = _Header.model_validate_json(line)
        data = header.data or {}
        if header.data_length:
            data |= _MORE.validate_json(await reader.readexactly(header.data_length))
        payload = await reader.readexactly(header.payload_length) if header.payload_length else None
    except asyncio.IncompleteReadError:
        return None
    except ValidationError as error:
        raise BadEvent(f"that is no Wyoming event: {_first(error)}") from error
    except ValueError as error:
        raise BadEvent(f"that is no Wyoming event: its first line has more than {LINE} bytes") from error
    return Event(header.type, data, payload)


def taken(kind: Callable[..., T], event: Event) -> T:
    """Return the event as one of the package's dataclasses, with every field checked. Raises BadEvent."""
    try:
        return cast(T, _adapter(kind).validate_python({**event.data, "audio": event.payload or b""}))
    except ValidationError as error:
        raise BadEvent(f"{event.type}: {_first(error)}") from error


def samples_of(chunk: AudioChunk, start: AudioStart) -> Samples:
    """Return the sound of a chunk as one channel, shape (n,). Raises BadEvent where the format is another one."""
    if (chunk.rate, chunk.width, chunk.channels) != (start.rate, start.width, start.channels):
        raise BadEvent("audio-chunk: its format is not that of audio-start")
    if len(chunk.audio) % (WIDTH * start.channels):
        raise BadEvent(f"audio-chunk: {len(chunk.audio)} bytes are no whole number of samples")
    sound = from_pcm16(chunk.audio)
    mono: Samples = sound.reshape(-1, start.channels).mean(axis=1, dtype=np.float32)
    return mono


def short(text: str) -> str:
    """Return a line of text. Raises BadEvent where it is too long."""
    if len(text) > CHARACTERS:
        raise BadEvent(f"text: a line has at most {CHARACTERS} characters; this one has {len(text)}")
    return text


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _first(error: ValidationError) -> str:
    """Return the first mistake, without what was sent, which may be what a user said."""
    mistake = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in mistake["loc"])
    return f"{place}: {mistake['msg']}" if place else mistake["msg"]
