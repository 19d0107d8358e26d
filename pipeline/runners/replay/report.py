"""The result of a replay: in words, as data for machines, and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pipeline.graph.graph import Graph
from pipeline.runners.replay.page.page import page
from pipeline.runners.replay.page.scene import clock, scene
from pipeline.runners.replay.replay import Difference, Replayed, ReplayedTurn
from pipeline.runtime.journal import Header, Recorded


def length(recorded: Recorded) -> float:
    """How long the session took, as far as it was recorded, in seconds."""
    ends = [at for at, _ in recorded.states]
    for turn in recorded.turns:
        ends += [turn.ended or turn.began, *(crossing.at for crossing in turn.crossings[-1:])]
    return max(ends, default=0.0)


def passed_over(replayed: Replayed) -> list[str]:
    """Ids of the turns that were not run again."""
    run = {id(turn.recorded) for turn in replayed.turns}
    return [turn.turn.id for turn in replayed.recorded.turns if id(turn) not in run]


def upgrades(header: Header) -> Iterator[tuple[str, str, str]]:
    """Give the engines' packages that had another version: name, recorded version, version here."""
    packages: dict[str, str] = {"parley-avatar": header.parley}
    for engine in header.engines:
        packages |= engine.packages
    for name, then in packages.items():
        try:
            here = version(name)
        except PackageNotFoundError:
            here = "not installed"
        if here != then:
            yield name, then, here


def sentence(difference: Difference) -> str:
    """A difference as one line of text."""
    first = difference.changes[0]
    return (
        f"{difference.node}, packet {difference.index + 1}: {first.place}: "
        f"recorded {first.recorded}, replayed {first.replayed}"
    )


def summary(replayed: Replayed, standing_in: frozenset[str]) -> str:
    """The result as one line of text."""
    turns, differing, lasted = len(replayed.turns), len(replayed.differing), length(replayed.recorded)
    outcome = f"{differing} of {turns} turns differ" if differing else f"All {turns} turns are equal"
    speed = lasted / replayed.seconds if replayed.seconds else 0.0
    given = f"; recorded packets stood in for {', '.join(sorted(standing_in))}" if standing_in else ""
    return f"{outcome}. {lasted:.1f} s replayed in {replayed.seconds:.1f} s, {speed:.1f} × real time{given}."


def as_data(replayed: Replayed, standing_in: frozenset[str]) -> dict[str, Any]:
    """The result as data for machines. Times are in seconds, packets count from 0."""
    recorded = replayed.recorded
    return {
        "schema_version": 1,
        "journal": str(recorded.folder),
        "graph": recorded.header.graph,
        "stopped": recorded.stopped,
        "equal": not replayed.differing,
        "recorded_s": round(length(recorded), 3),
        "seconds": round(replayed.seconds, 3),
        "standing_in": sorted(standing_in),
        "turns": [_turn(turn) for turn in replayed.turns],
        "passed_over": passed_over(replayed),
        "upgrades": [
            {"package": name, "recorded": then, "here": here} for name, then, here in upgrades(recorded.header)
        ],
    }


def _turn(turn: ReplayedTurn) -> dict[str, Any]:
    transcript = turn.record.transcript
    return {
        "turn": turn.recorded.turn.id,
        "fate": turn.recorded.record.fate if turn.recorded.record else None,
        "equal": not turn.differences,
        "packets": turn.compared,
        "transcript": transcript.text if transcript else "",
        "reply": turn.record.reply,
        "heard": turn.record.heard,
        "differences": [
            {
                "stage": difference.node,
                "packet": difference.index,
                "changes": [
                    {"place": change.place, "recorded": change.recorded, "replayed": change.replayed}
                    for change in difference.changes
                ],
            }
            for difference in turn.differences
        ],
    }


def as_page(recorded: Recorded, graph: Graph, replayed: Replayed | None, note: str) -> str:
    """The session as an HTML page; `replayed` marks the turns that differ, `note` stands under the title."""
    notes: Mapping[str, list[str]] = {}
    if replayed:
        notes = {turn.recorded.turn.id: _notes(turn) for turn in replayed.turns}
    header = recorded.header
    facts = {
        "started": f"{header.started[:16].replace('T', ' ')} UTC",
        "length": clock(length(recorded)),
        "graph": header.graph,
        "user": header.user,
        "parley": header.parley,
    }
    if recorded.stopped:
        facts["ends early"] = recorded.stopped
    scenes = [scene(recorded, turn, graph, notes.get(turn.turn.id, ())) for turn in recorded.turns]
    return page(f"Session of {header.started[:10]}", facts, scenes, note)


def _notes(turn: ReplayedTurn) -> list[str]:
    """How a turn differs: the first edge, and the new answer where it has other words."""
    if not turn.differences:
        return []
    then = turn.recorded.record
    notes = [f"Replayed differently from {sentence(turn.differences[0])}"]
    if then and then.reply != turn.record.reply:
        notes.append(f"This time it said: {turn.record.reply.strip() or 'nothing'}")
    return notes
