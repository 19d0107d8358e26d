from __future__ import annotations

import asyncio
import json
import sys

import dialogue
import pytest
from dialogue_stage import graph_recogniser
from dialogue_suite import Answer, Dialogue, Played, Verdict, areas, read_suite
from dialogue_voice import Speaking
from support.phrasings import PHRASINGS, Phrasing, slot_counts

from models.protocols import UNKNOWN, Intent
from pipeline.errors import GraphError

TODAY = ["camera-too-much", "budget-holds", "observatory-and-back", "add-a-minute", "do-not-walk"]
"""Dialogues that the graph for small machines masters."""


def played(name: str, area: str, *, wrong: bool = False, first: float = 80.0) -> Played:
    told = Dialogue.model_validate({"name": name, "area": area, "turns": [{"say": "Buy a kite."}]})
    return Played(told, 1, Answer("Buy a kite.", "Okay.", first=first), Verdict(wrong=["coins 0, not 90"] * wrong))


def test_turns_are_counted_by_area_and_in_all() -> None:
    turns = [played("one", "shop"), played("two", "shop", wrong=True, first=180.0), played("three", "ways")]
    found = {name: dialogue.measures(part) for name, part in areas(turns).items()}
    assert list(found) == ["shop", "ways", "all"]
    assert (found["all"]["turns_right"], found["all"]["turns"]) == (2, 3)
    assert (found["shop"]["dialogues_right"], found["shop"]["dialogues"]) == (1, 2)
    assert found["shop"]["wrong_deeds"] == 1
    assert found["ways"]["first_sound_ms"] == {"p50": 80.0, "p90": 80.0}
    assert dialogue.missed(turns)[0]["why"] == ["wrong deed: coins 0, not 90"]


def test_one_wrong_turn_makes_a_dialogue_wrong() -> None:
    turns = [played("one", "shop", wrong=True), played("one", "shop")]
    assert dialogue.measures(turns)["dialogues_right"] == 0


def test_why_a_deed_was_withheld_is_no_slot_of_the_users_words() -> None:
    withheld = Intent(UNKNOWN, {"withheld": "negated"})
    assert slot_counts(withheld, Phrasing("don't buy a lantern", UNKNOWN)) == (0, 0, 0)
    assert slot_counts(withheld, Phrasing("a lantern", "buy", {"item": frozenset({"lantern"})})) == (0, 0, 1)


def test_dialogues_are_chosen_by_name_and_by_area() -> None:
    suite = [played("one", "shop").dialogue, played("two", "shop").dialogue, played("three", "ways").dialogue]
    assert [each.name for each in dialogue.chosen(suite, ["two", "ways"])] == ["two", "three"]
    assert dialogue.chosen(suite, []) == suite
    with pytest.raises(SystemExit, match="no dialogue and no area is called 'sums'; the areas are: shop, ways"):
        dialogue.chosen(suite, ["sums"])


def test_noise_is_refused_without_a_voice(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["dialogue.py", "--noise", "15"])
    with pytest.raises(SystemExit):
        dialogue.main()
    assert "give --voice too" in capsys.readouterr().err


@pytest.mark.model
def test_dialogues_are_played_over_the_served_protocol() -> None:
    async def main() -> tuple[list[Played], dict[str, object]]:
        async with dialogue.staged("assistant-small", [], None) as stage:
            turns = await dialogue.play_suite(stage, dialogue.chosen(read_suite(dialogue.SUITE), TODAY))
            return turns, await dialogue.out_of_scope(stage, ["Translate this letter.", "Buy a kite."])

    turns, strangers = asyncio.run(main())
    assert dialogue.missed(turns) == []
    assert dialogue.measures(turns)["dialogues_right"] == len(TODAY)
    assert all(turn.answer.first for turn in turns)
    assert (strangers["lines"], strangers["deeds"]) == (2, 1)


@pytest.mark.model
def test_dialogues_are_spoken_in_another_voice() -> None:
    async def main() -> list[Played]:
        suite = dialogue.chosen(read_suite(dialogue.SUITE), ["already-there"])
        async with dialogue.staged("assistant-small", [], Speaking(noise=30.0)) as stage:
            return await dialogue.play_suite(stage, suite)

    turns = asyncio.run(main())
    assert dialogue.missed(turns) == []
    assert "plaza" in turns[0].answer.heard.lower()


@pytest.mark.model
def test_phrasings_are_understood_by_the_graphs_own_stage() -> None:
    found = dialogue.phrasings("assistant-small", [], PHRASINGS, "calibration", misses=True)
    assert found["accuracy_known"] > 0.8
    assert found["slot_f1"] > 0.5
    assert json.dumps(found)


def test_a_graph_without_an_intent_stage_is_refused() -> None:
    with pytest.raises(GraphError, match="has no intent stage"), graph_recogniser("captions", []):
        pass
