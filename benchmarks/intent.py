"""Measures how well intents are recognised: accuracy, slots and time of each engine on the labelled phrasings.

python benchmarks/intent.py [--engines nearest cascade llm] [--part heldout] [--misses] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from support.phrasings import Phrasing, read_phrasings, slot_counts

from models.context import DEFAULT, Context
from models.intent.cascade import Cascade
from models.intent.llm import Llm
from models.intent.nearest import Nearest
from models.protocols import UNKNOWN, Intent, IntentRecogniser
from models.task.skills import Skills

ENGINES: dict[str, type[IntentRecogniser]] = {"nearest": Nearest, "cascade": Cascade, "llm": Llm}


class Understands(Protocol):
    """An engine of intent recognition, or a stage that is called as one."""

    def understand(self, text: str, context: Context = DEFAULT) -> tuple[Intent, ...]:
        """The commands of one utterance, at least one."""
        ...


def score(engine: Understands, phrasings: Sequence[Phrasing]) -> dict[str, float]:
    """The measures of an engine that has learnt the skills, on the phrasings.

    `accuracy` is the share of right intents, ``unknown`` included. `accuracy_known` is that share among phrasings that
    ask for a skill, `accuracy_unknown` among those that ask for none. `acted_wrongly` is the share of phrasings for
    which a wrong skill would have acted. `slot_f1` is micro-averaged over the slots of all phrasings, where a slot of a
    wrong intent is a wrong slot. `calibration_error` is the distance of confidence and accuracy, averaged over fifths.
    `ms_p50` and `ms_p90` are the time of a call."""
    times, answers = [], []
    for phrasing in phrasings:
        began = time.perf_counter()
        answers.append(engine.understand(phrasing.text)[0])
        times.append(1000 * (time.perf_counter() - began))
    right = np.array([answer.name == phrasing.intent for answer, phrasing in zip(answers, phrasings, strict=True)])
    asked = np.array([phrasing.intent != UNKNOWN for phrasing in phrasings])
    acted = np.array([answer.name != UNKNOWN for answer in answers])
    found, invented, missed = np.sum(list(map(slot_counts, answers, phrasings)), axis=0)
    deciles = statistics.quantiles(times, n=10)
    return {
        "accuracy": float(right.mean()),
        "accuracy_known": float(right[asked].mean()),
        "accuracy_unknown": float(right[~asked].mean()),
        "acted_wrongly": float((acted & ~right).mean()),
        "slot_f1": float(2 * found / (2 * found + invented + missed)),
        "calibration_error": _calibration_error([answer.confidence for answer in answers], right),
        "ms_p50": deciles[4],
        "ms_p90": deciles[8],
    }


def summary() -> dict[str, Any]:
    """The measures of the embedded engine on the held-out phrasings."""
    engine = ready(Nearest())
    results = score(engine, read_phrasings("heldout"))
    engine.close()
    return {"intent_accuracy": round(results["accuracy"], 3), "slot_f1": round(results["slot_f1"], 3)}


def misses(engine: Understands, phrasings: Sequence[Phrasing]) -> list[str]:
    """A line for each phrasing that the engine misunderstands."""
    lines = []
    for phrasing in phrasings:
        answer = engine.understand(phrasing.text)[0]
        _, invented, missed = slot_counts(answer, phrasing)
        if answer.name != phrasing.intent or invented or missed:
            wanted = {name: " / ".join(sorted(values)) for name, values in phrasing.slots.items()}
            lines.append(f"  {phrasing.text!r}: {_brief(answer)}, not {phrasing.intent} {wanted}")
    return lines


def ready(engine: IntentRecogniser) -> IntentRecogniser:
    """The engine, loaded and taught the built-in skills."""
    engine.load()
    engine.learn(Skills(world=":memory:").skills())
    return engine


def main() -> None:
    """Print a line for each engine, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=["nearest"])
    parser.add_argument("--part", choices=["calibration", "heldout"], default="heldout")
    parser.add_argument("--misses", action="store_true", help="list what was not understood")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    given = parser.parse_args()
    phrasings = read_phrasings(given.part)
    results: dict[str, dict[str, float]] = {}
    for name in given.engines:
        engine = ready(ENGINES[name]())
        results[name] = score(engine, phrasings)
        print(f"{name} on {given.part}:", *(f"{key} {value:.3g}" for key, value in results[name].items()))
        if given.misses:
            print(*misses(engine, phrasings), sep="\n")
        engine.close()
    if given.json:
        print(json.dumps(results))


def _brief(answer: Intent) -> str:
    return f"{answer.name} {dict(answer.slots)} ({answer.confidence:.2f})"


def _calibration_error(confidence: Sequence[float], right: Any) -> float:
    """The expected calibration error (Guo et al., 2017) over five bins of equal size."""
    claimed = np.array(confidence)
    bins = np.array_split(np.argsort(claimed, kind="stable"), 5)
    return float(sum(len(group) * abs(claimed[group].mean() - right[group].mean()) for group in bins) / len(claimed))


if __name__ == "__main__":
    main()
