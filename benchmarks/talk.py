"""Measures live talk: python benchmarks/talk.py [--audio DIR] [--graph NAME] [--only PART,PART] [--json]

DIR holds WAV files and manifest.json, a list of {file, ref, end_sample}. Without it the project's samples are spoken,
some with noise, other talkers or a pause in them. Sound comes and goes at real speed through a simulated microphone and
loudspeaker, so a run takes minutes. Its progress goes to stderr. Times are this machine's, so compare them only within
one run. The parts are ptt, hands_free, barge_in, false_stops and soak.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # tests/support counts word errors

import answering
import interrupting
import soak
import sounds

from pipeline.graph.build import open_graph

OVERRIDES = ["stages.task.with.world=:memory:", "turns.filler=off", "turns.idle=off"]
"""Options of the graph: nothing is kept, and no filler or idle phrase passes for an answer."""
PARTS = ("ptt", "hands_free", "barge_in", "false_stops", "soak")
GOALS = {
    "ptt_ms": "p50 <= 200, aim 150; p90 <= 350, aim 250",
    "hands_free_ms": "p50 <= 450, aim 350; p90 <= 900, aim 700; cut_early 0",
    "barge_in_ms": "<= 150, inside <= 20",
    "false_stops": "<= 1 of 20",
    "missed_interruptions": "0 of 20",
    "soak": "no growth after the first five minutes",
}


async def run(audio: Path | None, graph_name: str, parts: frozenset[str]) -> dict[str, Any]:
    """The measures of some parts."""
    results: dict[str, Any] = {"graph": graph_name, "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    clips = sounds.utterances(audio)
    graph = open_graph(graph_name, OVERRIDES)
    await graph.load()
    if "ptt" in parts:
        results |= await answering.by_key(graph, clips)
    if "hands_free" in parts:
        results |= await answering.by_voice(graph, clips)
    if "barge_in" in parts:
        results |= await interrupting.meant(graph, sounds.interruptions())
    if "false_stops" in parts:
        results |= await interrupting.not_meant(graph, sounds.distractions())
    await graph.close()
    return results


def main() -> None:
    """Print the measures as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, metavar="DIR")
    parser.add_argument("--graph", default="assistant")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PART,PART", help=", ".join(PARTS))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    parts = frozenset(given.only.split(","))
    if unknown := parts - set(PARTS):
        parser.error(f"--only: there is no part {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
    results = asyncio.run(run(given.audio, given.graph, parts))
    if "soak" in parts:
        results["soak"] = soak.measure(given.graph)
    if given.json:
        print(json.dumps(results))
        return
    for name, value in results.items():
        print(f"{name:22} {value!s}{f'   [{GOALS[name]}]' if name in GOALS else ''}")


if __name__ == "__main__":
    main()
