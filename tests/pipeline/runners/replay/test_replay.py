"""A recorded session is run again: real engines, and a few stages by hand where a fault is wanted."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import streams

from models.context import Context
from models.dialogue import Dialogue, Exchange
from models.protocols import Engine, Phoneme, Voiced
from pipeline.errors import PipelineError
from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank
from pipeline.packets import Audio, Reply, Speech, Text, Transcript
from pipeline.runners.replay.replay import Replay, Replayed, standing_in
from pipeline.runners.replay.report import as_data, passed_over
from pipeline.runtime.journal import Crossing, Header, Recorded, RecordedTurn, fingerprint, read_journal
from pipeline.runtime.record import Fate, Record
from pipeline.stages.stage import Turn


def again(graph: Graph, recorded: Recorded, origins: Collection[str] = ()) -> Replayed:
    """Run a session again on engines that are loaded already."""
    return asyncio.run(Replay(graph, recorded, origins).run(lambda _: None))


def differing(replayed: Replayed) -> dict[str, list[str]]:
    """The nodes that differ, by turn."""
    return {turn.record.turn: [found.node for found in turn.differences] for turn in replayed.differing}


@pytest.fixture(scope="module")
def copied(
    journal: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Callable[[list[Any]], list[Any]]], Recorded]:
    """Reads the journal after a change to its events."""

    def copy(change: Callable[[list[Any]], list[Any]]) -> Recorded:
        folder = tmp_path_factory.mktemp("copies") / "talk"
        shutil.copytree(journal, folder)
        path = folder / "events.jsonl"
        events = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        path.write_text("".join(json.dumps(event) + "\n" for event in change(events)), "utf-8")
        return read_journal(folder)

    return copy


# --- the real session ----------------------------------------------------------------------------------------------


def test_a_replay_never_acts_and_needs_no_engine_that_it_does_not_run(assistant: Graph, journal: Path) -> None:
    recorded = read_journal(journal)
    whole = Replay(assistant, recorded)
    assert whole.standing_in == {"task"}
    assert {host.name for host in whole.graph.hosts} == {"asr", "intent", "response", "tts", "lipsync", "expression"}
    late = Replay(assistant, recorded, ["tts"])
    assert {host.name for host in late.graph.hosts} == {"tts", "lipsync", "expression"}


def test_a_changed_stage_differs_and_what_comes_before_it_is_not_run(journal: Path) -> None:
    graph = open_graph(journal / "graph.yaml", ["stages.tts.volume=2"])
    replay = Replay(graph, read_journal(journal), ["tts"])
    assert replay.standing_in == {"asr", "intent", "task", "response"}

    async def run() -> Replayed:
        await replay.graph.load()
        try:
            return await replay.run(lambda _: None)
        finally:
            await replay.graph.close()

    replayed = asyncio.run(run())
    heard = [turn.record.turn for turn in replayed.turns if turn.recorded.record and turn.recorded.record.heard]
    assert len(heard) == 4
    assert {turn: differing(replayed)[turn] for turn in heard} == {turn: ["tts"] for turn in heard}
    data = json.loads(json.dumps(as_data(replayed, replay.standing_in)))
    assert data["equal"] is False
    assert data["turns"][0]["differences"][0]["changes"][0]["place"].startswith("Speech.voiced.samples[")


def test_a_packet_that_was_tampered_with_is_named(assistant: Graph, copied: Any) -> None:
    def tamper(events: list[Any]) -> list[Any]:
        given = {(event["turn"], event["node"]): event for event in events if event["event"] == "crossed"}
        answered = [
            event["record"]["turn"] for event in events if event["event"] == "ended" and event["record"]["heard"]
        ]
        given[answered[0], "lipsync"]["packet"]["weight"] = 0.123  # the turn's last
        given[answered[2], "response"]["packet"]["text"] = "I never said that."
        return events

    replayed = again(assistant, copied(tamper), ["response"])
    shape, reply = [turn for turn in replayed.turns if turn.recorded.record and turn.recorded.record.heard][0:3:2]
    (found,) = shape.differences
    assert (found.node, found.changes[0].place, found.changes[0].recorded) == ("lipsync", "Viseme.weight", "0.123")
    (found,) = reply.differences
    assert (found.node, found.changes[0].recorded) == ("response", "“I never said that.”")


def test_a_session_that_was_killed_is_equal_as_far_as_it_was_recorded(assistant: Graph, copied: Any) -> None:
    def kill(events: list[Any]) -> list[Any]:
        spoken = [place for place, event in enumerate(events) if event.get("node") == "tts"]
        return events[: spoken[1] + 1]

    recorded = copied(kill)
    assert recorded.stopped
    replayed = again(assistant, recorded)
    assert replayed.turns[-1].recorded.record is None
    assert differing(replayed) == {}


def test_a_stage_to_start_from_has_to_be_there_and_not_to_act(assistant: Graph) -> None:
    with pytest.raises(PipelineError, match="no stage is called 'tss'; did you mean 'tts'"):
        standing_in(assistant, ["tss"])
    with pytest.raises(PipelineError, match=r"'task' acts on the world outside.*start after it, from response"):
        standing_in(assistant, ["task"])


# --- by hand -------------------------------------------------------------------------------------------------------


class Ears:
    async def run(self, inputs: AsyncIterator[Audio | Text], turn: Turn) -> AsyncIterator[Transcript]:
        async for packet in inputs:
            if isinstance(packet, Text):
                yield Transcript(packet.text, "en", packet.start, packet.start)


class Mind:
    """Answers with what it has been told before, in a word of its own."""

    def __init__(self, word: str = "said", fails: bool = False) -> None:
        self.word, self.fails = word, fails

    async def run(self, inputs: AsyncIterator[Transcript], turn: Turn) -> AsyncIterator[Reply]:
        async for transcript in inputs:
            if self.fails:
                raise ValueError("has a bad day")
            before = " ".join(f"[{exchange.said}]" for exchange in turn.context.dialogue.exchanges)
            yield Reply(f"{self.word} {transcript.text} {before}".strip())


class Voice:
    """A tenth of a second for each word."""

    async def run(self, inputs: AsyncIterator[Reply], turn: Turn) -> AsyncIterator[Speech]:
        async for reply in inputs:
            words = reply.text.split()
            phonemes: list[Phoneme] = []
            for place in range(len(words)):
                phonemes += [Phoneme("a", place / 10, 0.08), Phoneme(" ", place / 10 + 0.08, 0.02)]
            yield Speech(Voiced(np.zeros(100 * len(words), np.float32), 1000, tuple(phonemes)), 0.0, reply.text)


def graph(mind: Mind) -> Graph:
    nodes = [
        streams.node("ears", Ears(), "audio"),
        streams.node("mind", mind, "ears"),
        streams.node("voice", Voice(), "mind"),
    ]
    return streams.graph(nodes, "voice")


HEADER = Header("2026-01-01T00:00:00+00:00", "0.1.0", "3.11", "test", "guest", 16_000, ())


def crossing(node: str, packet: Any) -> Crossing:
    return Crossing(0.0, node, packet, fingerprint(packet), True)


def recorded(*turns: RecordedTurn) -> Recorded:
    return Recorded(Path("nowhere"), HEADER, list(turns), stopped="")


def turn(
    name: str, heard: str, reply: str, history: tuple[Exchange, ...] = (), fate: Fate = Fate.ANSWERED
) -> RecordedTurn:
    """One in which the user typed the turn's name."""
    said = asyncio.run(streams.collect(Voice().run(streams.stream(Reply(reply)), Turn(name))))
    transcript = Transcript(name, "en", 0.0, 0.0)
    crossings = [
        crossing("audio", Text(name, 0.0)),
        crossing("ears", transcript),
        crossing("mind", Reply(reply)),
        *(crossing("voice", speech) for speech in said),
    ]
    record = Record(name, transcript=transcript, reply=reply, heard=heard, fate=fate)
    return RecordedTurn(Turn(name, Context(dialogue=Dialogue(history)), captions=()), 0.0, crossings, record, 1.0)


