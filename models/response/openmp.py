"""How OpenMP threads wait for each other, for engines whose libraries use it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_SPINS = "100"
"""What libgomp itself takes where it knows of more threads than cores (its manual, GOMP_SPINCOUNT)."""


@contextmanager
def brief_spinning() -> Iterator[None]:
    """For the import of a library that brings libgomp, which reads its settings when it is first loaded.

    A language model's threads meet some 300 times a token. Where the voice, or another program, has taken a core,
    libgomp's way of spinning for milliseconds each time makes a token take a second. Settings of the user's stand."""
    if "GOMP_SPINCOUNT" in os.environ or "OMP_WAIT_POLICY" in os.environ:
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = _SPINS
    try:
        yield
    finally:
        del os.environ["GOMP_SPINCOUNT"]
