"""The cascade: who is asked about what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.intent.cascade import Cascade
from models.intent.llm import Llm
from models.protocols import UNKNOWN, Intent
from models.task.skills import Skills


class Oracle:
    """Stands where the language model would, and counts who comes."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def understand(self, text: str) -> Intent:
        self.asked.append(text)
        return Intent("asked")


@pytest.fixture(scope="module")
def taught(small: Llm) -> Iterator[Cascade]:
    """Real embeddings; a small real language model, which `small` keeps in memory."""
    engine = Cascade(model="smollm2-135m-instruct")
    engine.load()
    engine.learn(Skills(world=":memory:").skills())
    yield engine
    engine.close()


@pytest.fixture
def oracle(taught: Cascade, monkeypatch: pytest.MonkeyPatch) -> Oracle:
    oracle = Oracle()
    monkeypatch.setattr(taught, "_llm", oracle)
    return oracle


def test_what_is_sure_is_not_asked(taught: Cascade, oracle: Oracle) -> None:
    assert taught.understand("please take me to the market").name == "navigate"
    assert taught.understand("ich habe heute keine Lust auf Kuchen").name == UNKNOWN
    assert taught.understand("...") == Intent(UNKNOWN)
    assert oracle.asked == []


def test_what_is_doubtful_is_asked(taught: Cascade, oracle: Oracle) -> None:
    assert taught.understand("where have I ended up") == Intent("asked")
    assert oracle.asked == ["where have I ended up"]


def test_both_models_answer(taught: Cascade) -> None:
    skills = {card.name for card in Skills(world=":memory:").skills()}
    assert taught.understand("where have I ended up").name in skills | {UNKNOWN}
    assert taught.weights() == ("multilingual-e5-small", "smollm2-135m-instruct")


@pytest.mark.parametrize("options", [{"hopeless": 0.9, "sure": 0.1}, {"sure": 2.0}, {"hopeless": -1.0}])
def test_thresholds_in_the_wrong_order_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="hopeless, sure"):
        Cascade(**options)  # type: ignore[arg-type]
