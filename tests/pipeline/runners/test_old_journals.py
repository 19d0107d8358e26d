"""Journals of an earlier Parley replay on this one, bit by bit but for what is understood and chatted better now;
tests/data/journals/README.md tells of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.model  # the graph is the real one

JOURNALS = Path(__file__).parents[2] / "data" / "journals"
ROOT = JOURNALS.parents[2]
MACHINE = json.loads((JOURNALS / "machine.json").read_text("utf-8"))
"""The processor that computed what was recorded."""
NOT_COMPARED = {"audio", "task"}
"""The user's sound goes in, and the recorded packets of the stage that acts stand in for it."""


def replay(folder: Path) -> dict[str, Any]:
    """What ``parley replay`` finds. It runs in a process of its own: a language model that has read other conversations
    before rounds differently."""
    command = [sys.executable, "-m", "pipeline.cli", "replay", str(folder), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)
    assert run.returncode in (0, 1), run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def processor() -> str:
    """Which processor this is, as Linux tells it; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return ""
    told = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return " ".join(told.get(key, "?") for key in ("vendor_id", "cpu family", "model"))


def recorded(folder: Path) -> list[dict[str, Any]]:
    """The events of a journal."""
    return [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("name", ["talk", "headset", "barge_in"])
def test_a_journal_of_an_earlier_parley_is_equal(name: str) -> None:
    crossed = [event for event in recorded(JOURNALS / name) if event["event"] == "crossed"]
    given = Counter(event["turn"] for event in crossed if event["node"] not in NOT_COMPARED)
    found = replay(JOURNALS / name)
    assert (found["stopped"], found["standing_in"]) == ("", ["task"])
    assert {turn["turn"]: turn["packets"] for turn in found["turns"]} == given
    upgrades = [package for package in found["upgrades"] if package["package"] != "parley-avatar"]
    if processor() == MACHINE["processor"] and not upgrades:
        # Understanding and free talk were changed since; what a task states is said bit by bit as it was.
        talked = {
            event["turn"] for event in crossed if event["type"] == "Outcome" and event["packet"]["status"] == "open"
        }
        for turn in found["turns"]:
            differing = {change["stage"] for change in turn["differences"]}
            assert differing <= {"intent"} or turn["turn"] in talked, turn
        return
    # Networks round differently on another processor, and a language model may then choose another word. What was
    # said must be understood alike nevertheless, and no stage may fail.
    heard = {event["turn"]: event["packet"]["text"] for event in crossed if event["type"] == "Transcript"}
    assert {turn["turn"]: turn["transcript"] for turn in found["turns"] if turn["turn"] in heard} == heard
    places = {change["place"] for turn in found["turns"] for one in turn["differences"] for change in one["changes"]}
    assert "stage" not in places
