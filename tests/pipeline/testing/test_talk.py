"""Turn-taking on virtual time: who is heard when, told from the sound at the loudspeaker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from math import inf

import numpy as np
import pytest
from support.dialogues import exchanges

from models.protocols import Engine, Intent, Outcome, Reminder
from pipeline.graph.turns import Policy
from pipeline.runtime.record import Fate, Record, State
from pipeline.testing import (
    Deadlock,
    Room,
    ScriptedIntents,
    ScriptedModel,
    ScriptedTasks,
    ScriptedVoice,
    Talk,
    read,
    run,
    scripted_graph,
    talking,
)

PRICE = "A lantern costs five coins."
TALE = "Once upon a time, a small lantern stood by the harbour, and every evening it waited for the ships to come home."
SKILLS = [Outcome("price", "done", PRICE), Outcome("buy", "done", "Bought."), Outcome("tale", "done", TALE)]
INTENTS = {"how much": Intent("price"), "buy": Intent("buy"), "story": Intent("tale")}

Script = Callable[[Talk], Awaitable[None]]


def tell(
    script: Script,
    overrides: Sequence[str] = (),
    engines: dict[str, Engine] | None = None,
    policy: Policy = "hands-free",
    room: Callable[..., Room] = Room,
) -> Talk:
    """Talk by the script, and give what came of it."""
    scripted: dict[str, Engine] = {
        "intent": ScriptedIntents(INTENTS),
        "task": ScriptedTasks(SKILLS, looks=["price", "tale"]),
    }
    graph = scripted_graph("assistant", overrides, scripted | (engines or {}))

    async def main() -> Talk:
        await graph.load()
        before = asyncio.all_tasks()
        async with talking(graph, policy, room) as talk:
            await script(talk)
        assert asyncio.all_tasks() == before
        await graph.close()
        return talk

    return run(main())


def heard(talk: Talk, start: float = 0.0, end: float | None = None) -> str:
    """What was said at the loudspeaker."""
    tape = talk.room.played
    return read(tape.between(start, tape.end if end is None else end), tape.sample_rate)


def told(talk: Talk) -> list[tuple[str, Fate]]:
    """What the user said in each turn that was not superseded, and what became of it."""
    turns = [turn for turn in talk.turns if turn.fate is not Fate.SUPERSEDED]
    return [(turn.transcript.text if turn.transcript else "", turn.fate) for turn in turns]


def delay(turn: Record) -> float:
    """Seconds from the user's last voice to the answer's first sound."""
    assert turn.sounded is not None
    assert turn.finished is not None
    return turn.sounded - turn.finished


# --- whose turn it is ------------------------------------------------------------------------------------------------


def test_a_question_is_answered_as_soon_as_it_sounds_finished() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("how much is it?", at=1.0)
        await talk.room.until(5.0)

    talk = tell(script)
    assert heard(talk) == PRICE.lower()
    assert told(talk) == [("how much is it?", Fate.ANSWERED)]
    assert delay(talk.turns[-1]) == pytest.approx(talk.session.graph.turns.eager, abs=0.1)
    assert talk.states == [State.LISTENING, State.THINKING, State.SPEAKING, State.IDLE]


def test_who_pauses_in_mid_sentence_is_not_cut_short_and_what_was_prepared_is_never_heard() -> None:
    tasks = ScriptedTasks(SKILLS)

    async def script(talk: Talk) -> None:
        end = talk.room.say("i want to buy,", at=1.0)
        talk.room.say("no, how much is it?", at=end + 0.6)
        await talk.room.until(7.0)

    talk = tell(script, engines={"task": tasks})
    assert heard(talk) == PRICE.lower()
    assert told(talk) == [("i want to buy, no, how much is it?", Fate.ANSWERED)]
    assert [request.intent.name for request in tasks.requests] == ["price"]
    assert talk.turns[0].fate is Fate.SUPERSEDED
    assert talk.turns[0].heard == ""
    assert len(talk.session.dialogue.exchanges) == 1


def test_what_has_effects_happens_once_and_not_before_the_user_has_finished() -> None:
    tasks = ScriptedTasks(SKILLS)
    done: list[int] = []

    async def script(talk: Talk) -> None:
        end = talk.room.say("i want to buy a lamp", at=1.0)
        end = talk.room.say("and a rope", at=end + 0.15)
        await talk.room.until(end + 0.1)
        done.append(len(tasks.requests))
        await talk.room.until(end + 3.0)

    talk = tell(script, engines={"task": tasks})
    assert done == [0]
    assert [request.text for request in tasks.requests] == ["i want to buy a lamp and a rope"]
    assert heard(talk) == "bought."


def test_with_a_key_the_user_alone_decides() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("how much is it?", at=0.5)  # nobody listens
        await talk.room.until(3.0)
        talk.floor.press()
        end = talk.room.say("how much", at=3.1)
        end = talk.room.say("is it?", at=end + 2.0)
        await talk.room.until(end)
        talk.floor.release()
        await talk.room.until(end + 3.0)

    talk = tell(script, policy="push-to-talk")
    assert told(talk) == [("how much is it?", Fate.ANSWERED)]
    assert heard(talk) == PRICE.lower()
    assert delay(talk.turns[-1]) < 0.1


def test_a_typed_line_is_answered_like_a_spoken_one() -> None:
    async def script(talk: Talk) -> None:
        await talk.room.until(1.0)
        talk.floor.type("How much is it?")
        await talk.room.until(4.0)

    talk = tell(script)
    assert told(talk) == [("How much is it?", Fate.ANSWERED)]
    assert heard(talk) == PRICE.lower()


def test_the_avatar_listens_only_when_called() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("how much is it?", at=0.5)
        await talk.room.until(4.0)
        talk.room.say("parley")
        talk.room.say("how much is it?", at=4.8)
        await talk.room.until(9.0)

    talk = tell(script, ["turns.wake=micro-wakeword"])
    assert heard(talk, 0.0, 4.0) == ""
    assert heard(talk, 4.0) == PRICE.lower()


# --- interruptions ---------------------------------------------------------------------------------------------------


def test_an_interruption_is_obeyed_within_150_ms_and_history_ends_at_the_word_that_was_heard() -> None:
    start = 4.0

    async def script(talk: Talk) -> None:
        talk.room.say("tell me a story", at=0.5)
        talk.room.say("wait, how much is it?", at=start)
        await talk.room.until(9.0)

    talk = tell(script)
    first, second = exchanges(talk.session.dialogue)
    assert told(talk) == [("tell me a story", Fate.INTERRUPTED), ("wait, how much is it?", Fate.ANSWERED)]
    assert (first.interrupted, second.interrupted) == (True, False)
    assert TALE.startswith(first.said)
    assert 10 < len(first.said) < len(TALE) - 10
    cut = heard(talk, 0.0, start + 0.5)
    assert first.said.lower().startswith(cut)
    assert len(first.said) - len(cut) <= len(first.said.split()[-1])  # only the last word may be cut short
    assert talk.room.played.between(start + 0.15, start + 1.3).max() < 0.01
    assert heard(talk, start + 0.5) == PRICE.lower()


@pytest.mark.parametrize("nothing", ["uh-huh", "yeah", "a cough"])
def test_what_is_no_interruption_delays_the_answer_but_does_not_end_it(nothing: str) -> None:
    cough = np.random.default_rng(3).normal(0.0, 0.2, 5_000).astype(np.float32)

    async def script(talk: Talk) -> None:
        talk.room.say("tell me a story", at=0.5)
        talk.room.say(cough if nothing == "a cough" else nothing, at=4.0)
        await talk.room.until(14.0)

    talk = tell(script)
    assert told(talk)[-1] == ("tell me a story", Fate.ANSWERED)
    assert [(exchange.said, exchange.interrupted) for exchange in exchanges(talk.session.dialogue)] == [(TALE, False)]
    rest = heard(talk, 4.0)
    assert TALE.lower().endswith(rest[rest.index(" ") + 1 :])


def test_five_interruptions_in_a_row_leave_nothing_of_the_old_answers() -> None:
    starts = [2.0 + 3.0 * number for number in range(5)]

    async def script(talk: Talk) -> None:
        talk.room.say("tell me a story", at=0.3)
        for number, start in enumerate(starts):
            talk.room.say(f"no, another story {number}", at=start)
        await talk.room.until(30.0)

    talk = tell(script)
    assert [fate for _, fate in told(talk)] == [Fate.INTERRUPTED] * 5 + [Fate.ANSWERED]
    ends = [*starts[1:], 30.0]
    for exchange, start, end in zip(exchanges(talk.session.dialogue)[1:], starts, ends, strict=True):
        assert exchange.said.lower().startswith(heard(talk, start + 0.3, end))
    assert exchanges(talk.session.dialogue)[-1].said == TALE
    assert len(talk.session.dialogue.exchanges) == 6


def test_half_duplex_hears_nothing_while_the_avatar_speaks() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("tell me a story", at=0.5)
        talk.room.say("wait, stop!", at=4.0)
        await talk.room.until(14.0)

    talk = tell(script, ["turns.interrupt=never"], room=partial(Room, echo=0.8))
    assert told(talk) == [("tell me a story", Fate.ANSWERED)]
    assert heard(talk) == TALE.lower()


def test_the_avatar_does_not_answer_its_own_echo() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("tell me a story", at=0.5)
        await talk.room.until(25.0)

    talk = tell(script, ["turns.interrupt=word"], room=partial(Room, echo=0.3))
    assert exchanges(talk.session.dialogue)[0].said == TALE
    assert len(talk.session.dialogue.exchanges) == 1


# --- of its own accord -----------------------------------------------------------------------------------------------


def test_a_slow_model_is_bridged_by_a_filler() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("what is love?", at=0.5)
        await talk.room.until(12.0)

    slow = ScriptedModel(otherwise="It is complicated.", seconds=4.0)
    overrides = ["turns.filler.after=1.0", "turns.filler.say=[Let me think.]", "stages.response.unknown=chat"]
    talk = tell(script, overrides, {"response": slow})
    assert heard(talk) == "let me think. it is complicated."
    assert exchanges(talk.session.dialogue)[-1].said == "It is complicated."


def test_a_silent_user_is_spoken_to_once() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("how much is it?", at=0.5)
        await talk.room.until(60.0)

    talk = tell(script, ["turns.idle.say=[Are you there?]", "turns.idle.after=20.0"])
    assert heard(talk) == f"{PRICE.lower()} are you there?"
    assert heard(talk, 22.0, 26.0) == "are you there?"


# --- trouble ---------------------------------------------------------------------------------------------------------


def test_a_voice_that_fails_costs_one_answer() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("how much is it?", at=0.5)
        talk.room.say("how much is it?", at=5.0)
        await talk.room.until(9.0)

    talk = tell(script, engines={"tts": ScriptedVoice(faults=[OSError("no breath")])})
    assert [fate for _, fate in told(talk)] == [Fate.FAILED, Fate.ANSWERED]
    assert "no breath" in str(talk.turns[0].error)
    assert heard(talk, 5.0) == PRICE.lower()


def test_a_model_that_hangs_can_be_talked_over() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("what is love?", at=0.5)
        talk.room.say("how much is it?", at=30.0)
        await talk.room.until(40.0)

    overrides = ["turns.filler=off", "turns.idle=off", "stages.response.unknown=chat"]
    talk = tell(script, overrides, {"response": ScriptedModel(faults=[inf])})
    assert heard(talk) == PRICE.lower()
    assert told(talk)[-1] == ("how much is it?", Fate.ANSWERED)


def test_a_conversation_that_never_ends_is_a_deadlock() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("what is love?", at=0.5)
        await talk.room.until(5.0)

    overrides = ["turns.filler=off", "turns.idle=off", "stages.response.unknown=chat"]
    with pytest.raises(Deadlock, match="had not ended 120 s after the floor was closed"):
        tell(script, overrides, {"response": ScriptedModel(faults=[inf])})


# --- what was asked for later ----------------------------------------------------------------------------------------

OVER = "The tea is ready now."
TEA = Outcome("tea", "done", "Your timer is set.", reminders=(Reminder("tea-1", 10.0, OVER),))


def with_a_timer() -> dict[str, Engine]:
    return {
        "intent": ScriptedIntents({"timer": Intent("tea"), "how much": Intent("price")}),
        "task": ScriptedTasks([TEA, SKILLS[0]], looks=["price"]),
    }


def test_a_timer_rings_when_it_is_over() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("set a timer.", at=1.0)
        await talk.room.until(20.0)

    talk = tell(script, ["turns.idle=off"], with_a_timer())
    set_at = talk.turns[0].confirmed
    assert set_at is not None
    assert heard(talk, 0.0, set_at + 9.5) == TEA.say.lower()
    assert heard(talk, set_at + 9.9) == OVER.lower()
    assert talk.turns[-1].reply == OVER


def test_a_timer_that_ends_while_the_avatar_speaks_waits_for_the_end_of_the_answer() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("set a timer.", at=1.0)
        talk.room.say("how much is it?", at=10.5)
        await talk.room.until(25.0)

    talk = tell(script, ["turns.idle=off"], with_a_timer())
    assert heard(talk) == f"{TEA.say} {PRICE}{OVER}".lower()


def test_a_timer_ends_with_the_session() -> None:
    async def script(talk: Talk) -> None:
        talk.room.say("set a timer.", at=1.0)
        await talk.room.until(5.0)

    assert heard(tell(script, ["turns.idle=off"], with_a_timer())) == TEA.say.lower()
