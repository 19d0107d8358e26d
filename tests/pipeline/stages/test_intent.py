"""The intent stage: what it learns, from whom, and what it makes of transcripts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from support.streams import collect, stream

from models.context import DEFAULT, Context
from models.intent.nearest import Nearest
from models.protocols import UNKNOWN, WITHHELD, Intent, IntentRecogniser, SkillCard
from models.task.skills import Skills
from pipeline.errors import EngineFailed, GraphError
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank
from pipeline.packets import Transcript
from pipeline.stages.intent import IntentStage, Options
from pipeline.stages.stage import Turn
from pipeline.stages.task import Options as TaskOptions
from pipeline.stages.task import Task


class Pupil(IntentRecogniser):
    """Answers with the number of skills that it learnt, and fails where it is told to."""

    def __init__(self, *, dull: bool = False, mute: bool = False) -> None:
        self.dull, self.mute = dull, mute
        self.learnt: Sequence[SkillCard] = ()

    def learn(self, skills: Sequence[SkillCard]) -> None:
        if self.dull:
            raise RuntimeError("too many skills")
        self.learnt = skills

    def understand(self, text: str, context: Context = DEFAULT) -> tuple[Intent, ...]:
        if self.mute:
            raise RuntimeError("no idea")
        return (Intent(f"{len(self.learnt)} skills"),)


def host(*engines: IntentRecogniser) -> Host[IntentRecogniser]:
    return Host("intent", [EngineThread(Rank(f"engine {rank}", engine)) for rank, engine in enumerate(engines)])


def task() -> Task:
    return Task(Host("task", [EngineThread(Rank("skills", Skills(world=":memory:")))]), TaskOptions())


def said(text: str) -> Transcript:
    return Transcript(text, "en", 0.0, 1.0)


def understood(
    *texts: str, engines: Sequence[IntentRecogniser], peers: dict[str, Any] | None = None, skills: str = "task"
) -> list[Intent]:
    async def turn() -> list[Intent]:
        engine_host = host(*engines)
        stage = IntentStage(engine_host, Options(skills=skills))
        await engine_host.load()
        try:
            await stage.prepare({"task": task()} if peers is None else peers)
            return await collect(stage.run(stream(*map(said, texts)), Turn("1")))
        finally:
            await engine_host.close()

    return asyncio.run(turn())


@pytest.mark.model
def test_words_become_an_intent_with_slots() -> None:
    (intent,) = understood("how much are the lanturns", engines=[Nearest()])
    assert (intent.name, intent.slots) == ("price", {"item": "lantern"})


def test_nothing_heard_gives_nothing() -> None:
    assert understood("", "  \n", engines=[Pupil()]) == []


def test_every_ranked_engine_learns_the_skills() -> None:
    mute, second = Pupil(mute=True), Pupil()
    count = len(Skills(world=":memory:").skills())
    assert understood("hello", engines=[mute, second]) == [Intent(f"{count} skills")]
    assert mute.learnt == second.learnt


def test_an_engine_that_cannot_learn_is_passed_over() -> None:
    (intent,) = understood("hello", engines=[Pupil(dull=True), Pupil()])
    assert intent.name.endswith("skills")


def test_without_an_engine_that_can_learn_there_is_no_graph() -> None:
    with pytest.raises(EngineFailed, match=r"intent: engine 0 cannot be prepared: too many skills"):
        understood("hello", engines=[Pupil(dull=True)])


def test_learning_may_take_longer_than_a_deadline() -> None:
    async def prepare() -> Sequence[SkillCard]:
        pupil = Pupil()
        threads = [EngineThread[IntentRecogniser](Rank("pupil", pupil, deadline=1e-9))]
        await IntentStage(Host("intent", threads), Options()).prepare({"task": task()})
        return pupil.learnt

    assert asyncio.run(prepare())


def test_skills_may_be_those_of_another_stage() -> None:
    assert understood("hello", engines=[Pupil()], peers={"jobs": task()}, skills="jobs")


@pytest.mark.parametrize(
    ("peers", "problem"),
    [
        ({}, "no stage is called 'task'"),
        ({"asr": object()}, r"no stage is called 'task' \(there are: asr\)"),
        ({"task": object()}, "'task' has no skills"),
        ({"task": IntentStage(host(Pupil()), Options())}, "'task' has no skills"),
    ],
)
def test_a_stage_without_skills_is_refused_with_the_place(peers: dict[str, Any], problem: str) -> None:
    with pytest.raises(GraphError, match=rf"^stages\.intent\.skills: {problem}"):
        understood("hello", engines=[Pupil()], peers=peers)


class Shopper(IntentRecogniser):
    """Takes every sentence for an order of what it names last."""

    def understand(self, text: str, context: Context = DEFAULT) -> tuple[Intent, ...]:
        return (Intent("buy", {"item": text.rstrip(".").split()[-1]}),)

    def learn(self, skills: Sequence[SkillCard]) -> None: ...


def test_a_deed_that_the_words_forbid_is_withheld_from_any_engine() -> None:
    assert understood("Don't buy a lantern.", engines=[Shopper()]) == [Intent(UNKNOWN, {WITHHELD: "negated"})]


def test_only_the_clause_that_orders_is_understood() -> None:
    assert understood("Buy the map, don't buy the lantern.", engines=[Shopper()]) == [Intent("buy", {"item": "map,"})]


@pytest.mark.model
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Never buy me a lantern again.", UNKNOWN),
        ("Yesterday I bought a kite.", UNKNOWN),
        ("Zero.", UNKNOWN),
        ("Remember that I need to buy a hat tomorrow.", "remember"),
        ("Can I afford a lantern?", "price"),
        ("why don't you buy me a kite?", "buy"),
    ],
)
def test_what_the_embedded_engine_finds_is_guarded(text: str, name: str) -> None:
    assert [intent.name for intent in understood(text, engines=[Nearest()])] == [name]
