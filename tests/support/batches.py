"""Batches of scripted engines over recordings in tones: no model is needed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from pipeline.cli.progress import Silent
from pipeline.devices.files.paths import unique_names
from pipeline.devices.files.wav import write_wav
from pipeline.graph.graph import Graph
from pipeline.runners.batch.batch import run_batch
from pipeline.runners.batch.results import Summary
from pipeline.testing import scripted_graph, tones

RATE = 16_000


def record(path: Path, words: str) -> Path:
    """A recording of the words, or of a second of silence."""
    path.parent.mkdir(parents=True, exist_ok=True)
    quiet = np.zeros(RATE, np.float32)
    write_wav(path, np.concatenate([quiet, tones(words, RATE), quiet]) if words else quiet, RATE)
    return path


def answer(
    out: Path,
    *paths: Path,
    graph: Graph | None = None,
    jobs: int = 2,
    user: str | None = None,
    progress: Silent | None = None,
) -> Summary:
    """What comes of the recordings."""

    async def main() -> Summary:
        avatar = graph or scripted_graph("assistant")
        await avatar.load()
        try:
            return await run_batch(avatar, unique_names(paths), out, jobs, progress or Silent(), user)
        finally:
            await avatar.close()

    return asyncio.run(main())
