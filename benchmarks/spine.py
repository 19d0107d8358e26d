"""Measures the spine of the pipeline: python benchmarks/spine.py [--audio DIR] [--graph NAME] [--json]

DIR holds WAV files and manifest.json, a list of {file, ref, end_sample}. Without it the project's samples are spoken.
The last line of --json is one object. Times are this machine's, so compare them only within one run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # tests/support reads answers back

import first_audible
import intent
import overhead
import quality
from recordings import spoken

from pipeline.graph.build import open_graph

GOALS = {
    "first_audible_ms": "p50 <= 250, aim 150",
    "hop_us": "<= 5",
    "turn_ms": "<= 0.2",
    "import_s": "<= 0.2",
    "viseme_error_ms": "<= 20",
    "answer_wer": "<= 0.10",
}


async def run(audio: Path | None, graph_name: str) -> dict[str, Any]:
    """Take every measure."""
    utterances = spoken(audio)
    results: dict[str, Any] = {"graph": graph_name}
    results["import_s"], _ = overhead.import_s("pipeline")
    results["import_all_s"], brought = overhead.import_s("pipeline.graph.build, pipeline.runtime.session")
    results["model_libraries_imported"] = brought
    results["hop_us"] = await overhead.hop_us()
    results["lone_hop_us"] = await overhead.lone_hop_us()
    results["turn_ms"] = await overhead.turn_ms()
    graph = open_graph(graph_name, ["stages.task.with.world=:memory:"])
    await graph.load()
    results["first_audible_ms"] = await first_audible.measure(graph, utterances)
    results |= await quality.measure(graph, utterances)
    await graph.close()
    return results | intent.summary()


def main() -> None:
    """Print the measures as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, metavar="DIR")
    parser.add_argument("--graph", default="assistant")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    results = asyncio.run(run(given.audio, given.graph))
    if given.json:
        print(json.dumps(results))
        return
    for name, value in results.items():
        print(f"{name:26} {value!s:70} {GOALS.get(name, '')}")


if __name__ == "__main__":
    main()
