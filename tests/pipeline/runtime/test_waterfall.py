"""What the user waited for."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.host.meter import Meter
from pipeline.runtime.record import Record
from pipeline.runtime.turn import Report
from pipeline.runtime.waterfall import Span, voice_path, waterfall


@pytest.fixture(scope="module")
def graph() -> Graph:
    return open_graph("assistant")


def turn(sounded: float | None = 3.5, confirmed: float | None = 3.1) -> Record:
    """One that began 1 s into the session, in which the user spoke for 2 s."""
    meters = {
        "audio": Meter(first_out=0.0, ended=2.05),
        "asr": Meter(first_out=0.5, ended=2.15),  # first_out is a caption
        "intent": Meter(first_out=2.2, ended=2.21),
        "task": Meter(first_out=2.25, ended=2.26),
        "response": Meter(first_out=2.3, ended=9.0),
        "tts": Meter(first_out=2.4, ended=9.1),
        "lipsync": Meter(first_out=2.41, ended=9.2),
        "outputs": Meter(),
    }
    return Record("t", report=Report(meters), began=1.0, finished=3.0, confirmed=confirmed, sounded=sounded)


def told(spans: list[Span]) -> dict[str, float]:
    return {span.name: round(span.seconds, 6) for span in spans}


def test_spans_follow_each_other_from_the_last_word_to_the_first_sound(graph: Graph) -> None:
    spans = waterfall(turn(), graph)
    assert told(spans) == {
        "listening": 0.05,
        "asr": 0.1,
        "intent": 0.05,
        "task": 0.05,
        "response": 0.05,
        "tts": 0.1,
        "playback": 0.1,
    }
    assert spans[0].start == 0.0
    assert all(one.end == other.start for one, other in pairwise(spans))
    assert spans[-1].end == pytest.approx(0.5)


def test_an_answer_that_was_ready_too_early_was_held(graph: Graph) -> None:
    spans = waterfall(turn(confirmed=3.45), graph)
    assert told(spans)["held"] == pytest.approx(0.05)
    assert told(spans)["playback"] == pytest.approx(0.05)


def test_what_was_done_while_the_user_spoke_costs_nothing(graph: Graph) -> None:
    record = turn()
    record.finished = 3.22
    assert told(waterfall(record, graph)) | {"playback": 0.0} == {
        "listening": 0.0,
        "asr": 0.0,
        "intent": 0.0,
        "task": 0.03,
        "response": 0.05,
        "tts": 0.1,
        "playback": 0.0,
    }


def test_a_turn_that_failed_is_shown_as_far_as_it_came(graph: Graph) -> None:
    record = turn(sounded=None)
    record.report = Report({"audio": Meter(ended=2.05), "asr": Meter(ended=2.15), "intent": Meter(), "task": Meter()})
    assert [span.name for span in waterfall(record, graph)] == ["listening", "asr"]
    assert waterfall(Record("t"), graph) == []


def test_only_what_the_voice_depends_on_is_waited_for(graph: Graph) -> None:
    assert [node.name for node in voice_path(graph)] == ["asr", "intent", "task", "response", "tts"]
    assert [node.name for node in voice_path(open_graph("captions"))] == ["asr"]