def replay(mind: Mind, *turns: RecordedTurn) -> Replayed:
    return again(graph(mind), recorded(*turns))


def test_what_was_said_before_is_what_is_said_this_time() -> None:
    first = turn("one", "said one", "said one")
    second = turn("two", "said two [said one]", "said two [said one]", (Exchange("one", "said one"),))
    assert differing(replay(Mind(), first, second)) == {}
    replayed = replay(Mind("utters"), first, second)
    assert replayed.turns[1].record.reply == "utters two [utters one]"


def test_an_interrupted_answer_is_remembered_up_to_the_same_moment() -> None:
    """The user interrupts after the second word; the session noted it once while it happened, and once behind it."""
    first = turn("one two three", "said one", "said one two three", fate=Fate.INTERRUPTED)
    second = turn("four", "", "", (Exchange("one two three", "said one", interrupted=True),))
    third = turn("five", "", "", (Exchange("one two three", "said", interrupted=True), Exchange("four", "")))
    replayed = replay(Mind("really said"), first, second, third)
    assert replayed.turns[0].record.heard == "really said"
    assert replayed.turns[1].record.reply == "really said four [really said]"
    assert replayed.turns[2].record.reply.startswith("really said five [really] [")


def test_what_comes_from_an_earlier_session_stays_as_it_was() -> None:
    before = Exchange("zero", "said zero")
    first = turn("one", "said one [said zero]", "said one [said zero]", (before,))
    replayed = replay(Mind("utters"), first, turn("two", "", "", (before, Exchange("one", "said one [said zero]"))))
    assert replayed.turns[1].record.reply == "utters two [said zero] [utters one [said zero]]"


