"""Runs an hour of conversation in a few minutes: python benchmarks/soak.py [--graph NAME] [--minutes N] [--json]

Real engines talk hands-free in a simulated room and virtual time. The user says something every minute, and more often
in the first five minutes. Every second answer is interrupted by another utterance or by a cough. It counts what the
process holds after five minutes and at the end, and on stderr every minute. Counting needs Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

import numpy as np
from recordings import spoken

from models.protocols import Samples
from pipeline.devices.files.decoding import SAMPLE_RATE
from pipeline.graph.build import open_graph
from pipeline.testing import Card, Room, Talk, run, talking

WARM = 300.0
"""Seconds after which nothing should grow."""
OFTEN, SELDOM = 15.0, 60.0
"""Seconds from one utterance to the next, until `WARM` and after it. By then every utterance was said once."""
LATER = 2.5
"""Seconds from the end of an utterance until it, or its answer, is interrupted."""
ROOM = partial(Room, keep=10.0, card=Card(block=0.02))


def held() -> dict[str, float]:
    """The resources that the process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "rss_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1),
        "objects": len(gc.get_objects()),
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()),
        "files": len(os.listdir("/proc/self/fd")),
    }


def cough() -> Samples:
    """A third of a second of noise that fades."""
    random = np.random.default_rng(5)
    fading = np.exp(-np.linspace(0.0, 5.0, SAMPLE_RATE // 3))
    return (0.4 * fading * random.standard_normal(fading.size)).astype(np.float32)


async def soak(graph_name: str, seconds: float) -> dict[str, Any]:
    """Converse for `seconds` of virtual time."""
    graph = open_graph(graph_name, ["stages.task.with.world=:memory:"])
    await graph.load()
    fates: Counter[str] = Counter()
    async with talking(graph, "hands-free", ROOM) as talk:
        utterances = cycle([said.samples for said in spoken(None)])
        async for _ in _rounds(talk, utterances, 0.0, WARM, OFTEN):
            _count(talk, fates)
        warm = held()
        async for _ in _rounds(talk, utterances, WARM, seconds, SELDOM):
            _count(talk, fates)
        end = held()
    await graph.close()
    return {"minutes": seconds / 60, "turns": dict(fates), "warm": warm, "end": end}


async def _rounds(
    talk: Talk, utterances: Iterator[Samples], start: float, end: float, every: float
) -> AsyncIterator[None]:
    """Fill the time from `start` to `end` with an utterance `every` so many seconds."""
    for number in range(round((end - start) / every)):
        begin = start + number * every
        over = talk.room.say(next(utterances), at=begin + 0.1)
        if number % 4 == 1:
            talk.room.say(next(utterances), at=over + LATER)
        elif number % 4 == 3:
            talk.room.say(cough(), at=over + LATER)
        await talk.room.until(begin + every)
        yield


def _count(talk: Talk, fates: Counter[str]) -> None:
    """Count how the latest turns ended, and keep nothing else of them."""
    fates.update(record.fate.value for record in talk.turns)
    talk.turns.clear()
    talk.states.clear()
    if talk.room.now % 60 < 1:
        print(f"{talk.room.now / 60:3.0f} min: {held()}", file=sys.stderr)


def measure(graph_name: str, minutes: float = 60.0) -> dict[str, Any]:
    """What the process held after five minutes and at the end, and how many seconds the run took."""
    began = time.perf_counter()
    results = run(soak(graph_name, 60 * minutes))
    return results | {"seconds": round(time.perf_counter() - began, 1)}


def main() -> None:
    """Print what grew, as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graph", default="assistant")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    results = measure(given.graph, given.minutes)
    if given.json:
        print(json.dumps(results))
        return
    print(f"{results['minutes']:g} minutes in {results['seconds']:g} s; turns: {results['turns']}")
    print(f"{'held':8} {'5 min':>9} {'end':>9}")
    for name, before in results["warm"].items():
        print(f"{name:8} {before:9g} {results['end'][name]:9g}")


if __name__ == "__main__":
    main()
