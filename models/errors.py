"""Errors of the model side.

ModelError                  anything this package raises on purpose
├── ModelUnavailable        weights or a package are not here, and the message says how to get them
└── ModelCorrupt            a file does not match its checksum
"""

from __future__ import annotations


class ModelError(Exception):
    """Anything this package raises on purpose; its message names the place and the remedy."""


class ModelUnavailable(ModelError):
    """Weights or a package are not on this machine, and could not be fetched."""


class ModelCorrupt(ModelError):
    """A file does not match the checksum in the catalogue."""
