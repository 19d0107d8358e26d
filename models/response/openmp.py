"""How OpenMP threads wait for each other, for engines whose libraries use it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_SPINS = "1000"
"""SmolLM2 with two threads on two cores, tokens/s while both are free, and while one or two programs burn them: 77, 25
and 40; with 100 it is 36, 38 and 33, with libgomp's default 83 and, burnt, 1 to 10."""


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