def test_an_interrupted_turn_is_equal_where_the_replay_goes_on() -> None:
    cut = turn("one", "", "said one", fate=Fate.INTERRUPTED)
    del cut.crossings[-1]
    assert differing(replay(Mind(), cut)) == {}
    whole = turn("one", "said one", "said one")
    del whole.crossings[-1]
    found = replay(Mind(), whole).turns[0].differences[0]
    assert (found.node, found.index, found.changes[0].recorded) == ("voice", 0, "nothing")


def test_turns_that_came_to_nothing_are_run_as_far_as_they_went_and_not_remembered() -> None:
    draft = turn("one", "", "said one", fate=Fate.SUPERSEDED)
    silent = RecordedTurn(Turn("nothing"), 0.0, [], Record("nothing", fate=Fate.DROPPED), 1.0)
    answered = turn("one", "", "said one [said zero]", (Exchange("one", "said zero"),))
    replayed = replay(Mind(), draft, silent, answered)
    assert differing(replayed) == {}
    assert (len(replayed.turns), passed_over(replayed)) == (2, ["nothing"])


def test_a_turn_that_was_stopped_is_stopped_behind_what_it_gave() -> None:
    class Endless(Mind):
        async def run(self, inputs: AsyncIterator[Transcript], turn: Turn) -> AsyncIterator[Reply]:
            async for transcript in inputs:
                while True:
                    yield Reply(f"said {transcript.text}")

    replayed = replay(Endless(), turn("one", "said", "said one", fate=Fate.INTERRUPTED))
    assert differing(replayed) == {}


def test_a_stage_that_fails_now_is_a_difference() -> None:
    replayed = replay(Mind(fails=True), turn("one", "said one", "said one"))
    (mind, voice) = replayed.turns[0].differences
    assert mind.node == "mind"
    assert "has a bad day" in mind.changes[0].replayed
    assert voice.changes[0].replayed == "nothing"


def test_what_the_avatar_said_of_its_own_accord_is_said_again() -> None:
    prompt = "Are you still there?"
    speech = asyncio.run(streams.collect(Voice().run(streams.stream(Reply(prompt)), Turn("idle"))))
    crossings = [crossing("mind", Reply(prompt)), *(crossing("voice", packet) for packet in speech)]
    record = Record("idle", reply=prompt, heard=prompt)
    idle = RecordedTurn(Turn("idle", captions=(), prompt=prompt), 0.0, crossings, record, 1.0)
    assert differing(replay(Mind(fails=True), idle)) == {}


def test_a_fallback_that_acts_makes_its_stage_one_that_acts() -> None:
    class Still(Engine):
        pass

    class Acting(Engine):
        acts = True

    threads: list[EngineThread[Engine]] = [EngineThread(Rank(each.__name__, each())) for each in (Still, Acting)]
    assert Host("task", threads).acts
    assert not Host("task", threads[:1]).acts
