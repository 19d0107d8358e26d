"""Skills that a client brings: understood, called, awaited and stated, over real sockets with scripted engines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from support.serving import Client, calling, served, until
from websockets.asyncio.client import connect

from models.protocols import Intent, Outcome, SkillCard
from pipeline.runners.serve import client_calls
from pipeline.runners.serve.hosting import Hosting
from pipeline.testing import ScriptedIntents, ScriptedTasks, scripted_graph

DOOR = {
    "name": "open_door",
    "about": "Opens a door of the house.",
    "examples": ["open the {door} door", "let me in by the {door} door"],
    "slots": [{"name": "door", "kind": "choice", "choices": ["front", "back"]}],
}
SAVE = {"name": "save_game", "about": "Saves the game.", "examples": ["save the game"], "confirm": True}


class Attentive(ScriptedIntents):
    """Knows what its skills are only when a session brings them."""

    def __init__(self) -> None:
        super().__init__(
            {
                "front door": Intent("open_door", {"door": "front"}),
                "open the door": Intent("open_door"),
                "the back": Intent("open_door", {"door": "back"}, act="fill"),
                "save": Intent("save_game"),
                "yes": Intent("", act="confirm"),
                "price": Intent("price"),
            }
        )
        self.met: list[tuple[SkillCard, ...]] = []

    def learn(self, skills: Sequence[SkillCard]) -> None:
        self.known = tuple(skills)

    def meet(self, skills: Sequence[SkillCard]) -> None:
        self.met.append(tuple(skills))


def serving(work: Callable[[Hosting, Attentive], Awaitable[None]]) -> None:
    async def main() -> None:
        intents, tasks = Attentive(), ScriptedTasks([Outcome("price", "done", "It is five.")], looks=["price"])
        graph = scripted_graph("assistant", ["turns.idle=off", "turns.filler=off"], {"intent": intents, "task": tasks})
        await graph.load()
        async with served(graph) as host:
            await work(host, intents)
        await graph.close()

    asyncio.run(main())  # virtual time would jump over the deadline while a message is on its way


async def typed(client: Client, text: str) -> None:
    await client.send("text", text=text)


def test_a_skill_of_the_client_is_called_and_its_result_is_said() -> None:
    async def work(host: Hosting, intents: Attentive) -> None:
        async with calling(host, skills=[DOOR, SAVE]) as client:
            await until(lambda: intents.met)
            assert [card.name for card in intents.met[0]] == ["open_door", "save_game"]
            await typed(client, "front door")
            call = await client.told("call")
            assert (call["skill"], call["slots"]) == ("open_door", {"door": "front"})
            await client.send("result", id=call["id"], say="The <b>front</b> door is open.", facts={"door": "front"})
            answered = await client.told("answered")
            assert (answered["turn"], answered["said"]) == (call["turn"], "The front door is open.")
            await client.send("bye")

    serving(work)


def test_a_missing_slot_and_a_yes_are_asked_for_first() -> None:
    async def work(host: Hosting, intents: Attentive) -> None:
        async with calling(host, skills=[DOOR, SAVE]) as client:
            await typed(client, "open the door")
            assert (await client.told("answered"))["said"] == "What should the door be, front or back?"
            await typed(client, "the back")
            call = await client.told("call")
            assert call["slots"] == {"door": "back"}
            await client.send("result", id=call["id"])
            assert (await client.told("answered"))["said"] == "Done."
            await typed(client, "save")
            assert (await client.told("answered"))["said"] == "Save game. Shall I do that?"
            await typed(client, "yes")
            call = await client.told("call")
            assert (call["skill"], call["slots"]) == ("save_game", {})
            await client.send("result", id=call["id"], status="refused")
            assert (await client.told("answered"))["said"] == "That was refused."
            await client.send("bye")

    serving(work)


def test_a_call_without_an_answer_is_told_and_a_late_deed_at_the_next_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_calls, "DEADLINE", 0.2)

    async def work(host: Hosting, intents: Attentive) -> None:
        async with calling(host, skills=[DOOR]) as client:
            await typed(client, "front door")
            call = await client.told("call")
            assert (await client.told("answered"))["said"] == "That did not answer in time."
            await client.send("result", id=call["id"], say="The door is open.")
            await typed(client, "price")
            assert (await client.told("answered"))["said"] == "Before you went on: The door is open. It is five."
            await client.send("result", id=call["id"])
            assert (await client.told("error"))["code"] == "not-understood"
            await client.send("bye")

    serving(work)


def test_a_deed_of_an_interrupted_turn_is_told() -> None:
    async def work(host: Hosting, intents: Attentive) -> None:
        async with calling(host, skills=[DOOR]) as client:
            await typed(client, "front door")
            call = await client.told("call")
            await client.send("interrupt")
            await client.told("answered", fate="interrupted")
            await client.send("result", id=call["id"], say="The door is open.")
            await typed(client, "price")
            assert (await client.told("answered"))["said"] == "Before you went on: The door is open. It is five."
            await client.send("bye")

    serving(work)


def test_names_of_the_servers_own_are_refused_and_the_session_goes_on() -> None:
    async def work(host: Hosting, intents: Attentive) -> None:
        async with calling(host, skills=[{**SAVE, "name": "price"}, DOOR]) as client:
            error = await client.told("error")
            assert (error["code"], error["fatal"]) == ("not-understood", False)
            assert "'price' is a skill of the server's own" in error["message"]
            await typed(client, "front door")
            assert (await client.told("call"))["skill"] == "open_door"
            await client.send("bye")

    serving(work)


@pytest.mark.parametrize(
    ("skill", "reason"),
    [
        ({**DOOR, "name": "Open Door"}, "skills.0.name"),
        ({**DOOR, "examples": ["open the {window}"]}, "{window}, which is no slot"),
        ({**DOOR, "examples": ["open { the door"]}, "skills.0"),
        ({**DOOR, "slots": [{"name": "door", "kind": "choice"}]}, "has choices"),
        ({**DOOR, "examples": ["x"] * 33}, "skills.0.examples"),
    ],
)
def test_what_is_no_skill_is_refused_with_its_place(skill: dict[str, Any], reason: str) -> None:
    async def work(host: Hosting, intents: Attentive) -> None:
        async with connect(f"ws://127.0.0.1:{host.port}/parley") as socket:
            client = Client(socket)
            await client.send("hello", skills=[skill])
            assert reason in (await client.told("error"))["message"]
            for task in client.tasks:
                task.cancel()

    serving(work)
