"""Measures the server: python benchmarks/serve.py [--audio DIR] [--graph NAME] [--only KEY,KEY] [--json]

DIR holds WAV files and manifest.json, a list of {file, ref, end_sample}. Without it the project's samples are spoken.
Simulated headsets talk over loopback, at real speed, to a `parley serve` that it starts. Its progress goes to stderr.
Times are this machine's, so compare them only within one run. It needs a quiet machine with two cores.
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

import serving_answers
import serving_load
import serving_mouth
import serving_relay
import sounds
from serving import OVERRIDES

from pipeline.graph.build import open_graph

GOALS = {
    "ws_ptt_ms": "above_talk <= 30",
    "webrtc_ptt_ms": "above_talk <= 30",
    "av_skew_ms": "p95 <= 20",
    "wifi_gap_ms": "largest <= 60",
    "relay_sessions_per_core": "sessions >= 300",
    "talking_sessions": "as many as keep p95 <= 1000",
    "idle_session_mb": "mb <= 0.2, left about 0",
}
LONG = "where.wav#1"
"""The utterance that gets a long answer."""


async def run(audio: Path | None, graph_name: str, keys: frozenset[str]) -> dict[str, Any]:
    """The measures for some keys."""
    results: dict[str, Any] = {"graph": graph_name, "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    clips = sounds.utterances(audio)
    if ways := [way for way in ("ws", "webrtc") if f"{way}_ptt_ms" in keys]:
        graph = open_graph(graph_name, OVERRIDES)
        await graph.load()
        results |= await serving_answers.push_to_talk(graph, graph_name, clips, ways)
        await graph.close()
    if "av_skew_ms" in keys:
        results |= await serving_mouth.measure(graph_name)
    if "wifi_gap_ms" in keys:
        clip = next((clip for clip in clips if clip.name == LONG), clips[0])
        results |= await serving_answers.wifi(graph_name, clip)
    if "talking_sessions" in keys:
        results |= await serving_load.talking(graph_name, clips)
    if "idle_session_mb" in keys:
        results |= await serving_load.idle(graph_name)
    return results


def main() -> None:
    """Print the measures as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, metavar="DIR")
    parser.add_argument("--graph", default="assistant")
    parser.add_argument("--only", default=",".join(GOALS), metavar="KEY,KEY", help=", ".join(GOALS))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    keys = frozenset(given.only.split(","))
    if unknown := keys - set(GOALS):
        parser.error(f"--only: there is no key {', '.join(sorted(unknown))}; there are: {', '.join(GOALS)}")
    results: dict[str, Any] = {}
    if "relay_sessions_per_core" in keys:
        results |= serving_relay.measure()
    results = asyncio.run(run(given.audio, given.graph, keys)) | results
    if given.json:
        print(json.dumps(results))
        return
    for name, value in results.items():
        print(f"{name:24} {value!s}{f'   [{GOALS[name]}]' if name in GOALS else ''}")


if __name__ == "__main__":
    main()
