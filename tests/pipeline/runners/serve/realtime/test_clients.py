"""What clients of the Realtime API do besides: formats, settings, sound that stops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.realtime import DONE, RATE, Caller, hold, talker

from pipeline.runners.serve.realtime import event_handler
from pipeline.runners.serve.realtime.audio_format import G711, from_base64, to_base64
from pipeline.runners.serve.sessions import Sessions
from pipeline.testing.engines import ScriptedRecogniser
from pipeline.testing.tones import read as read_tones
from pipeline.testing.tones import tones


def test_a_client_may_say_when_a_voice_has_finished() -> None:
    async def exchange(caller: Caller, _: Sessions) -> None:
        await caller.append(tones("how much is it", RATE), pace=2)
        await caller.until("input_audio_buffer.speech_started")
        await caller.line.input_audio_buffer.commit()
        await caller.until(DONE)
        (heard,) = caller.of("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "how much is it"

    hold(talker("A lot"), exchange)


def test_a_client_that_is_muted_has_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_handler, "MUTED", 0.2)

    async def exchange(caller: Caller, _: Sessions) -> None:
        await caller.append(tones("how much is it", RATE))
        await caller.until(DONE)
        (heard,) = caller.of("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "how much is it"

    hold(talker("A lot"), exchange)


def test_sound_that_was_cleared_is_not_heard() -> None:
    async def exchange(caller: Caller, _: Sessions) -> None:
        await caller.by_hand()
        await caller.append(tones("never mind", RATE))
        await caller.line.input_audio_buffer.clear()
        await caller.until("input_audio_buffer.cleared")
        await caller.append(tones("hello", RATE))
        await caller.line.input_audio_buffer.commit()
        await caller.line.response.create()
        await caller.until(DONE)
        (heard,) = caller.of("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "hello"

    hold(talker("Yes"), exchange)


@pytest.mark.parametrize("law", ["audio/pcmu", "audio/pcma"])
def test_telephones(law: Any) -> None:
    form = G711(type=law)

    async def exchange(caller: Caller, _: Sessions) -> None:
        audio: Any = {
            "input": {"format": {"type": law}, "turn_detection": None, "transcription": None},
            "output": {"format": {"type": law}},
        }
        await caller.line.session.update(session={"type": "realtime", "audio": audio})
        told = (await caller.until("session.updated"))["session"]["audio"]
        assert told["input"] == {**audio["input"], "noise_reduction": None}
        await caller.line.input_audio_buffer.append(audio=to_base64(form.encode(tones("hello", 8_000))))
        await caller.line.input_audio_buffer.commit()
        await caller.line.response.create()
        await caller.until(DONE)
        sound = b"".join(from_base64(event["delta"]) for event in caller.of("response.output_audio.delta"))
        assert read_tones(form.decode(sound), 8_000) == "good day."
        assert not caller.of("conversation.item.input_audio_transcription.completed")

    hold(talker("Good day"), exchange)


@pytest.mark.parametrize("law", ["audio/pcmu", "audio/pcma"])
def test_the_levels_of_telephones(law: Any) -> None:
    form, codes = G711(type=law), np.arange(256, dtype=np.uint8).tobytes()
    levels = form.decode(codes)
    assert np.array_equal(form.decode(form.encode(levels)), levels)
    assert 0.95 < levels.max() < 1
    assert levels.min() == -levels.max()
    loud = np.linspace(-0.9, 0.9, 1001, dtype=np.float32)
    assert np.all(np.abs(form.decode(form.encode(loud)) - loud) <= np.maximum(np.abs(loud) / 30, 0.001))


def test_a_turn_that_fails_is_told_and_the_next_one_is_answered() -> None:
    graph = talker("Yes", asr=ScriptedRecogniser(faults=[OSError("no memory"), None, None]))

    async def exchange(caller: Caller, _: Sessions) -> None:
        await caller.by_hand()
        for status in ("failed", "completed"):
            await caller.append(tones("hello", RATE))
            await caller.line.input_audio_buffer.commit()
            await caller.line.response.create()
            assert (await caller.until(DONE))["response"]["status"] == status
        (error,) = caller.of("error")
        assert (error["error"]["type"], error["error"]["code"]) == ("server_error", "failed")
        assert "no memory" not in error["error"]["message"]

    hold(graph, exchange)


def test_what_holds_is_told() -> None:
    async def exchange(caller: Caller, _: Sessions) -> None:
        wishes: Any = {
            "type": "realtime",
            "instructions": "You are a pirate.",
            "output_modalities": ["text"],
            "tools": [{"type": "function", "name": "fly", "parameters": {}}, {"type": "mcp", "name": "far"}],
            "audio": {"input": {"turn_detection": {"type": "semantic_vad", "interrupt_response": False}}},
        }
        await caller.line.session.update(session=wishes)
        told = (await caller.until("session.updated"))["session"]
        assert [error["error"]["param"] for error in caller.of("error")] == [
            "session.tools",
            "session.audio.input.turn_detection.interrupt_response",
        ]
        assert (told["instructions"], told["output_modalities"]) == ("You are a pirate.", ["text"])
        assert [tool["name"] for tool in told["tools"]] == ["fly"]
        detection = told["audio"]["input"]["turn_detection"]
        assert (detection["type"], detection["interrupt_response"]) == ("semantic_vad", True)

    hold(talker(), exchange)
