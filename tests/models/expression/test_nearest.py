"""Looks and gestures, read from real sentences by the real model."""

from __future__ import annotations

import pytest
from support.needs import needing

from models.expression.nearest import PLAIN, Nearest, examples
from models.face import EXPRESSIONS, GESTURES, Look


@pytest.fixture(scope="module")
@needing("model")
def reader() -> Nearest:
    engine = Nearest()
    engine.load()
    return engine


def test_every_look_and_gesture_has_examples() -> None:
    expressions, gestures = examples()
    assert set(expressions) == {*EXPRESSIONS, PLAIN}
    assert set(gestures) == {*GESTURES, PLAIN}
    for group in (*expressions.values(), *gestures.values()):
        assert len(group) >= 10
        assert all(isinstance(text, str) for text in group)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("Congratulations on your new job!", "happy"),
        ("Sorry, I did not catch that.", "sad"),
        ("You broke my vase, you clumsy fool!", "angry"),
        ("My goodness, that was fast!", "surprised"),
        ("Calm down, it is going to be okay.", "relaxed"),
        ("A rope costs four coins.", ""),
        ("The train leaves at noon.", ""),
        ("真开心，你成功了！", "happy"),
        ("抱歉，我没听懂。", "sad"),
    ],
)
def test_expressions(reader: Nearest, text: str, expression: str) -> None:
    look = reader.read(text)
    assert look.expression == expression
    assert (look.weight > 0.2) == bool(expression)


@pytest.mark.parametrize(
    ("text", "gesture"),
    [
        ("Hey, good to see you.", "wave"),
        ("Yes, that is correct.", "nod"),
        ("That is not possible.", "shake"),
        ("It is right there, next to the fountain.", "point"),
        ("I am not certain about it.", "shrug"),
        ("Hm, let me consider that.", "think"),
        ("Let me tell you about a brave knight.", "open-hands"),
        ("A triangle has three sides.", ""),
        ("你好，欢迎来到广场。", "wave"),
    ],
)
def test_gestures(reader: Nearest, text: str, gesture: str) -> None:
    assert reader.read(text).gesture == gesture


def test_what_holds_no_words_shows_nothing(reader: Nearest) -> None:
    assert reader.read(" ... 12!") == Look()


def test_before_loading_it_says_so() -> None:
    with pytest.raises(RuntimeError, match="before it was loaded"):
        Nearest().read("Hello.")


def test_no_threads_are_refused() -> None:
    with pytest.raises(ValueError, match="threads: expected 1 or more, but found 0"):
        Nearest(threads=0)
