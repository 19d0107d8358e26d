"""What the messages of both directions share: versions of the protocol, limits, types of fields, the format of sound.

Times are whole milliseconds. A *timestamp* counts the samples of a stream of sound since it began. A reader ignores
fields that it does not know, so that either side may be newer."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

VERSION = 1
"""The version of the protocol that this server speaks best."""
SPOKEN = frozenset({1})
"""All versions that this server speaks."""

LINE = 2000
"""Characters of a typed line at most."""
NAME = 200
"""Characters of a name at most."""
OBJECTS = 256
"""Things in a scene at most."""
SKILLS = 32
"""Skills that a client brings at most."""
EXAMPLES = 32
"""Phrasings of a skill at most."""
SLOTS = 8
"""Slots of a skill at most."""
CHOICES = 64
"""Values of a slot at most."""

Word: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
"""A name in a program."""
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
