"""Measures free talk: python benchmarks/small_talk.py [--graph NAME] [--role ROLE] [--lines FILE] [--turns N] [--json]

The graph's response stage answers the lines of a user, one after another, in one conversation. The report counts
sentences that were said before within 40 turns, sentences that claim to be human or somebody else's, answers that came
from no model, and the time from the words to the first clause. `--transcript FILE` writes what was said, to be read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from models.context import Context
from models.dialogue import Dialogue, Exchange
from models.language.finding import find_language
from models.language.repetition import TURNS, sentences_of
from models.protocols import UNKNOWN
from pipeline.graph.build import open_graph
from pipeline.packets import Outcome, Transcript
from pipeline.stages.response import Response
from pipeline.stages.stage import Turn

LINES = Path(__file__).with_suffix(".txt")
OPEN = Outcome(UNKNOWN, "open")
"""The task that every line comes to: nothing that a skill knows."""


@dataclass(slots=True)
class Talked:
    """A conversation, and when each answer began."""

    said: list[tuple[str, str]] = field(default_factory=list)
    """The user's line and the answer."""
    first: list[float] = field(default_factory=list)
    """Seconds from the line to the first clause."""
    whole: list[float] = field(default_factory=list)
    """Seconds from the line to the end of the answer."""


async def converse(stage: Response, lines: list[str], language: str, transcript: TextIO | None = None) -> Talked:
    """Say the lines one after another, and keep what was answered. It is written to `transcript` as it is said."""
    talked, dialogue = Talked(), Dialogue()
    for number, line in enumerate(lines):
        turn = Turn(str(number), Context(language=language, languages=(language,), dialogue=dialogue))

        async def inputs(line: str = line) -> Any:
            yield Transcript(line, language, 0.0, 1.0)
            yield OPEN

        began, first, answer = time.perf_counter(), 0.0, ""
        async for reply in stage.run(inputs(), turn):
            first = first or time.perf_counter() - began
            answer += reply.text
        talked.said.append((line, answer))
        talked.first.append(first)
        talked.whole.append(time.perf_counter() - began)
        if transcript is not None:
            transcript.write(f"> {line}\n{answer}\n\n")
            transcript.flush()
        dialogue = dialogue.add(Exchange(line, answer, turn=str(number), language=language))
    return talked


def report(talked: Talked, language: str) -> dict[str, Any]:
    """What the conversation shows."""
    rules = find_language(language).talk
    sentences = [sentences_of([answer]) for _, answer in talked.said]
    repeated = [
        sentence
        for at, said in enumerate(sentences)
        for sentence in said
        if any(sentence in before for before in sentences[max(0, at - TURNS) : at])
    ]
    claims = [answer for _, answer in talked.said if rules.human.search(answer) or rules.maker.search(answer)]
    instead = {line.strip() for line in (*rules.blank, *rules.puzzled, *rules.honest, *rules.made)}
    return {
        "turns": len(talked.said),
        "repeated": repeated,
        "claims": claims,
        "by_phrase": sum(any(line in answer for line in instead) for _, answer in talked.said),
        "unanswered": sum(not answer for _, answer in talked.said),
        "first_clause_ms": _spread(talked.first),
        "whole_answer_ms": _spread(talked.whole),
    }


def _spread(seconds: list[float]) -> dict[str, int]:
    tenths = statistics.quantiles(seconds, n=10)
    return {"p50": round(1000 * statistics.median(seconds)), "p90": round(1000 * tenths[-1])}


async def main() -> None:
    """Run the conversation, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graph", default="assistant")
    parser.add_argument("--role", default="guide")
    parser.add_argument("--language", default="en")
    parser.add_argument("--lines", type=Path, default=LINES)
    parser.add_argument("--turns", type=int, default=0)
    parser.add_argument("--transcript", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    graph = open_graph(given.graph, [f"stages.response.persona={given.role}", *given.set])
    stage = next(node.stage for node in graph.nodes if isinstance(node.stage, Response))
    await stage.host.load()
    await stage.prepare({})
    lines = [line for line in given.lines.read_text(encoding="utf-8").splitlines() if line.strip()]
    with given.transcript.open("w", encoding="utf-8") if given.transcript else nullcontext() as transcript:
        talked = await converse(stage, lines[: given.turns or None], given.language, transcript)
    await graph.close()
    found = report(talked, given.language)
    if given.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print("\n".join(f"{name}: {value}" for name, value in found.items()))


if __name__ == "__main__":
    asyncio.run(main())
