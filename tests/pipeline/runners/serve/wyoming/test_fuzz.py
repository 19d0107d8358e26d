"""Whatever a Wyoming client sends, it is served afterwards."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from support.wyoming_client import visiting
from wyoming.audio import AudioStop
from wyoming.event import Event
from wyoming.ping import Ping, Pong
from wyoming.tts import SynthesizeStop

from pipeline.runners.serve.wyoming.event_reader import LINE, BadEvent, read_event
from pipeline.testing.graphs import scripted_graph

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


KINDS = [
    *("describe", "ping", "transcribe", "audio-start", "audio-chunk", "audio-stop", "transcript", "recognize"),
    *("synthesize", "synthesize-start", "synthesize-chunk", "synthesize-stop", "select-program", "nonsense"),
]


FIELDS = {
    "rate": st.sampled_from([16_000, 8_000, 0]),
    "width": st.just(2),
    "channels": st.sampled_from([1, 2]),
    "text": st.sampled_from(["hello", "", "a, b. c"]),
    "language": st.sampled_from(["en", "de", None]),
    "context": st.none() | st.dictionaries(st.just("conversation_id"), anything),
}


events = st.builds(
    Event,
    st.sampled_from(KINDS),
    st.fixed_dictionaries({}, optional=FIELDS) | st.dictionaries(st.sampled_from(sorted(FIELDS)), anything),
    st.none() | st.binary(max_size=64),
)


FUZZED = scripted_graph("assistant")


@settings(max_examples=60, deadline=None)
@given(st.lists(events, max_size=30))
def test_whatever_a_client_sends_it_is_served_afterwards(sent: list[Event]) -> None:
    async def ask() -> None:
        async with visiting(FUZZED) as line:
            for event in sent:
                await line.write_event(event)
            await line.say(AudioStop(), SynthesizeStop(), Ping("enough"))
            while (await line.until(Pong))[1].text != "enough":
                pass

    asyncio.run(ask())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode() + b"\n"))
def test_whatever_comes_is_an_event_or_none(data: bytes) -> None:
    async def take() -> None:
        reader = asyncio.StreamReader(limit=LINE)
        reader.feed_data(data)
        reader.feed_eof()
        with suppress(BadEvent):
            while await read_event(reader):
                pass

    asyncio.run(take())
