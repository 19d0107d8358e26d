"""Errors of the model side.

ModelError                  anything this package raises on purpose
├── ModelUnavailable        weights or a package are not here, and the message says how to get them
├── SourceFailed            one of several sources did not give a file
└── ModelCorrupt            a file does not match its checksum
"""

from __future__ import annotations


class ModelError(Exception):
    """Anything this package raises on purpose; its message names the place and the remedy."""


class ModelUnavailable(ModelError):
    """Weights or a package are not on this machine, and could not be fetched."""


class ModelCorrupt(ModelError):
    """A file does not match the checksum in the catalogue."""


class SourceFailed(ModelError):
    """One source did not give the file; the message says why in a few words."""
