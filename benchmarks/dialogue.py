"""Plays dialogues with a served avatar, and counts what it answers and does right.

    python benchmarks/dialogue.py [--suite DIR_OR_FILE] [--only NAME|AREA] [--voice] [--noise DB] [--misses] [--json]
    python benchmarks/dialogue.py --phrasings FILE [--part heldout] [--misses] [--json]
    python benchmarks/dialogue.py --out-of-scope FILE [--misses] [--json]

A suite is a YAML list of dialogues, or a folder of such files; `dialogue_suite.py` says what a turn may expect. Each
dialogue is played by a user of its own over the Parley protocol, with the world in a temporary file. With `--voice`
another voice than the avatar's speaks the lines, and with `--noise` pink noise lies so many decibels below it. Times
run from the text, or from the release of the key, to the first audible sound at the client.

`--phrasings` measures the intent stage of the graph alone, on labelled phrasings; `--out-of-scope` counts the lines of
a file, each said by a new user, after which something was done. Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # tests/support reads labelled phrasings

import intent
from dialogue_client import Talker
from dialogue_stage import graph_recogniser
from dialogue_suite import Answer, Dialogue, Judge, Line, Played, State, areas, read_suite
from dialogue_voice import Speaking
from serving import served
from support.phrasings import read_phrasings

from models.task.world.setting import load_setting
from models.task.world.world import WorldStore

SUITE = ROOT / "tests" / "data" / "dialogues"


@dataclass(frozen=True, slots=True)
class Stage:
    """A server with an avatar, and the world in which it acts."""

    url: str
    world: WorldStore
    speaking: Speaking | None
    """The voice of the users; None where they type."""

    def state(self, user: str) -> State:
        """The user's world now."""
        world = self.world.of(user)
        return State(world.coins, world.holdings(), world.place, len(world.timers()))

    async def ask(self, talker: Talker, line: str) -> Answer:
        """Let the talker say or type a line."""
        if self.speaking is None:
            return await talker.write(line)
        return await talker.say(await asyncio.to_thread(self.speaking.say, line))

    async def play(self, dialogue: Dialogue, user: str) -> list[Played]:
        """Play a dialogue to its end, whatever is answered."""
        judge, played = Judge(self.state(user)), []
        async with Talker(self.url, user) as talker:
            for number, line in enumerate(dialogue.turns, start=1):
                answer = await self.ask(talker, line.say)
                played.append(Played(dialogue, number, answer, judge.judge(line, answer, self.state(user))))
        return played


@asynccontextmanager
async def staged(graph: str, options: Sequence[str], speaking: Speaking | None) -> AsyncIterator[Stage]:
    """A server of the graph, with a new world. `options` change the graph, as ``--set`` does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "world.sqlite")
        sets = [part for change in (f"stages.task.with.world={path}", *options) for part in ("--set", change)]
        async with served(graph, *sets) as server:
            world = WorldStore(path, time.time, load_setting())
            try:
                yield Stage(server.socket, world, speaking)
            finally:
                world.close()


async def play_suite(stage: Stage, suite: Sequence[Dialogue]) -> list[Played]:
    """Play all dialogues one after another."""
    played: list[Played] = []
    for index, dialogue in enumerate(suite):
        turns = await stage.play(dialogue, f"user{index}")
        played += turns
        right = sum(turn.verdict.right for turn in turns)
        print(f"{dialogue.area:14} {dialogue.name:32} {right} of {len(turns)}", file=sys.stderr)
    return played


def measures(played: Sequence[Played]) -> dict[str, Any]:
    """What some turns show. A whole dialogue is right if each of its turns is."""
    dialogues: dict[str, bool] = {}
    for turn in played:
        dialogues[turn.dialogue.name] = dialogues.get(turn.dialogue.name, True) and turn.verdict.right
    return {
        "turns": len(played),
        "turns_right": sum(turn.verdict.right for turn in played),
        "dialogues": len(dialogues),
        "dialogues_right": sum(dialogues.values()),
        "wrong_deeds": sum(bool(turn.verdict.wrong) for turn in played),
        "missing_deeds": sum(bool(turn.verdict.missing) for turn in played),
        "first_sound_ms": spread([turn.answer.first for turn in played if turn.answer.first is not None]),
    }


def spread(values: Sequence[float]) -> dict[str, float] | None:
    """The median and the 90th percentile; None without values."""
    if not values:
        return None
    tenths = statistics.quantiles(values, n=10, method="inclusive") if len(values) > 1 else [values[0]] * 9
    return {"p50": round(statistics.median(values), 1), "p90": round(tenths[-1], 1)}


def missed(played: Sequence[Played]) -> list[dict[str, Any]]:
    """The turns that are not right: what was said, heard and answered, and why it is not right."""
    return [
        {
            "dialogue": turn.dialogue.name,
            "area": turn.dialogue.area,
            "turn": turn.number,
            "say": turn.line.say,
            "heard": turn.answer.heard,
            "said": turn.answer.said,
            "why": turn.verdict.told(),
        }
        for turn in played
        if not turn.verdict.right
    ]


async def out_of_scope(stage: Stage, lines: Sequence[str]) -> dict[str, Any]:
    """The lines after which the world differs or an action was sent, each said by a new user."""
    deeds = []
    for index, line in enumerate(lines):
        user = f"stranger{index}"
        before = stage.state(user)
        async with Talker(stage.url, user) as talker:
            answer = await stage.ask(talker, line)
        after = stage.state(user)
        if answer.actions or after != before:
            why = [f"sent {kind}" for kind in answer.actions] + ["the world changed"] * (after != before)
            deeds.append({"say": line, "heard": answer.heard, "said": answer.said, "why": why})
        print(f"{index + 1:4} of {len(lines)}, deeds: {len(deeds)}", file=sys.stderr)
    return {"lines": len(lines), "deeds": len(deeds), "misses": deeds}


def phrasings(graph: str, options: Sequence[str], file: Path, part: str, *, misses: bool) -> dict[str, Any]:
    """The measures of the graph's intent stage on labelled phrasings, as benchmarks/intent.py has them."""
    labelled = read_phrasings(part, file)
    with graph_recogniser(graph, ["stages.task.with.world=:memory:", *options]) as recogniser:
        found: dict[str, Any] = intent.score(recogniser, labelled)
        return found | ({"misses": intent.misses(recogniser, labelled)} if misses else {})


