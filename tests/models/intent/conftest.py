"""The language model that several tests of intent recognition share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.needs import needing

from models.intent.llm import Llm
from models.task.skills import Skills


@pytest.fixture(scope="session")
@needing("model")
def small() -> Iterator[Llm]:
    """The engine with a model that is too small to be good, but quick."""
    engine = Llm(model="smollm2-135m-instruct")
    engine.load()
    engine.learn(Skills(world=":memory:").skills())
    yield engine
    engine.close()
