"""The messages, their schema, and the document that tells of them."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from pipeline.wire import from_client, from_server
from pipeline.wire.fields import LINE, NAME, OBJECTS, Format, Message
from pipeline.wire.schema import schema

DOCUMENT = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text("utf-8")

FROM_CLIENT: list[dict[str, Any]] = [
    {"type": "hello"},
    {
        "type": "hello",
        "protocol": 1,
        "token": "a.b.c",
        "user": "ada",
        "client": "headset 1.2",
        "mode": "hands-free",
        "audio_in": {"codec": "opus", "sample_rate": 48000},
        "audio_out": {"codec": "pcm16", "sample_rate": 24000},
        "wants": ["visemes", "captions"],
        "reports": False,
        "session": "0123456789abcdef",
        "key": "k",
        "heard": 4294967295,
        "skills": [
            {
                "name": "open_door",
                "about": "Opens a door.",
                "examples": ["open the {door} door"],
                "slots": [{"name": "door", "kind": "choice", "choices": ["front", "back"], "ask": "Which door?"}],
                "effects": True,
                "confirm": True,
            }
        ],
    },
    {"type": "press"},
    {"type": "release"},
    {"type": "mode", "mode": "push-to-talk"},
    {"type": "text", "text": "How much is a lantern?"},
    {"type": "interrupt"},
    {"type": "scene", "place": "market", "things": [{"name": "lantern", "position": [0, 1.5, -2]}, {"name": "stall"}]},
    {"type": "gaze", "target": "lantern"},
    {"type": "point", "target": "lantern", "position": [0.0, 1.0, -2.0]},
    {"type": "played", "timestamp": 4800, "playing": True},
    {"type": "result", "id": "c", "status": "done", "say": "The door is open.", "facts": {"door": "front"}},
    {"type": "ping", "id": 7},
    {"type": "stats"},
    {"type": "bye"},
]
FROM_SERVER: list[Message] = [
    from_server.Welcome(
        protocol=1,
        session="s",
        key="k",
        resumable=30_000,
        resumed=True,
        user="ada",
        graph="assistant",
        mode="push-to-talk",
        state="idle",
        audio_in=Format(),
        audio_out=Format(codec="opus", sample_rate=24_000),
        history=(from_server.Past(heard="hello", said="Good day.", interrupted=True),),
    ),
    from_server.StateIs(state="speaking"),
    from_server.Caption(
        turn="s/1", speaker="avatar", text="A lantern", start=120, words=((120, "A"), (180, " lantern"))
    ),
    from_server.Sync(turn="s/1", timestamp=0, position=0),
    from_server.Visemes(turn="s/1", visemes=((0, 60, "aa", 0.8), (60, 40, "sil", 1.0))),
    from_server.Expression(turn="s/1", name="happy", start=0, duration=900, weight=0.7),
    from_server.Gesture(turn="s/1", name="nod", start=300),
    from_server.Action(turn="s/1", kind="navigate", args={"place": "market", "steps": 3, "share": 0.5}),
    from_server.Call(turn="s/1", id="c", skill="open_door", slots={"door": "front"}),
    from_server.Flush(),
    from_server.Answered(turn="s/1", fate="interrupted", heard="hello", said="Good", latency=None, error=""),
    from_server.Pong(id=7),
    from_server.Stats(received=1, lost=2, late=3, dropped=4, delay=5, sent=6, waiting=7),
    from_server.Error(code="too-fast", message="more than you should", fatal=True),
]


def types(union: Any) -> set[str]:
    return {member.model_fields["type"].default for member in get_args(get_args(union)[0])}


def valid(side: str, message: Any) -> bool:
    return bool(Draft202012Validator({**schema(), "anyOf": [{"$ref": f"#/$defs/{side}"}]}).is_valid(message))


def test_the_examples_have_every_type() -> None:
    assert {message["type"] for message in FROM_CLIENT} == types(from_client.FromClient)
    assert {message.type for message in FROM_SERVER} == types(from_server.FromServer)  # type: ignore[attr-defined]


@pytest.mark.parametrize("message", FROM_CLIENT, ids=lambda message: message["type"])
def test_what_clients_say_is_understood_and_in_the_schema(message: dict[str, Any]) -> None:
    assert valid("FromClient", message)
    assert from_client.FROM_CLIENT.validate_json(json.dumps(message)).type == message["type"]


@pytest.mark.parametrize("message", FROM_SERVER, ids=lambda message: message.type)
def test_what_the_server_says_is_in_the_schema(message: Message) -> None:
    told = json.loads(message.model_dump_json())
    assert valid("FromServer", told)
    assert from_server.FROM_SERVER.validate_python(told) == message
    assert not valid("FromClient", told) or told["type"] == "stats"


@pytest.mark.parametrize("message", FROM_CLIENT, ids=lambda message: message["type"])
def test_unknown_fields_are_passed_over(message: dict[str, Any]) -> None:
    newer = message | {"since": {"version": [2, None]}}
    assert valid("FromClient", newer)
    assert from_client.FROM_CLIENT.validate_python(newer) == from_client.FROM_CLIENT.validate_python(message)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"type": "sing"}',
        '{"type": ["hello"]}',
        '{"type": "text"}',
        '{"type": "text", "text": ""}',
        json.dumps({"type": "text", "text": "x" * (LINE + 1)}),
        '{"type": "mode", "mode": "always"}',
        '{"type": "played", "timestamp": -1, "playing": true}',
        '{"type": "played", "timestamp": 4294967296, "playing": true}',
        '{"type": "hello", "audio_in": {"sample_rate": 96000}}',
        '{"type": "hello", "user": "' + "x" * (NAME + 1) + '"}',
        '{"type": "point", "position": [1, 2]}',
        '{"type": "point", "position": [1e999, 0, 0]}',
        '{"type": "point", "position": [NaN, 0, 0]}',
        '{"type": "gaze", "target": "\\ud800"}',
        json.dumps({"type": "scene", "things": [{"name": "a"}] * (OBJECTS + 1)}),
        '{"type": "gaze", "target": ' + "[" * 30_000 + "]" * 30_000 + "}",
    ],
)
def test_what_is_out_of_bounds_is_not_understood(text: str) -> None:
    with pytest.raises(ValidationError):
        from_client.FROM_CLIENT.validate_json(text)


def test_the_document_names_every_code() -> None:
    table = DOCUMENT[DOCUMENT.index("## Errors") : DOCUMENT.index("## Versions")]
    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == list(get_args(from_server.Code))


def test_the_document_names_every_type() -> None:
    assert types(from_client.FromClient) | types(from_server.FromServer) <= set(re.findall(r"[\w-]+", DOCUMENT))


def test_every_field_of_the_schema_says_what_it_is_or_its_type_does() -> None:
    definitions = schema()["$defs"]
    assert all("description" in each or "oneOf" in each for each in definitions.values())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(FROM_CLIENT),
    st.dictionaries(
        st.sampled_from(sorted({field for message in FROM_CLIENT for field in message} - {"type"})), json_values
    ),
)
@settings(max_examples=300, deadline=None)
def test_hostile_values_are_understood_or_refused(message: dict[str, Any], changes: dict[str, Any]) -> None:
    with suppress(ValidationError):
        understood = from_client.FROM_CLIENT.validate_json(json.dumps(message | changes))
        assert from_client.FROM_CLIENT.validate_json(understood.model_dump_json()) == understood


@given(st.text(max_size=200) | json_values.map(json.dumps))
@settings(max_examples=300, deadline=None)
def test_any_text_is_understood_or_refused(text: str) -> None:
    with suppress(ValidationError):
        from_client.FROM_CLIENT.validate_json(text)
