"""Whatever a client of the Realtime API sends, in whatever order: nothing breaks, and the next line is answered."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from support.realtime import DONE, KINDS, RATE

from models.context import ANYBODY
from pipeline.graph.graph import Graph
from pipeline.runners.serve.client_calls import ClientCall
from pipeline.runners.serve.realtime.api_events import KNOWN
from pipeline.runners.serve.realtime.audio_format import Pcm, to_base64
from pipeline.runners.serve.realtime.event_error import EventError
from pipeline.runners.serve.realtime.event_handler import EventHandler
from pipeline.runners.serve.sessions import Sessions
from pipeline.testing.engines import ScriptedModel, ScriptedRecogniser
from pipeline.testing.graphs import scripted_graph
from pipeline.testing.tones import tones
from pipeline.wire import from_server
from pipeline.wire.fields import Message

PATIENCE = 60.0
SOUNDS = {
    "a greeting": tones("hello there", RATE),
    "a word": tones("okay", RATE),
    "silence": np.zeros(RATE, np.float32),
    "nothing": np.zeros(0, np.float32),
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def kind(name: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(name), **fields})


detection = st.sampled_from([None, {"type": "server_vad"}, {"type": "semantic_vad", "create_response": False}])
form = st.sampled_from([{"type": "audio/pcm", "rate": 24000}, {"type": "audio/pcmu"}, {"type": "audio/pcma"}])
ids = st.integers(0, 5).map(lambda place: f"item {place}")  # the latest that the client was told of, but for one
sensible = st.one_of(
    kind("input_audio_buffer.append", audio=st.sampled_from(sorted(SOUNDS))),
    kind("input_audio_buffer.append", audio=st.sampled_from(sorted(SOUNDS))),
    kind("input_audio_buffer.commit"),
    kind("input_audio_buffer.clear"),
    kind(
        "conversation.item.create",
        item=st.just({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}),
    ),
    kind("response.create"),
    kind("response.create", response=st.fixed_dictionaries({"output_modalities": st.just(["text"])})),
    kind("response.cancel"),
    kind("conversation.item.retrieve", item_id=ids),
    kind("conversation.item.truncate", item_id=ids, content_index=st.just(0), audio_end_ms=st.integers(0, 5000)),
    kind(
        "session.update",
        session=st.fixed_dictionaries(
            {
                "type": st.just("realtime"),
                "audio": st.fixed_dictionaries(
                    {"input": st.fixed_dictionaries({}, optional={"turn_detection": detection, "format": form})}
                ),
            }
        ),
    ),
)
strange = st.builds(lambda event, changes: event | changes, sensible, st.dictionaries(st.text(max_size=8), anything))
events = st.lists(st.tuples(sensible | strange | anything, st.sampled_from([0.0, 0.0, 0.0, 0.005, 0.05])), max_size=25)


class Client:
    """Hears what a handler sends, and checks it."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.done = asyncio.Event()
        self.last: dict[str, Any] = {}
        self.cut = ""

    def send(self, kind: str, /, **fields: Any) -> None:
        KINDS[kind].model_validate({"type": kind, "event_id": "any", **fields})
        if kind == "conversation.item.added":
            self.items.append(fields["item"]["id"])
        if kind == DONE:
            self.last = fields["response"]
            self.done.set()

    def complain(self, mistake: EventError) -> None:
        """Mistakes are what clients make."""

    def tell(self, message: Message) -> None:
        """Nothing for this one."""

    def call(self, call: ClientCall) -> None:
        """Nothing: it brings no skills."""

    def close(self, error: from_server.Error) -> None:
        self.cut = error.message

    async def give(self, handler: EventHandler, event: Any) -> None:
        if isinstance(event, dict) and str(event.get("item_id", "")).startswith("item "):
            place = int(event["item_id"].removeprefix("item "))
            event = event | {"item_id": self.items[-place - 1] if place < len(self.items) else "none"}
        if isinstance(event, dict) and str(event.get("audio", "")) in SOUNDS:
            event = event | {"audio": to_base64(Pcm().encode(SOUNDS[event["audio"]]))}
        with suppress(EventError, ValidationError):
            await handler.handle(KNOWN.validate_python(event))


def graph() -> Graph:
    return scripted_graph(
        "assistant",
        ["stages.response.unknown=chat", "turns.filler=off", "turns.idle=off"],
        {"response": ScriptedModel(otherwise="one, two. three"), "asr": ScriptedRecogniser()},
    )


GRAPH = graph()


@settings(max_examples=40, deadline=None)
@given(events)
def test_the_next_line_is_answered(sent: list[tuple[Any, float]]) -> None:
    async def converse() -> None:
        async with Sessions(GRAPH) as sessions, asyncio.timeout(PATIENCE):
            client = Client()
            handler = EventHandler(sessions, ANYBODY, client.send, client.complain)
            handler.client.attach(client, frozenset())
            sessions.start(handler.client)
            for event, pause in sent:
                await client.give(handler, event)
                await asyncio.sleep(pause)
            client.last = {}
            await answered(handler, client)
            assert not client.cut
            handler.close()

    asyncio.run(converse())


async def answered(handler: EventHandler, client: Client) -> None:
    """Type a line, until it is answered."""
    line = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    await client.give(handler, {"type": "session.update", "session": {"audio": {"input": {"turn_detection": None}}}})
    while client.last.get("status") != "completed" or not client.last["output"]:
        client.done.clear()
        await client.give(handler, {"type": "conversation.item.create", "item": line})
        try:
            await handler.handle(KNOWN.validate_python({"type": "response.create"}))
        except EventError:
            await asyncio.sleep(0.02)  # something is still going on
        else:
            await client.done.wait()
