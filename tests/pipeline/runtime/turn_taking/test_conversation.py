"""Turn-taking, speculation and barge-in: whole conversations in virtual time, in a language of tones."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, NoReturn

import pytest
from support.dialogues import exchanges

from models.dialogue import Exchange
from models.protocols import Engine, Intent, Outcome
from pipeline.errors import EngineFailed
from pipeline.graph.graph import Graph
from pipeline.runtime.record import Fate, State
from pipeline.testing import (
    ScriptedDetector,
    ScriptedIntents,
    ScriptedModel,
    ScriptedRecogniser,
    ScriptedTasks,
    run,
    scripted_graph,
)
from pipeline.testing.talk import Talk, talking

LANTERN = Outcome("buy", "done", "You bought a lantern.")
PRICE = Outcome("price", "done", "It costs five coins, and it is the last one that we have.")


def shop(overrides: Sequence[str] = (), **engines: Engine) -> tuple[Graph, ScriptedTasks]:
    tasks = ScriptedTasks([LANTERN, PRICE], looks=["price"])
    intents = ScriptedIntents({"buy": Intent("buy"), "how much": Intent("price")})
    known: dict[str, Engine] = {"intent": intents, "task": tasks}
    return scripted_graph("assistant", ["turns.idle=off", *overrides], engines=known | engines), tasks


def in_virtual_time(main: Coroutine[Any, Any, None]) -> None:
    run(main)


def heard(talk: Talk) -> list[str]:
    return [record.heard for record in talk.turns if record.heard]


def fates(talk: Talk) -> list[Fate]:
    return [record.fate for record in talk.turns]


@pytest.mark.parametrize("policy", ["hands-free", "push-to-talk"])
def test_the_answer_is_ready_when_the_user_is_known_to_have_finished(policy: Any) -> None:
    async def main() -> None:
        graph, _ = shop()
        await graph.load()
        async with talking(graph, policy) as talk:
            if policy == "push-to-talk":
                talk.floor.press()
            end = talk.room.say("how much?", at=0.5)
            await talk.room.until(end + 0.4)
            talk.floor.release()
            await talk.room.until(end + 8)
        (answered,) = [record for record in talk.turns if record.fate is Fate.ANSWERED]
        assert answered.transcript is not None
        assert answered.transcript.text == "how much?"
        assert answered.heard == PRICE.say
        assert answered.finished is not None
        assert answered.confirmed is not None
        assert answered.sounded is not None
        assert answered.report.meters["tts"].first_out is not None
        assert answered.began + answered.report.meters["tts"].first_out < answered.confirmed
        assert answered.sounded - answered.confirmed < 0.05
        assert exchanges(talk.session.dialogue) == [Exchange("how much?", PRICE.say)]
        assert talk.states == [State.LISTENING, State.THINKING, State.SPEAKING, State.IDLE]

    in_virtual_time(main())


def test_a_pause_is_not_the_end_and_nothing_prepared_in_it_leaves() -> None:
    async def main() -> None:
        graph, tasks = shop()
        await graph.load()
        async with talking(graph, "hands-free") as talk:
            end = talk.room.say("i want to buy,", at=0.5)
            end = talk.room.say("how much is it?", at=end + 0.4)
            await talk.room.until(end + 8)
        assert Fate.SUPERSEDED in fates(talk)
        assert heard(talk) == [LANTERN.say]
        assert [request.text for request in tasks.requests] == ["i want to buy, how much is it?"]
        assert len(talk.session.dialogue.exchanges) == 1

    in_virtual_time(main())


def test_effects_wait_until_the_user_has_finished() -> None:
    async def main() -> None:
        graph, tasks = shop(["turns.patience=1.5"])
        await graph.load()
        async with talking(graph, "hands-free") as talk:
            end = talk.room.say("buy a lantern,", at=0.5)
            await talk.room.until(end + 1.0)  # it was prepared long ago
            assert talk.turns == []
            assert tasks.requests == []
            await talk.room.until(end + 6.0)
        assert len(tasks.requests) == 1
        assert heard(talk) == [LANTERN.say]

    in_virtual_time(main())


@pytest.mark.parametrize("interrupt", ["voice", "word"])
@pytest.mark.parametrize("noise", ["uh-huh", "yeah", ""])
def test_a_backchannel_does_not_stop_the_avatar(interrupt: str, noise: str) -> None:
    async def main() -> None:
        recogniser = ScriptedRecogniser({"cough": noise, "uh-huh": "uh-huh", "yeah": "yeah"})
        graph, _ = shop([f"turns.interrupt={interrupt}"], asr=recogniser)
        await graph.load()
        async with talking(graph, "hands-free") as talk:
            end = talk.room.say("how much?", at=0.5)
            await talk.room.until(end + 1.5)
            assert talk.session.state is State.SPEAKING
            talk.room.say(noise or "cough")
            await talk.room.until(end + 12)
        assert heard(talk) == [PRICE.say]
        assert Fate.DROPPED in fates(talk)
        assert Fate.INTERRUPTED not in fates(talk)
        assert exchanges(talk.session.dialogue) == [Exchange("how much?", PRICE.say)]

    in_virtual_time(main())


@pytest.mark.parametrize("interrupt", ["voice", "word"])
def test_words_stop_the_avatar_and_history_holds_what_was_heard(interrupt: str) -> None:
    async def main() -> None:
        graph, _ = shop([f"turns.interrupt={interrupt}"])
        await graph.load()
        async with talking(graph, "hands-free") as talk:
            end = talk.room.say("how much?", at=0.5)
            await talk.room.until(end + 1.5)
            talk.room.say("no wait, buy a lantern")
            await talk.room.until(end + 10)
        first, second = exchanges(talk.session.dialogue)
        assert first.interrupted
        assert PRICE.say.startswith(first.said)
        assert 0 < len(first.said) < len(PRICE.say)
        assert second == Exchange("no wait, buy a lantern", LANTERN.say)
        assert talk.session.state is State.IDLE

    in_virtual_time(main())


def test_five_interruptions_in_a_row_leave_nothing_behind() -> None:
    async def main() -> None:
        graph, _ = shop()
        await graph.load()
        before = asyncio.all_tasks()
        async with talking(graph, "hands-free") as talk:
            end = 0.5
            for _ in range(6):
                end = talk.room.say("but how much is it?", at=end)
                await talk.room.until(end + 1.2)
                end += 1.2
            await talk.room.until(end + 8)
        assert [exchange.interrupted for exchange in exchanges(talk.session.dialogue)] == [True] * 5 + [False]
        answered = [record for record in talk.turns if record.fate in (Fate.ANSWERED, Fate.INTERRUPTED)]
        assert [exchange.said for exchange in exchanges(talk.session.dialogue)] == [record.heard for record in answered]
        assert asyncio.all_tasks() == before

    in_virtual_time(main())


def test_the_user_goes_on_before_anything_was_heard_and_it_is_one_utterance() -> None:
    async def main() -> None:
        slow = ScriptedTasks([LANTERN, PRICE], looks=["price"], seconds=1.0)
        graph, _ = shop(task=slow)
        await graph.load()
        async with talking(graph, "hands-free") as talk:
            end = talk.room.say("how much is", at=0.5)  # sounds finished to the end-of-turn engine
            end = talk.room.say("a lantern?", at=end + 0.7)
            await talk.room.until(end + 9)
        assert exchanges(talk.session.dialogue) == [Exchange("how much is a lantern?", PRICE.say)]
        assert heard(talk) == [PRICE.say]

    in_virtual_time(main())


def test_half_duplex_does_not_hear_while_the_avatar_speaks_but_a_key_does() -> None:
    async def main() -> None:
        graph, _ = shop(["turns.interrupt=never"])
        await graph.load()
        async with talking(graph, "hands-free") as talk:
            end = talk.room.say("how much?", at=0.5)
            await talk.room.until(end + 1.5)
            end = talk.room.say("no wait, buy a lantern")
            await talk.room.until(end)
            assert len(talk.session.dialogue.exchanges) == 0
            assert talk.session.state is State.SPEAKING
            talk.floor.press()
            end = talk.room.say("buy a lantern")
            await talk.room.until(end)
            talk.floor.release()
            await talk.room.until(end + 6)
        assert [(e.heard, e.interrupted) for e in exchanges(talk.session.dialogue)] == [
            ("how much?", True),
            ("buy a lantern", False),
        ]

    in_virtual_time(main())


def test_a_typed_line_is_answered_and_interrupts() -> None:
    async def main() -> None:
        graph, _ = shop()
        await graph.load()
        async with talking(graph) as talk:
            talk.floor.type("how much?")
            await talk.room.until(1.0)
            talk.floor.type("buy it")
            await talk.room.until(6.0)
        assert [(e.heard, e.interrupted) for e in exchanges(talk.session.dialogue)] == [
            ("how much?", True),
            ("buy it", False),
        ]

    in_virtual_time(main())


def test_a_slow_task_is_bridged_by_a_filler_and_a_silent_user_is_asked_once() -> None:
    async def main() -> None:
        tasks = ScriptedTasks([LANTERN, PRICE], looks=["price"], seconds=3.0)
        spoken = ["turns.filler={after: 1.0, say: [one moment]}", "turns.idle={after: 10.0, say: [still there?]}"]
        graph, _ = shop(spoken, task=tasks)
        await graph.load()
        async with talking(graph) as talk:
            talk.floor.type("how much?")
            await talk.room.until(60.0)
        assert heard(talk) == ["one moment", PRICE.say, "still there?"]
        assert exchanges(talk.session.dialogue) == [Exchange("how much?", PRICE.say)]

    in_virtual_time(main())


def test_an_utterance_without_end_is_cut_and_goes_on_as_the_next() -> None:
    async def main() -> None:
        graph, _ = shop(["turns.longest=6.0"])
        await graph.load()
        async with talking(graph, "hands-free") as talk:
            words = "and how much is the lantern and how much is the telescope and how much is the kite and the boat"
            end = talk.room.say(words, at=0.5)
            await talk.room.until(end + 10)
        assert " ".join(exchange.heard for exchange in exchanges(talk.session.dialogue)) == words

    in_virtual_time(main())


def test_a_failing_stage_costs_one_turn() -> None:
    async def main() -> None:
        model = ScriptedModel({"": "Hello to you."}, faults=[])
        graph, _ = shop(intent=ScriptedIntents(faults=[RuntimeError("no idea")]), response=model)
        await graph.load()
        async with talking(graph) as talk:
            talk.floor.type("hello")
            await talk.room.until(2.0)
            talk.floor.type("hello again")
            await talk.room.until(6.0)
        assert fates(talk) == [Fate.FAILED, Fate.ANSWERED]

    in_virtual_time(main())


def test_ears_that_fail_end_the_conversation_with_their_error() -> None:
    class Deaf(ScriptedDetector):
        def open(self) -> NoReturn:
            raise OSError("no ears")

    async def main() -> None:
        graph, _ = shop(turns=Deaf())
        await graph.load()
        with pytest.raises(EngineFailed, match="no ears"):
            async with talking(graph, "hands-free") as talk:
                await talk.room.until(1.0)

    in_virtual_time(main())
