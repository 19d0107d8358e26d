"""The task stage, with the real skills and a real world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from support.streams import collect, stream

from models.context import DEFAULT, Context, User, guest
from models.protocols import UNKNOWN, Intent, Outcome, Request, SkillCard, TaskHandler, Thing
from models.task.skills import Skills
from pipeline.errors import EngineFailed
from pipeline.graph.graph import Graph
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank
from pipeline.packets import Gaze, Pointing, Scene, Text, Transcript
from pipeline.runtime.turn import run_turn
from pipeline.stages.stage import Turn, at_once
from pipeline.stages.task import Options, Task

ADA = User("ada")


class Listener(TaskHandler):
    """Keeps what it is asked, and fails where it is told to."""

    def __init__(self) -> None:
        self.requests: list[tuple[Request, User]] = []

    def skills(self) -> tuple[SkillCard, ...]:
        return (SkillCard("wave", "Wave.", ("wave",)), SkillCard("look", "Look.", ("look",), effects=False))

    def handle(self, request: Request, context: Context = DEFAULT) -> Outcome:
        self.requests.append((request, context.user))
        if request.intent.name == "fail":
            raise RuntimeError("a bug")
        return Outcome(request.intent.name, "done")


def serve(
    engine: TaskHandler,
    *packets: Intent | Transcript | Scene | Gaze | Pointing,
    user: User = ADA,
    confirmed: Callable[[], Awaitable[None]] = at_once,
) -> list[Outcome]:
    async def run() -> list[Outcome]:
        host = Host("task", [EngineThread(Rank("skills", engine))])
        await host.load()
        try:
            turn = Turn("1", Context(user=user), confirmed=confirmed)
            return await collect(Task(host, Options()).run(stream(*packets), turn))
        finally:
            await host.close()

    return asyncio.run(run())


def said(text: str) -> Transcript:
    return Transcript(text, "en", 0.0, 1.0)


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_an_intent_is_done_for_the_turns_user_with_the_words_beside_it(listener: Listener) -> None:
    intent = Intent("wave")
    assert serve(listener, said("wave to me"), intent, user=User("bob")) == [Outcome("wave", "done")]
    assert listener.requests == [(Request(intent, "wave to me"), User("bob"))]


def test_a_graph_may_leave_the_words_out(listener: Listener) -> None:
    serve(listener, Intent("wave"))
    assert listener.requests[0][0].text == ""


def test_what_the_user_shows_stands_for_the_word_that_means_it(listener: Listener) -> None:
    statue, lamp = Thing("statue", (1.0, 0.0, -1.0)), Thing("lamp")
    around = Scene("hall", (statue, lamp), 0.0), Pointing("lamp", (0.0, 1.0, -2.0), 0.5)
    serve(listener, *around, said("look at that"), Intent("look", {"thing": "that"}))
    shown = (Thing("lamp", (0.0, 1.0, -2.0)), statue, lamp)
    assert listener.requests == [(Request(Intent("look", {"thing": "lamp"}), "look at that", shown), ADA)]


def test_where_nobody_knows_when_it_was_said_a_word_stays_a_word(listener: Listener) -> None:
    serve(listener, Pointing("lamp", None, 0.5), Intent("look", {"thing": "that"}))
    assert listener.requests[0][0].intent.slots == {"thing": "that"}


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
    assert serve(Skills(world=path), Intent("inventory"), user=User("bob"))[0].say == "You have a map and 100 coins."


@pytest.mark.parametrize(("intent", "waits"), [("wave", True), ("look", False), (UNKNOWN, False)])
def test_only_what_has_effects_waits_until_the_user_has_surely_finished(
    listener: Listener, intent: str, waits: bool
) -> None:
    done_before: list[int] = []

    async def confirmed() -> None:
        done_before.append(len(listener.requests))

    (outcome,) = serve(listener, said("go ahead"), Intent(intent), confirmed=confirmed)
    assert outcome.task == intent
    assert done_before == ([0] if waits else [])


def test_words_that_are_taken_back_change_nothing_in_the_real_world(assistant: Graph) -> None:
    async def says(line: str, turn: Turn) -> list[Outcome]:
        outcomes = []

        async def play(packets: AsyncIterator[object]) -> None:
            async for packet in packets:
                if isinstance(packet, Outcome):
                    outcomes.append(packet)

        await run_turn(assistant, turn, stream(Text(line, 0.0)), play)
        return outcomes

    async def conversation() -> tuple[str, str, str]:
        user = guest("hesitates")
        asked, known = asyncio.Event(), asyncio.Event()

        async def confirmed() -> None:
            asked.set()
            await known.wait()

        async def owns() -> str:
            (outcome,) = await says("what do i have", Turn("look", Context(user=user)))
            return outcome.say

        taken_back = asyncio.create_task(says("buy a lantern", Turn("1", Context(user=user), confirmed=confirmed)))
        await asked.wait()
        before = await owns()
        taken_back.cancel()
        await asyncio.wait([taken_back])
        after = await owns()
        meant = asyncio.create_task(says("buy a lantern", Turn("2", Context(user=user), confirmed=confirmed)))
        known.set()
        await meant
        return before, after, await owns()

    before, after, bought = asyncio.run(conversation())
    assert before == after == "You have a map and 100 coins."
    assert bought == "You have a lantern, a map and 82 coins."
