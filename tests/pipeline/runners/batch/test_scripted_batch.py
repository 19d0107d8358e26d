"""A batch's rules, with engines that do as they are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.batches import answer, record

from models.context import User
from models.protocols import Intent, Outcome
from pipeline.cli.progress import Silent, degradations
from pipeline.graph.graph import Graph
from pipeline.runners.batch.results import FileResult, FileSummary
from pipeline.testing import ScriptedIntents, ScriptedLooks, ScriptedModel, ScriptedTasks, scripted_graph

AWAY = ConnectionError("nobody is at home")
NOTICE = "response: llama-cpp failed, so a template answers: ConnectionError: nobody is at home"


def chatting(model: ScriptedModel, looks: ScriptedLooks | None = None) -> Graph:
    engines = {"response": model, "expression": looks or ScriptedLooks()}
    return scripted_graph("assistant", ["stages.response.unknown=chat"], engines)


def test_a_model_that_is_away_is_told_of(tmp_path: Path) -> None:
    paths = [record(tmp_path / f"{name}.wav", "the sky is blue") for name in "abc"]
    graph = chatting(ScriptedModel(faults=[AWAY, AWAY, None]))
    summary = answer(tmp_path / "out", *paths, graph=graph, jobs=1)
    assert (summary.answered, summary.degraded, summary.failed) == (3, 2, 0)
    assert [file.degraded for file in summary.files] == [[NOTICE], [NOTICE], []]
    result = FileResult.model_validate_json((tmp_path / "out/a.json").read_bytes())
    assert result.degraded == result.turns[0].degraded == [NOTICE]
    assert result.turns[0].reply
    assert list(degradations(summary)) == [f"in 2 recordings: {NOTICE}"]


def test_a_face_without_looks_is_told_of(tmp_path: Path) -> None:
    path = record(tmp_path / "a.wav", "the sky is blue")
    graph = chatting(ScriptedModel(), ScriptedLooks(faults=[ValueError("no look")] * 9))
    (file,) = answer(tmp_path / "out", path, graph=graph).files
    assert file.status == "answered"
    (notice,) = file.degraded
    assert notice.startswith("expression: nearest failed, so the face shows nothing of the words: ValueError: no look")


def test_where_all_goes_well_nothing_is_told(tmp_path: Path) -> None:
    summary = answer(tmp_path / "out", record(tmp_path / "a.wav", "the sky is blue"), graph=chatting(ScriptedModel()))
    assert (summary.answered, summary.degraded) == (1, 0)
    assert not list(degradations(summary))


def test_many_kinds_of_failure_are_summed_up(tmp_path: Path) -> None:
    paths = [record(tmp_path / f"{name}.wav", "the sky is blue") for name in "abcdefgh"]
    graph = chatting(ScriptedModel(faults=[OSError(f"fault {place}") for place in range(8)]))
    lines = list(degradations(answer(tmp_path / "out", *paths, graph=graph)))
    assert len(lines) == 6
    assert lines[-1] == "3 more kinds of failure; 'degraded' in the summary has them all"


class Order(Silent):
    """Keeps what began and ended."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def began(self, path: Path, expected: float | None) -> None:
        self.told.append(f"{path.stem} begins")

    def ended(self, path: Path, summary: FileSummary) -> None:
        self.told.append(f"{path.stem} ends")


@pytest.mark.parametrize("user", ["ada", None])
def test_recordings_of_one_user_are_answered_one_after_the_other(tmp_path: Path, user: str | None) -> None:
    # The first takes the longest, so the others would overtake it.
    words = ["buy an apple " * 4, "buy a pear", "buy a plum"]
    paths = [record(tmp_path / f"{place}.wav", said) for place, said in zip("cab", words, strict=True)]
    tasks = ScriptedTasks([Outcome("buy", "done", "Here it is.")], seconds=0.02)
    graph = scripted_graph("assistant", engines={"intent": ScriptedIntents({"buy": Intent("buy")}), "task": tasks})
    order = Order()
    answer(tmp_path / "out", *paths, graph=graph, jobs=3, user=user, progress=order)
    in_turn = [f"{name} {what}" for name in "cab" for what in ("begins", "ends")]
    assert (order.told == in_turn) is (user is not None)
    assert all(context.user == User(user or "") for context in tasks.contexts) is (user is not None)
