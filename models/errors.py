"""The errors that the models raise.

ModelError                  the base of every error that this package raises on purpose
├── ModelUnavailable        weights or a package are not here, and the message says how to get them
├── SourceFailed            one of several sources did not give a file
├── ModelCorrupt            a file does not match its checksum
├── NotRegistered           no installed package has anything of that name; it is also a ValueError
└── WrongData               a data file has mistakes; it is also a ValueError
"""

from __future__ import annotations


class ModelError(Exception):
    """The base of every error that this package raises on purpose. Its message names the place and the remedy."""


class ModelUnavailable(ModelError):
    """Weights or a package are not on this machine, and could not be fetched."""


class ModelCorrupt(ModelError):
    """A file does not match the checksum in the catalogue."""


class SourceFailed(ModelError):
    """One source did not give the file. The message says why in a few words."""


class NotRegistered(ModelError, ValueError):
    """No installed package registers anything of that name, or what it registers is not there."""


class WrongData(ModelError, ValueError):
    """A data file, such as a setting or a role, has mistakes. The message has a line for each."""
