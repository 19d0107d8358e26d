"""The expression stage: looks and gestures in the answer's own time."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from support.streams import collect, stream

from models.face import Expression, Gesture, Look
from models.protocols import Action, ExpressionReader, Phoneme, Voiced
from models.roles.role import Persona, Role, find_role
from models.tts.hibari import Hibari
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank
from pipeline.packets import Outcome, Reply, Speech
from pipeline.stages.expression import LINGERS, OUTCOMES, REST, Expressions, Options
from pipeline.stages.stage import Turn
from pipeline.stages.tts import Options as TtsOptions
from pipeline.stages.tts import Tts
from pipeline.testing import ScriptedLooks

RATE = 16_000
BREATH = 0.2
SOMEBODY = Persona(prompt="")


def said(text: str, start: float = 0.0, seconds: float = 1.0) -> Speech:
    """A piece of speech behind a breath."""
    sounds = (Phoneme(" ", 0.0, BREATH), Phoneme("a", BREATH, seconds - BREATH))
    return Speech(Voiced(np.zeros(round(seconds * RATE), np.float32), RATE, sounds), start, text)


def shown(
    *packets: Outcome | Speech, looks: dict[str, Look] | None = None, persona: Persona = SOMEBODY
) -> list[Expression | Gesture]:
    class Answers:
        def __init__(self) -> None:
            self.role = Role("", {"en": persona})

    async def run() -> list[Expression | Gesture]:
        host: Host[ExpressionReader] = Host("expression", [EngineThread(Rank("scripted", ScriptedLooks(looks)))])
        stage = Expressions(host, Options())
        await stage.prepare({"expression": stage, "response": Answers(), "tts": object()})
        return await collect(stage.run(stream(*packets), Turn("1")))

    return asyncio.run(run())


def test_a_clause_has_its_look_while_it_is_heard() -> None:
    looks = {"good": Look("happy", 0.8, "wave")}
    assert shown(said("Good day. ", 3.0), looks=looks) == [
        Gesture("wave", 3.0 + BREATH),
        Expression("happy", 3.0, 1.0 + LINGERS, 0.8),
    ]


def test_plain_words_have_the_look_of_the_persona() -> None:
    calm = Persona(prompt="", rest="relaxed")
    assert shown(said("It is noon."), persona=calm) == [Expression("relaxed", 0.0, 1.0 + LINGERS, REST)]
    lively = Persona(prompt="", rest="happy", lively=2.0)
    assert shown(said("It is noon."), persona=lively) == [Expression("happy", 0.0, 1.0 + LINGERS, 2 * REST)]


def test_later_pieces_of_a_clause_keep_its_look() -> None:
    looks = {"sorry": Look("sad", 0.5), "great": Look("happy", 0.5)}
    found = shown(said("Sorry. "), said("", 1.0), said("Great. ", 2.0), looks=looks)
    assert [(packet.name, packet.start) for packet in found] == [("sad", 0.0), ("sad", 1.0), ("happy", 2.0)]


@pytest.mark.parametrize(
    ("outcome", "expression", "gesture"),
    [
        (Outcome("buy", "done"), "happy", "nod"),
        (Outcome("buy", "refused"), "sad", "shake"),
        (Outcome("buy", "unclear"), "relaxed", "think"),
        (Outcome("go", "done", actions=(Action("navigate"),)), "happy", "point"),
    ],
)
def test_what_came_of_the_task_shows_where_the_words_show_nothing(
    outcome: Outcome, expression: str, gesture: str
) -> None:
    found = shown(outcome, said("Twelve coins. "), said("Three are left.", 3.0))
    assert [packet.name for packet in found] == [gesture, expression, expression]
    assert found[0] == Gesture(gesture, BREATH)


def test_words_come_before_what_came_of_the_task() -> None:
    (gesture, look, later) = shown(
        Outcome("buy", "refused"),
        said("Hello! "),
        said("You have three coins.", 1.0),
        looks={"hello": Look("happy", 0.9, "wave")},
    )
    assert (gesture.name, look.name, later.name) == ("wave", "happy", "sad")
    assert isinstance(later, Expression)
    assert later.weight == OUTCOMES["refused"].weight


def test_an_open_outcome_shows_nothing_of_its_own() -> None:
    assert shown(Outcome("small_talk", "open"), said("It is noon.")) == shown(said("It is noon."))


def test_brows_rise_at_the_end_of_a_question() -> None:
    (_, rising) = shown(said("How many would you like? ", 2.0, seconds=2.0))
    assert isinstance(rising, Expression)
    assert rising.name == "surprised"
    assert rising.start + rising.duration == pytest.approx(4.0 + LINGERS)
    assert rising.start > 3.0


def test_gestures_are_not_too_many() -> None:
    looks = {"yes": Look("", 0.0, "nod")}
    clauses = [said("Yes. ", at) for at in range(8)]
    by_liveliness = {
        lively: sum(isinstance(packet, Gesture) for packet in shown(*clauses, looks=looks, persona=persona))
        for lively in (0.0, 1.0, 2.0)
        for persona in [Persona(prompt="", lively=lively)]
    }
    assert by_liveliness == {0.0: 0, 1.0: 4, 2.0: 8}


def test_a_face_that_only_talks() -> None:
    looks = {"good": Look("happy", 0.8, "wave")}
    assert shown(said("Good day?"), looks=looks, persona=Persona(prompt="", lively=0.0)) == []


def test_looks_never_exceed_full() -> None:
    looks = {"good": Look("happy", 0.9)}
    (found,) = shown(said("Good."), looks=looks, persona=find_role("shopkeeper").persona())
    assert isinstance(found, Expression)
    assert found.weight == 1.0


def test_an_engine_that_fails_costs_only_the_look_of_the_words(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> list[Expression | Gesture]:
        engine = ScriptedLooks({"good": Look("happy", 0.9)}, faults=[OSError("what is a good day?")])
        stage = Expressions(Host("expression", [EngineThread(Rank("scripted", engine))]), Options())
        packets: list[Outcome | Speech] = [Outcome("buy", "refused"), said("Good day."), said("Good night.", 1.0)]
        return await collect(stage.run(stream(*packets), Turn("1")))

    assert [packet.name for packet in asyncio.run(run())] == ["shake", "sad", "happy"]
    assert "from OSError (engines.py:" in caplog.text
    assert "day" not in caplog.text


def test_behind_the_embedded_voice_every_moment_has_a_look() -> None:
    async def run() -> tuple[list[Speech], list[Expression | Gesture]]:
        voice = Hibari()
        voice.load()
        replies = stream(Reply("Sure, a lantern costs 18 coins. "), Reply("Would you like to buy one?"))
        speeches = await collect(
            Tts(Host("tts", [EngineThread(Rank("hibari", voice))]), TtsOptions()).run(replies, Turn("1"))
        )
        stage = Expressions(Host("expression", [EngineThread(Rank("scripted", ScriptedLooks()))]), Options())
        return speeches, await collect(stage.run(stream(*speeches), Turn("1")))

    speeches, found = asyncio.run(run())
    looks = [packet for packet in found if isinstance(packet, Expression) and packet.name == "relaxed"]
    assert [look.start for look in looks] == [speech.start for speech in speeches]
    last = speeches[-1].start + speeches[-1].voiced.samples.size / speeches[-1].voiced.sample_rate
    assert looks[-1].start + looks[-1].duration == pytest.approx(last + LINGERS)
