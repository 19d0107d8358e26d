from __future__ import annotations

import pytest
from support.specimens import Loud, point, registry

from models.protocols import Recogniser
from pipeline.errors import GraphError
from pipeline.graph.build import open_graph
from pipeline.graph.registry import STEPS, Registry, Unusable, completed, importable, missing_methods


def test_parleys_own_parts_are_registered_as_anyones_are() -> None:
    found = Registry()
    assert list(found.stages())[:6] == ["asr", "intent", "task", "response", "tts", "lipsync"]
    assert {"moonshine", "faster-whisper"} <= found.engines("asr").keys()
    assert found.engines("asr")["moonshine"].origins[0].startswith("parley-avatar ")
    assert set(found.engine_steps()) >= set(STEPS)


def test_a_checkout_that_was_never_installed_says_what_to_do() -> None:
    with pytest.raises(GraphError, match=r"not installed in it; run 'pip install -e \.' in the checkout"):
        open_graph("assistant", registry=Registry([]))


def test_one_thing_seen_twice_is_one_thing() -> None:
    entry = Registry([point("asr", "loud", "Loud"), point("asr", "loud", "Loud")]).engines("asr")["loud"]
    assert issubclass(entry.engine(), Loud)


def test_a_name_that_two_packages_claim_is_refused() -> None:
    entry = Registry([point("asr", "loud", "Loud"), point("asr", "loud", "Mandarin")]).engines("asr")["loud"]
    with pytest.raises(Unusable, match=r"'loud' is claimed by .*; uninstall all but one"):
        entry.engine()


def test_engines_for_a_language_are_those_that_can_be_used() -> None:
    parts = [point("asr", name.lower(), name) for name in ("Loud", "Mandarin", "Wanting", "Unfinished")]
    assert registry(*parts).fluent("asr", "zh")[:2] == ["faster-whisper", "loud"]
    assert "wanting" not in registry(*parts).fluent("asr", "zh")


def test_modules_are_looked_for_without_an_import() -> None:
    assert importable("xml.etree.no_such_part")  # only the package is looked for
    assert not importable("no_such_package.part")


def test_an_engine_with_the_shape_of_one_gets_what_it_does_not_say() -> None:
    class Shaped:
        """Has never heard of Parley."""

        sample_rate = 8_000

        def __init__(self, word: str) -> None:
            self.word = word

        def transcribe(self, samples: object, earlier: object = None) -> str:
            return self.word

    assert missing_methods(Shaped, Recogniser) == []
    engine = completed(Shaped, Recogniser)("hello")
    assert (engine.transcribe(None), engine.weights(), engine.inline, engine.sample_rate) == ("hello", (), False, 8_000)
    assert completed(Loud, Recogniser) is Loud
    assert missing_methods(Recogniser, Recogniser) == ["transcribe()"]
