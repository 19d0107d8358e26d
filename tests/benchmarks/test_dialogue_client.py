from __future__ import annotations

from dialogue_client import CLOSED, Talker
from support.serving import PRICE, STORY, serving

from pipeline.devices.files.decoding import SAMPLE_RATE
from pipeline.runners.serve.hosting import Hosting
from pipeline.runners.serve.refusal import Refused
from pipeline.testing import tones


def test_a_typed_and_a_spoken_line_are_answered_in_whole() -> None:
    async def work(host: Hosting) -> None:
        async with Talker(f"ws://127.0.0.1:{host.port}/parley", "ada") as talker:
            typed = await talker.write("lantern")
            spoken = await talker.say(tones("story", SAMPLE_RATE))
        assert (typed.heard, typed.said, typed.failed) == ("lantern", PRICE, "")
        assert (spoken.heard, spoken.said, spoken.failed) == ("story", STORY, "")
        assert typed.first is not None
        assert spoken.first is not None

    serving(work)


def test_sound_without_words_is_not_answered() -> None:
    async def work(host: Hosting) -> None:
        async with Talker(f"ws://127.0.0.1:{host.port}/parley", "ada") as talker:
            answer = await talker.say(0 * tones("story", SAMPLE_RATE))
        assert answer.failed == "nothing was heard"

    serving(work)


def test_a_line_that_the_server_does_not_hear_any_more_has_failed() -> None:
    async def work(host: Hosting) -> None:
        async with Talker(f"ws://127.0.0.1:{host.port}/parley", "ada") as talker:
            for client in list(host.sessions.clients.values()):
                client.disconnect(Refused("failed", "the session cannot go on"))
                client.end()
            answers = [await talker.write("lantern"), await talker.write("lantern")]
            spoken = await talker.say(tones("story", SAMPLE_RATE))
        assert [answer.failed for answer in (*answers, spoken)] == [CLOSED] * 3

    serving(work)
