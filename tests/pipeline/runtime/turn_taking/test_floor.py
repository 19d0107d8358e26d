"""What one utterance may grow to."""

from __future__ import annotations

import pytest

from pipeline.packets import Gaze, Picture, Pointing, Scene
from pipeline.runtime.record import State
from pipeline.runtime.turn_taking.floor import NOTICED, PICTURES, Floor
from pipeline.testing import run, scripted_graph, talking


def test_surroundings_of_an_utterance_are_bounded() -> None:
    async def main() -> None:
        graph = scripted_graph("assistant")
        await graph.load()
        floor = Floor(graph, "push-to-talk")
        floor.press()
        for _ in range(2 * NOTICED):
            floor.notice(Picture("image/png", "", 0.0))
            floor.notice(Gaze("lantern", 0.0))
        floor.release()
        utterance = await anext(floor.utterances())
        assert utterance.count(Picture) == PICTURES
        assert utterance.count(Gaze) == NOTICED
        await graph.close()

    run(main())


def test_what_a_hand_showed_before_it_sank_goes_with_what_is_said() -> None:
    async def main() -> None:
        graph = scripted_graph("assistant")
        await graph.load()
        floor = Floor(graph, "push-to-talk")
        senses = [Pointing(name, None, at) for at, name in enumerate(("statue", "", "lantern", "", ""))]
        floor.notice(Scene("hall", (), 0.0))
        for sense in senses:
            floor.notice(sense)
        floor.notice(Scene("market", (), 5.0))
        floor.press()
        floor.release()
        utterance = await anext(floor.utterances())
        noticed = [packet async for packet in utterance.sound() if isinstance(packet, Scene | Pointing)]
        assert noticed == [Scene("market", (), 5.0), senses[2], senses[4]]
        await graph.close()

    run(main())


def test_a_key_that_is_held_in_silence_lets_go() -> None:
    async def main() -> None:
        graph = scripted_graph("assistant", ["turns.longest=3", "turns.idle=off"])
        await graph.load()
        async with talking(graph, "push-to-talk") as talk:
            talk.floor.press()
            await talk.room.until(2.9)
            assert not talk.turns
            await talk.room.until(4.0)
            assert len(talk.turns) == 1
            talk.floor.press()
            end = talk.room.say("hello", at=4.5)
            await talk.room.until(end)
            talk.floor.release()
        transcript = talk.turns[-1].transcript
        assert transcript is not None
        assert transcript.text == "hello"
        await graph.close()

    run(main())


def test_another_way_of_taking_turns_ends_what_is_said() -> None:
    async def main() -> None:
        graph = scripted_graph("assistant", ["turns.idle=off", "stages.response.unknown=decline"])
        await graph.load()
        async with talking(graph, "hands-free") as talk:
            end = talk.room.say("how are you", at=0.5)
            await talk.room.until(end + 0.05)
            talk.floor.take_turns("push-to-talk")
            await talk.room.until(end + 3)
            assert talk.states[-1] is State.SPEAKING
        (turn,) = talk.turns
        assert turn.transcript is not None
        assert turn.transcript.text == "how are you"
        assert turn.confirmed == pytest.approx(end + 0.05, abs=0.05)
        await graph.close()

    run(main())
