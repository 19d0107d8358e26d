"""Sound in events: base64 of 16-bit samples or of G.711."""

from __future__ import annotations

import base64
import binascii
from functools import cache
from typing import Annotated, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, Field

from models.protocols import Samples
from pipeline.devices.pcm import WIDTH, from_pcm16, to_pcm16
from pipeline.runners.serve.realtime.event_error import EventError

TELEPHONE = 8_000
"""The sample rate of G.711 in Hz."""


class Pcm(BaseModel):
    """Signed 16-bit samples, little-endian."""

    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Literal[24_000] = 24_000

    def encode(self, samples: Samples) -> bytes:
        """Return samples, shape (n,), as bytes."""
        return to_pcm16(samples)

    def decode(self, data: bytes) -> Samples:
        """Return bytes as samples, shape (n,). Raises EventError where their number is odd."""
        if len(data) % WIDTH:
            raise EventError(f"{len(data)} bytes are no 16-bit samples: their number is odd", param="audio")
        return from_pcm16(data)


class G711(BaseModel):
    """G.711, one byte for each sample: mu-law as in North America and Japan, or A-law as elsewhere."""

    type: Literal["audio/pcmu", "audio/pcma"]

    @property
    def rate(self) -> int:
        """The sample rate in Hz."""
        return TELEPHONE

    @property
    def _levels(self) -> Samples:
        """The level that each byte stands for, shape (256,)."""
        return _mu_law() if self.type == "audio/pcmu" else _a_law()

    def encode(self, samples: Samples) -> bytes:
        """Return samples, shape (n,), as bytes; each byte stands for the nearest level."""
        order = np.argsort(self._levels, kind="stable")
        levels = self._levels[order]
        nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, samples)
        return bytes(order[nearest].astype(np.uint8))

    def decode(self, data: bytes) -> Samples:
        """Return bytes as samples, shape (n,)."""
        return self._levels[np.frombuffer(data, np.uint8)]


AudioFormat: TypeAlias = Annotated[Pcm | G711, Field(discriminator="type")]
"""The format of sound in one direction."""


@cache
def _mu_law() -> Samples:
    """Return the levels of mu-law (ITU-T G.711, table 2): sign, 3 bits of segment, 4 bits of step, all inverted; 14
    bits of full scale."""
    code = np.arange(256) ^ 0xFF
    segment, step = code >> 4 & 7, code & 15
    size = ((2 * step + 33) << segment) - 33
    return np.where(code & 0x80, -size, size).astype(np.float32) / np.float32(8_192)


@cache
def _a_law() -> Samples:
    """Return the levels of A-law (ITU-T G.711, table 1): the same fields, with every second bit inverted; 13 bits of
    full scale."""
    code = np.arange(256) ^ 0x55
    segment, step = code >> 4 & 7, code & 15
    size = np.where(segment, (2 * step + 33) << np.maximum(segment, 1) - 1, 2 * step + 1)
    return np.where(code & 0x80, size, -size).astype(np.float32) / np.float32(4_096)


def from_base64(audio: str) -> bytes:
    """Return the bytes that a text in base64 holds. Raises EventError."""
    try:
        return base64.b64decode(audio, validate=True)
    except binascii.Error as error:
        raise EventError(f"that is no base64: {error}", param="audio") from error


def to_base64(data: bytes) -> str:
    """Return bytes as a text in base64."""
    return base64.b64encode(data).decode("ascii")
