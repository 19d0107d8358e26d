from __future__ import annotations

import math

import pytest

from pipeline.graph.document import MOST_VALUES, Value, read_yaml
from pipeline.graph.mistakes import Mistakes


def read(text: str) -> tuple[Value | None, list[str]]:
    mistakes = Mistakes()
    value = read_yaml(text, "g.yaml", mistakes)
    return value, [str(mistake) for mistake in mistakes.found]


def refusal(text: str) -> str:
    value, mistakes = read(text)
    assert value is None
    (only,) = mistakes
    return only


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("no", "no"),  # Norwegian, and not false
        ("1:30", "1:30"),  # and not ninety
        ("2024-01-01", "2024-01-01"),  # and no date
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("007", 7),
        ("0x1F", 31),
        ("-12", -12),
        ("1e3", 1000.0),
        (".5", 0.5),
        (".inf", math.inf),
        ("'5'", "5"),
        ("1_000", "1_000"),
        ("9" * 5000, "9" * 5000),  # more digits than Python turns into a number
    ],
)
def test_scalars_follow_yaml_1_2(word: str, meaning: object) -> None:
    value, mistakes = read(f"key: {word}")
    assert value is not None
    assert not mistakes
    plain = value.plain()["key"]
    assert plain == meaning
    assert type(plain) is type(meaning)


def test_keys_know_their_lines() -> None:
    value, _ = read("a: 1\nb:\n  c:\n    - x\n    - y\n")
    assert value is not None
    assert [value.mark_of(path).line for path in [("a",), ("b",), ("b", "c"), ("b", "c", 1), ("b", "nowhere")]] == [
        1,
        2,
        3,
        5,
        2,
    ]


def test_anchors_and_merge_keys() -> None:
    value, mistakes = read("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: *a, x: 5}\nd: {<<: [*a, *b]}\ne: *a\n")
    assert not mistakes
    assert value is not None
    plain = value.plain()
    assert plain["c"] == {"x": 5, "y": 2}
    assert plain["d"] == {"x": 1, "y": 2, "z": 4}
    assert plain["e"] == {"x": 1, "y": 2}


def test_a_key_that_stands_twice() -> None:
    value, mistakes = read("stages:\n  asr: {a: 1}\n  tts: {}\n  asr: {a: 2}\n")
    assert mistakes == ["g.yaml:4: stages.asr: stands twice, first in line 2; keep one"]
    assert value is not None
    assert value.plain() == {"stages": {"asr": {"a": 1}, "tts": {}}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "g.yaml:1: the file is empty; expected a map with 'stages' and 'outputs'"),
        ("a: [1, 2\nb: 3\n", "g.yaml:2: not YAML:"),
        ("a: b: c", "quote text that holds a colon"),
        ("a: {engine: ${NAME}}", 'needs quotes: "${NAME}"'),
        ("a: 1\n---\nb: 2", "g.yaml:2: a second document begins here"),
        ("? [a]\n: 1", "a key is a word"),
        ("a: *gone", "a: *gone stands for nothing"),
        ("a: &a [*a]", "*a stands for nothing"),
        ("a: !!python/object/apply:os.system [id]", "yaml.org,2002:python/object/apply:os.system is refused"),
        ("a: !mine 5", "the tag !mine is refused"),
        ("[" * 20_000, "more than 32 maps and lists inside each other"),
        ("a: \0", "not YAML"),
    ],
)
def test_what_is_refused(text: str, told: str) -> None:
    assert told in refusal(text)


def test_aliases_that_multiply_are_refused_at_once() -> None:
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert f"more than {MOST_VALUES} values, counting what aliases stand for" in refusal(
        "\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x]", *layers])
    )  # 9 ** 30 values would take for ever
