"""For tests of graphs, and of what is built on them: virtual time, a simulated sound card, and scripted engines.

No model is needed, and no time passes: a conversation takes as long as its computations.

    from models.protocols import Intent, Outcome
    from pipeline.testing import ScriptedIntents, ScriptedTasks, run, scripted_graph, talking

    def test_the_price_of_a_lantern() -> None:
        async def main() -> None:
            price = Outcome("price", "done", "A lantern costs five coins.")
            tasks = ScriptedTasks([price], looks=["price"])  # it changes nothing, so that a question may ask for it
            engines = {"intent": ScriptedIntents({"lantern": Intent("price")}), "task": tasks}
            graph = scripted_graph("assistant", engines=engines)  # or the path of your own file
            await graph.load()
            async with talking(graph, "hands-free") as talk:
                talk.room.say("how much is a lantern?", at=0.5)
                await talk.room.until(4.0)
            assert [turn.heard for turn in talk.turns] == ["A lantern costs five coins."]
            assert 0.0 < talk.turns[0].sounded - talk.turns[0].finished < 0.3

        run(main())

`clock` is the virtual time, `room` the sound card and what is heard around it, `tones` the language that is spoken
there; `engines` do what they are told, `graphs` puts them into a graph file, and `talk` is all of it together.
"""

from __future__ import annotations

from pipeline.testing.clock import Deadlock, VirtualLoop, run, spend
from pipeline.testing.engines import (
    Scripted,
    ScriptedDetector,
    ScriptedEndpoint,
    ScriptedIntents,
    ScriptedLooks,
    ScriptedModel,
    ScriptedMouth,
    ScriptedRecogniser,
    ScriptedTasks,
    ScriptedVoice,
    ScriptedWake,
)
from pipeline.testing.graphs import scripted_graph
from pipeline.testing.room import Card, Room
from pipeline.testing.talk import Talk, talking
from pipeline.testing.tape import Tape
from pipeline.testing.tones import read, spelt, tones

__all__ = [
    "Card",
    "Deadlock",
    "Room",
    "Scripted",
    "ScriptedDetector",
    "ScriptedEndpoint",
    "ScriptedIntents",
    "ScriptedLooks",
    "ScriptedModel",
    "ScriptedMouth",
    "ScriptedRecogniser",
    "ScriptedTasks",
    "ScriptedVoice",
    "ScriptedWake",
    "Talk",
    "Tape",
    "VirtualLoop",
    "read",
    "run",
    "scripted_graph",
    "spelt",
    "spend",
    "talking",
    "tones",
]
