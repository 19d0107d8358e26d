"""Sets how OpenMP threads wait for each other, for engines whose libraries use OpenMP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_SPINS = "1000"
"""Rounds that a waiting thread spins. Measured in tokens/s of SmolLM2 with two threads on two cores: 77 while both
cores are free, 25 and 40 while one or two other programs use them. With 100 rounds it is 36, 38 and 33. With libgomp's
default it is 83 on free cores, and 1 to 10 on busy ones."""


@contextmanager
def brief_spinning() -> Iterator[None]:
    """A context in which to import a library that brings libgomp, which reads its settings when it is first loaded.

    A language model's threads wait for each other some 300 times a token. If the voice or another program has taken a
    core, libgomp's spinning for milliseconds each time makes a token take a second. The user's own settings stand."""
    if "GOMP_SPINCOUNT" in os.environ or "OMP_WAIT_POLICY" in os.environ:
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = _SPINS
    try:
        yield
    finally:
        del os.environ["GOMP_SPINCOUNT"]
