"""Wyoming events as they come: a line of JSON, then data and sound of the lengths that it claims.

The package's own reader takes any length; this one trusts nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from wyoming.event import Event

from pipeline.errors import PipelineError

T = TypeVar("T")

LINE: Final = 65_536
"""Bytes of an event's first line at most."""
DATA: Final = 65_536
"""Bytes of its further data at most."""
PAYLOAD: Final = 4_194_304
"""Bytes of its sound at most: 43 s at 48 kHz, for clients that send a recording in one piece."""


class BadEvent(PipelineError):
    """What a client sent is no event, or not one that can be served."""


class _Header(BaseModel):
    """The line that an event begins with."""

    type: str = Field(max_length=100)
    data: dict[str, Any] | None = None
    data_length: int | None = Field(None, ge=0, le=DATA)
    payload_length: int | None = Field(None, ge=0, le=PAYLOAD)


_MORE: Final = TypeAdapter(dict[str, Any])


async def read_event(reader: asyncio.StreamReader) -> Event | None:
    """The next event; None where the client has closed. Raises BadEvent, behind which nothing can be read any more.

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
    """The event as one of the package's dataclasses, with every field checked. Raises BadEvent."""
    try:
        return cast(T, _adapter(kind).validate_python({**event.data, "audio": event.payload or b""}))
    except ValidationError as error:
        raise BadEvent(f"{event.type}: {_first(error)}") from error


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _first(error: ValidationError) -> str:
    """The first mistake, without what was sent: that may be what a user said."""
    mistake = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in mistake["loc"])
    return f"{place}: {mistake['msg']}" if place else mistake["msg"]
