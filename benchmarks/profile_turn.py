"""Profiles one live turn: python benchmarks/profile_turn.py [--graph NAME] [--policy POLICY] [--lines N]

It prints what each stage did in the turn, then the functions of the event loop's thread by their own time, from half a
second before the first word to the answer's first sound. Engines run on threads of their own, so their time is in the
table. Profiling makes Python code several times slower, so the table is of a turn without it.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import sounds
from answering import Answered, hands_free, push_to_talk

from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph

CLIP = "navigate.wav#1"
POLICIES: dict[str, Callable[[Graph, sounds.Clip], Awaitable[Answered]]] = {
    "push-to-talk": push_to_talk,
    "hands-free": hands_free,
}


async def profile(graph_name: str, policy: str) -> cProfile.Profile:
    """Run three turns, each in its own conversation: one to warm up, one for the table, one under the profiler."""
    (clip,) = (clip for clip in sounds.utterances(None) if clip.name == CLIP)
    graph = open_graph(graph_name, ["stages.task.with.world=:memory:"])
    await graph.load()
    answer = POLICIES[policy]
    await answer(graph, clip)
    table(await answer(graph, clip))
    profiler = cProfile.Profile()
    profiler.enable()
    await answer(graph, clip)
    profiler.disable()
    await graph.close()
    return profiler


def table(answer: Answered) -> None:
    """Print the turn stage by stage: milliseconds since the user was known to have finished, and what took them."""
    record = answer.record
    if record is None or record.confirmed is None:
        raise SystemExit(f"{answer.clip.name}: no turn was answered")
    origin = record.confirmed - record.began
    print(f"{answer.clip.name}: {answer.ms:.0f} ms from the end of speech to the first sound\n")
    print(f"{'stage':10}{'first in':>10}{'first out':>10}{'computing':>10}{'queued':>10}{'blocked':>10}{'packets':>9}")
    for name, meter in record.report.meters.items():
        times = [None if at is None else at - origin for at in (meter.first_in, meter.first_out)]
        cells = [*times, meter.computing, meter.queued, meter.blocked]
        print(f"{name:10}" + "".join(f"{'-' if cell is None else f'{1000 * cell:.1f}':>10}" for cell in cells), end="")
        print(f"{meter.packets_out:9}")


def main() -> None:
    """Print the table and the profile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graph", default="assistant")
    parser.add_argument("--policy", choices=sorted(POLICIES), default="push-to-talk")
    parser.add_argument("--lines", type=int, default=25)
    given = parser.parse_args()
    profiler = asyncio.run(profile(given.graph, given.policy))
    print()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(given.lines)


if __name__ == "__main__":
    main()
