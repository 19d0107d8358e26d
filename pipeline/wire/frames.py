"""Binary frames of the Parley protocol: sound, and pictures."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from pipeline.errors import PipelineError

_HEADER = Struct("!BBHII")
"""Kind, flags, reserved (0), sequence number, timestamp: 12 bytes, in network byte order."""
HEADER = _HEADER.size

SOUND, PICTURE = 1, 2
"""Kinds of frames."""
WRAP = 2**32
"""Sequence numbers and timestamps begin again behind this."""


class BadFrame(PipelineError):
    """Bytes that are no frame."""


class Frame(NamedTuple):
    """One frame."""

    kind: int
    """`SOUND` or `PICTURE`."""
    sequence: int
    """Counts the frames of its kind, from any number on; one more each, modulo `WRAP`."""
    timestamp: int
    """Of the first sample: counts the samples of the stream since it began, modulo `WRAP`. 0 for a picture."""
    payload: bytes
    """A frame of sound in the format that was agreed on; or a PNG, JPEG or WebP file."""


def pack(kind: int, sequence: int, timestamp: int, payload: bytes) -> bytes:
    """A frame's bytes."""
    return _HEADER.pack(kind, 0, 0, sequence % WRAP, timestamp % WRAP) + payload


def unpack(data: bytes) -> Frame:
    """The frame in these bytes; raises BadFrame. Flags are for later versions, and passed over."""
    if len(data) <= HEADER:
        raise BadFrame(f"a binary frame has {HEADER} bytes of header and a payload; this one has {len(data)} bytes")
    kind, _, _, sequence, timestamp = _HEADER.unpack_from(data)
    if kind not in (SOUND, PICTURE):
        raise BadFrame(f"kind {kind} of a binary frame is unknown; {SOUND} is sound, {PICTURE} a picture")
    return Frame(kind, sequence, timestamp, data[HEADER:])


def since(number: int, earlier: int) -> int:
    """How far a sequence number or timestamp is behind another, modulo `WRAP`; negative where it is before it."""
    return (number - earlier + WRAP // 2) % WRAP - WRAP // 2
