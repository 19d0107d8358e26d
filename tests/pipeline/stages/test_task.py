"""The task stage, with the real skills and a real world."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.streams import collect, stream

from models.protocols import Intent, Outcome, Request, SkillCard, TaskHandler
from models.task.skills import Skills
from pipeline.errors import EngineFailed
from pipeline.packets import Transcript
from pipeline.stages.lift import EngineThread, Host, Rank
from pipeline.stages.stage import Turn
from pipeline.stages.task import Options, Task


class Listener(TaskHandler):
    """Keeps what it is asked, and fails where it is told to."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def skills(self) -> tuple[SkillCard, ...]:
        return ()

    def handle(self, request: Request) -> Outcome:
        self.requests.append(request)
        if request.intent.name == "fail":
            raise RuntimeError("a bug")
        return Outcome(request.intent.name, "done")


def serve(engine: TaskHandler, *packets: Intent | Transcript, user: str = "ada") -> list[Outcome]:
    async def turn() -> list[Outcome]:
        host = Host("task", [EngineThread(Rank("skills", engine))])
        await host.load()
        try:
            return await collect(Task(host, Options()).run(stream(*packets), Turn("1", user)))
        finally:
            await host.close()

    return asyncio.run(turn())


def said(text: str) -> Transcript:
    return Transcript(text, "en", 0.0, 1.0)


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_an_intent_is_done_for_the_turns_user_with_the_words_beside_it(listener: Listener) -> None:
    intent = Intent("wave")
    assert serve(listener, said("wave to me"), intent, user="bob") == [Outcome("wave", "done")]
    assert listener.requests == [Request(intent, "wave to me", "bob")]


def test_a_graph_may_leave_the_words_out(listener: Listener) -> None:
    serve(listener, Intent("wave"))
    assert listener.requests[0].text == ""


def test_words_without_an_intent_do_nothing(listener: Listener) -> None:
    assert serve(listener, said("")) == []
    assert listener.requests == []


def test_every_intent_of_a_turn_is_done_in_order(listener: Listener) -> None:
    assert [outcome.task for outcome in serve(listener, Intent("wave"), Intent("bow"))] == ["wave", "bow"]


def test_a_bug_rises_with_its_cause(listener: Listener) -> None:
    with pytest.raises(EngineFailed, match="a bug"):
        serve(listener, Intent("fail"))


def test_real_skills_change_the_real_world_across_turns(tmp_path: Path) -> None:
    path = str(tmp_path / "world.sqlite")
    bought = serve(Skills(world=path), said("buy two apples"), Intent("buy", {"item": "apple", "quantity": 2}))
    assert bought[0].say == "You bought 2 apples for 4 coins. You have 96 coins left."
    assert serve(Skills(world=path), Intent("inventory"))[0].say == "You have 2 apples, a map and 96 coins."
    assert serve(Skills(world=path), Intent("inventory"), user="bob")[0].say == "You have a map and 100 coins."
