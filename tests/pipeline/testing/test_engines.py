"""Scripted engines keep the protocols, do as they are told, and make trouble on demand."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Any

import numpy as np
import pytest
from support.streams import collect

from models.face import VISEMES
from models.protocols import UNKNOWN, Engine, Intent, Message, Outcome, Request, SkillCard, Voiced
from pipeline.errors import EngineFailed
from pipeline.graph.registry import STEPS, missing_methods
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank
from pipeline.testing import (
    Scripted,
    ScriptedDetector,
    ScriptedEndpoint,
    ScriptedIntents,
    ScriptedModel,
    ScriptedMouth,
    ScriptedRecogniser,
    ScriptedTasks,
    ScriptedVoice,
    ScriptedWake,
    read,
    run,
    tones,
)
from pipeline.testing.graphs import STAND_INS

RATE = 16_000
QUESTION = [Message("system", "You are a guide."), Message("user", "What is your NAME?")]


def host(*engines: Engine, deadline: float | None = None) -> Host[Any]:
    return Host("test", [EngineThread(Rank(type(engine).__name__, engine, deadline)) for engine in engines])


def now() -> float:
    return asyncio.get_running_loop().time()


def test_every_step_has_a_stand_in_that_keeps_its_protocol() -> None:
    assert list(STAND_INS) == list(STEPS)
    for step, make in STAND_INS.items():
        engine = make(ScriptedDetector(8_000, 256))
        assert not missing_methods(type(engine), STEPS[step])
        assert getattr(engine, "sample_rate", 8_000) == 8_000


# --- each of them ----------------------------------------------------------------------------------------------------


def test_the_detector_hears_what_is_loud() -> None:
    track = ScriptedDetector().open()
    loudness = np.array([0.0, 0.002, 0.02, 0.05, 0.3], np.float32)
    windows = np.ones((5, 512), np.float32) * loudness[:, np.newaxis]
    assert track.probabilities(windows) == pytest.approx([0.0, 0.0, 0.5, 0.975, 1.0], abs=0.001)
    assert track.probabilities(windows[:0]) == []


@pytest.mark.parametrize(("said", "finished"), [("i want a lantern", True), ("i want,", False), ("a -", False)])
def test_the_end_of_turn_engine_goes_by_the_last_character(said: str, finished: bool) -> None:
    quiet = np.zeros(3_200, np.float32)
    assert (ScriptedEndpoint().ended(np.concatenate([tones(said), quiet])) > 0.5) is finished


def test_the_wake_word_is_heard_once_each_time_it_is_said() -> None:
    sound = np.concatenate([tones("barley parle parley go on"), np.zeros(9_999, np.float32), tones("hey parley")])
    track = ScriptedWake("Parley").open()
    woken = [place / RATE for place in range(0, sound.size, 320) if track.heard(sound[place : place + 320])]
    assert woken == pytest.approx([19 * 0.06, 25 * 0.06 + 9_999 / RATE + 10 * 0.06], abs=0.07)


def test_the_recogniser_reads_tones() -> None:
    ears = ScriptedRecogniser(misheard={"a lantern": "a lan turn"})
    assert ears.transcribe(tones("what time is it?")).text == "what time is it?"
    assert ears.transcribe(tones("a lantern")).text == "a lan turn"
    nothing = ears.transcribe(np.random.default_rng(1).normal(0, 0.1, 8_000).astype(np.float32))
    assert (nothing.text, nothing.confidence) == ("", None)


def test_intents_go_by_the_words() -> None:
    intents = ScriptedIntents({"Buy": Intent("buy", {"item": "lamp"}), "lantern": Intent("price")})
    intents.learn([SkillCard("buy", "", ()), SkillCard("price", "", ())])
    assert intents.understand("I'd like to buy a lantern")[0].slots == {"item": "lamp"}
    assert intents.understand("A lantern?")[0].name == "price"
    assert intents.understand("Hello.")[0].name == UNKNOWN
    with pytest.raises(ValueError, match="no skill is called price; there are buy, unknown"):
        intents.learn([SkillCard("buy", "", ())])


def test_tasks_note_what_they_were_asked_for() -> None:
    tasks = ScriptedTasks([Outcome("buy", "done", "Bought."), Outcome("price", "done", "Five.")], looks=["price"])
    assert {card.name: card.effects for card in tasks.skills()} == {"buy": True, "price": False}
    request = Request(Intent("buy"), "buy it")
    assert tasks.handle(request).say == "Bought."
    assert tasks.handle(Request(Intent(UNKNOWN), "hm")).status == "open"
    assert tasks.requests[0] == request


def test_the_model_answers_by_the_last_message() -> None:
    model = ScriptedModel({"your name": "I am Parley, your guide."}, otherwise="Well.")
    assert "".join(model.complete(QUESTION, max_tokens=99)) == "I am Parley, your guide."
    assert list(model.complete(QUESTION, max_tokens=2)) == ["I", " am"]
    assert list(model.complete(QUESTION[:1], max_tokens=9)) == ["Well."]
    assert list(model.complete(QUESTION, max_tokens=0)) == []
    assert model.asked == [QUESTION, QUESTION, QUESTION[:1]]


def test_the_voice_can_be_read_and_its_phonemes_have_no_gaps() -> None:
    (voiced,) = ScriptedVoice().speak("It's 5, isn't it?")
    assert read(voiced.samples, voiced.sample_rate) == "it's 5, isn't it?"
    ends = [phoneme.start + phoneme.duration for phoneme in voiced.phonemes]
    assert [phoneme.start for phoneme in voiced.phonemes] == pytest.approx([0.0, *ends[:-1]])
    assert ends[-1] == pytest.approx(voiced.samples.size / voiced.sample_rate)
    assert "".join(p.symbol for p in voiced.phonemes).split() == ["itʔs", "ʔʔ", "isnʔt", "itʔ"]
    assert list(ScriptedVoice().speak("你好")) == []


def test_the_mouth_opens_at_vowels() -> None:
    (voiced,) = ScriptedVoice().speak("oh no")
    shapes = ScriptedMouth().shape(voiced)
    assert [shape.viseme for shape in shapes] == ["oh", "DD", "sil", "DD", "oh"]
    (quiet,) = ScriptedMouth().shape(Voiced(np.zeros(2_400, np.float32), 24_000))
    assert (quiet.viseme, quiet.duration) == ("sil", 0.1)
    assert {shape.viseme for shape in shapes} <= set(VISEMES)


# --- trouble ---------------------------------------------------------------------------------------------------------


def test_an_engine_without_trouble_runs_inline_and_one_with_it_on_a_thread() -> None:
    assert ScriptedVoice().inline
    assert not ScriptedVoice(seconds=0.2).inline
    assert not ScriptedVoice(faults=[]).inline
    assert not ScriptedModel(pace=0.1).inline


def test_faults_come_one_after_another_and_then_no_more() -> None:
    model = ScriptedModel(seconds=0.5, faults=[None, 2.0, OSError("no route to the model")])
    replies = host(model)

    async def main() -> list[tuple[float, str]]:
        found = []
        for _ in range(4):
            try:
                pieces = await collect(replies.stream(lambda engine: engine.complete(QUESTION, max_tokens=9)))
                found.append((now(), "".join(pieces)))
            except EngineFailed as error:
                found.append((now(), str(error)))
        return found

    assert run(main()) == [(0.5, "I see."), (2.5, "I see."), (2.5, "no route to the model"), (3.0, "I see.")]
    assert model.calls == 4


def test_words_come_at_the_models_pace() -> None:
    async def main() -> list[tuple[float, str]]:
        model = ScriptedModel(otherwise="one two three", pace=0.25, seconds=1.0)
        words = host(model).stream(lambda engine: engine.complete(QUESTION, max_tokens=9))
        return [(now(), word) async for word in words]

    assert run(main()) == [(1.0, "one"), (1.25, " two"), (1.5, " three")]


def test_one_that_hangs_is_passed_over_for_the_next_in_rank() -> None:
    hanging, ready = ScriptedVoice(faults=[inf]), ScriptedVoice(seconds=0.1)
    voices = host(hanging, ready, deadline=1.0)

    async def main() -> list[tuple[float, str]]:
        found = []
        for text in ("first", "second"):
            (voiced,) = await collect(voices.stream(lambda engine, text=text: engine.speak(text)))  # type: ignore[misc]
            found.append((now(), read(voiced.samples, voiced.sample_rate)))
        return found

    assert run(main()) == [(1.1, "first"), (pytest.approx(1.2), "second")]
    assert (hanging.calls, ready.calls) == (1, 2)


def test_a_fault_while_running_inline_is_raised_as_it_is() -> None:
    class Inline(Scripted):
        def work(self) -> int:
            self.begin()
            return self.calls

    assert [Inline().work() for _ in range(2)] == [1, 1]
