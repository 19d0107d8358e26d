"""The cascade: who is asked about what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.intent.cascade import RIGHT_AGREED, RIGHT_DISAGREED, Cascade
from models.intent.llm import Llm
from models.protocols import UNKNOWN, Intent
from models.task.skills import Skills

DOUBTFUL = "look into my sack"
"""Near to `inventory`, but not near enough to act."""


class Oracle:
    """Stands where the language model would, and remembers who came."""

    def __init__(self) -> None:
        self.answer = Intent(UNKNOWN)
        self.asked: list[str] = []

    def classify(self, text: str) -> Intent:
        self.asked.append(text)
        return self.answer


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


@pytest.fixture
def doubting(taught: Cascade, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doubts whatever is not certain, because what is doubtful changes with every phrasing that is learnt."""
    monkeypatch.setattr(taught, "hopeless", 0.0)
    monkeypatch.setattr(taught, "sure", 1.0)


def test_what_is_sure_is_not_asked(taught: Cascade, oracle: Oracle) -> None:
    assert taught.understand("please take me to the market")[0].name == "navigate"
    assert taught.understand("call my mother")[0].name == UNKNOWN
    assert taught.understand("...") == (Intent(UNKNOWN),)
    assert oracle.asked == []


@pytest.mark.usefixtures("doubting")
def test_a_doubtful_skill_acts_if_the_second_opinion_is_the_same(taught: Cascade, oracle: Oracle) -> None:
    oracle.answer = Intent("inventory", {"noticed": 1})
    assert taught.understand(DOUBTFUL) == (Intent("inventory", {"noticed": 1}, RIGHT_AGREED),)
    assert oracle.asked == [DOUBTFUL]


@pytest.mark.usefixtures("doubting")
@pytest.mark.parametrize("second", ["buy", UNKNOWN])
def test_a_doubtful_skill_does_not_act_against_the_second_opinion(taught: Cascade, oracle: Oracle, second: str) -> None:
    oracle.answer = Intent(second)
    assert taught.understand(DOUBTFUL) == (Intent(UNKNOWN, {}, RIGHT_DISAGREED),)


def test_both_models_answer(taught: Cascade) -> None:
    skills = {card.name for card in Skills(world=":memory:").skills()}
    assert taught.understand(DOUBTFUL)[0].name in skills | {UNKNOWN}
    assert taught.weights() == ("multilingual-e5-small", "smollm2-135m-instruct")


@pytest.mark.parametrize("options", [{"hopeless": 0.9, "sure": 0.1}, {"sure": 2.0}, {"hopeless": -1.0}])
def test_thresholds_in_the_wrong_order_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="hopeless, sure"):
        Cascade(**options)  # type: ignore[arg-type]
