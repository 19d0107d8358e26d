"""Binary frames of the Parley protocol: sound and pictures."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from pipeline.errors import PipelineError

_HEADER = Struct("!BBHII")
"""A frame's header: kind, flags, reserved (0), sequence number, timestamp; 12 bytes, in network byte order."""
HEADER = _HEADER.size

SOUND, PICTURE = 1, 2
"""The kinds of frames."""
WRAP = 2**32
"""Sequence numbers and timestamps begin again at this number."""


class BadFrame(PipelineError):
    """The bytes are no frame."""


class Frame(NamedTuple):
    """A frame of sound, or a picture."""

    kind: int
    """The kind: `SOUND` or `PICTURE`."""
    sequence: int
    """The number of the frame among those of its kind. It begins anywhere and grows by one, modulo `WRAP`."""
    timestamp: int
    """The number of the first sample since the stream began, modulo `WRAP`; 0 for a picture."""
    payload: bytes
    """Sound in the format that was agreed on, or a PNG, JPEG or WebP file."""


def pack(kind: int, sequence: int, timestamp: int, payload: bytes) -> bytes:
    """Return the bytes of a frame."""
    return _HEADER.pack(kind, 0, 0, sequence % WRAP, timestamp % WRAP) + payload


def unpack(data: bytes) -> Frame:
    """Return the frame in these bytes. Raises BadFrame. Flags are meant for later versions and ignored."""
    if len(data) <= HEADER:
        raise BadFrame(f"a binary frame has {HEADER} bytes of header and a payload; this one has {len(data)} bytes")
    kind, _, _, sequence, timestamp = _HEADER.unpack_from(data)
    if kind not in (SOUND, PICTURE):
        raise BadFrame(f"kind {kind} of a binary frame is unknown; {SOUND} is sound, {PICTURE} a picture")
    return Frame(kind, sequence, timestamp, data[HEADER:])


def since(number: int, earlier: int) -> int:
    """Return how much `number` exceeds `earlier`, modulo `WRAP`; negative where it comes before it. Both are sequence
    numbers, or both are timestamps."""
    return (number - earlier + WRAP // 2) % WRAP - WRAP // 2