def chosen(suite: Sequence[Dialogue], only: Sequence[str]) -> list[Dialogue]:
    """The dialogues of the names and areas in `only`; all of them where it is empty. Exits where it names none."""
    known = {name for dialogue in suite for name in (dialogue.name, dialogue.area)}
    if unknown := [name for name in only if name not in known]:
        found = ", ".join(dict.fromkeys(dialogue.area for dialogue in suite))
        raise SystemExit(f"--only: no dialogue and no area is called '{unknown[0]}'; the areas are: {found}")
    return [dialogue for dialogue in suite if not only or {dialogue.name, dialogue.area} & set(only)]


async def run(given: argparse.Namespace) -> dict[str, Any]:
    """Serve the graph, and play what the command line asks for."""
    suite = [] if given.out_of_scope else chosen(read_suite(given.suite), given.only)
    speaking = Speaking(given.noise) if given.voice else None
    async with staged(given.graph, given.set, speaking) as stage:
        if given.out_of_scope:
            lines = given.out_of_scope.read_text(encoding="utf-8").splitlines()
            return await out_of_scope(stage, [line.strip() for line in lines if line.strip()])
        await stage.play(_WARM, "warm-up")  # the first turn warms up what loading did not
        played = await play_suite(stage, suite)
    return {name: measures(turns) for name, turns in areas(played).items()} | {"misses": missed(played)}


_WARM = Dialogue(name="warm-up", area="", turns=(Line(say="How much is a lantern?"), Line(say="Hello!")))


def show(results: dict[str, Any], *, misses: bool) -> None:
    """Print the results for people."""
    lost = results.pop("misses", [])
    for name, value in results.items():
        print(f"{name:16} {_told(value) if isinstance(value, dict) else value}")
    for miss in lost if misses else []:
        if isinstance(miss, str):
            print(miss)
            continue
        where = f"{miss['area']}/{miss['dialogue']}#{miss['turn']}" if "dialogue" in miss else "out of scope"
        heard = f" [{miss['heard']}]" if miss["heard"] != miss["say"] else ""
        why = "; ".join(
            miss.get("why", [*miss.get("actions", ()), *(["world changed"] if miss.get("changed") else [])])
        )
        print(f"\n{where}\n  > {miss['say']}{heard}\n  < {miss['said']}\n  {why}")


def _told(found: dict[str, Any]) -> str:
    first = found["first_sound_ms"] or {"p50": "-", "p90": "-"}
    return (
        f"turns {found['turns_right']:3} of {found['turns']:3} ({found['turns_right'] / found['turns']:4.0%})  "
        f"dialogues {found['dialogues_right']:3} of {found['dialogues']:3} "
        f"({found['dialogues_right'] / found['dialogues']:4.0%})  wrong deeds {found['wrong_deeds']:2}  "
        f"missing {found['missing_deeds']:2}  first sound p50 {first['p50']} ms, p90 {first['p90']} ms"
    )


def main() -> None:
    """Print the results as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=Path, default=SUITE, metavar="DIR_OR_FILE")
    parser.add_argument("--graph", default="assistant", metavar="NAME_OR_FILE")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="an option of the graph")
    parser.add_argument("--only", action="append", default=[], metavar="NAME|AREA", help="may be given several times")
    parser.add_argument("--voice", action="store_true", help="speak the lines instead of typing them")
    parser.add_argument("--noise", type=float, metavar="DB", help="signal-to-noise ratio of what is spoken")
    parser.add_argument("--phrasings", type=Path, metavar="FILE")
    parser.add_argument("--part", choices=["calibration", "heldout"], default="heldout", help="of the phrasings")
    parser.add_argument("--out-of-scope", type=Path, metavar="FILE", help="a line each")
    parser.add_argument("--misses", action="store_true", help="list what went wrong")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    given = parser.parse_args()
    if given.noise is not None and not given.voice:
        parser.error("--noise lies under what is spoken; give --voice too")
    if given.phrasings:
        results = phrasings(given.graph, given.set, given.phrasings, given.part, misses=given.misses)
    else:
        results = asyncio.run(run(given))
    if given.json:
        print(json.dumps(results, ensure_ascii=False))
    else:
        show(results, misses=given.misses)


if __name__ == "__main__":
    main()
