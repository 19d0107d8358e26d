"""Traces: their spans, and that a receiver gets them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from models.protocols import Engine
from pipeline.packets import Text
from pipeline.runners.serve.tracing import ENDPOINTS, Tracing, TracingUnusable, open_tracing
from pipeline.runners.talk.talk import Unheard
from pipeline.runtime.record import Record
from pipeline.runtime.session import Session
from pipeline.testing import ScriptedModel, ScriptedVoice, scripted_graph

QUESTION = "my secret is a marmalade sandwich"
BROKEN = f"cannot answer {QUESTION}"


async def ask(tracing: Tracing, **engines: Engine) -> Record:
    """Ask the question once, in a session that is traced."""
    graph = scripted_graph("assistant", ["stages.response.unknown=chat"], engines=engines)
    await graph.load()
    session = Session(graph, "s1", observers=[tracing.observer("s1", graph.name)])

    async def typed() -> AsyncIterator[Text]:
        yield Text(QUESTION, session.now())

    record = await session.answer(typed(), Unheard())
    await graph.close()
    return record


def spans_of(**engines: Engine) -> Sequence[ReadableSpan]:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    began = time.time_ns()
    asyncio.run(ask(Tracing(provider), **engines))
    spans = exporter.get_finished_spans()
    for span in spans:
        assert span.start_time is not None
        assert span.end_time is not None
        assert began - 10**9 < span.start_time <= span.end_time < time.time_ns() + 10**9
    assert QUESTION not in "".join(span.to_json() for span in spans)
    return spans


def test_a_turn_is_a_span_and_a_stage_its_child() -> None:
    spans = spans_of(response=ScriptedModel(seconds=0.05))
    (turn,) = (span for span in spans if span.name == "turn")
    stages = {span.name: span for span in spans if span is not turn}
    assert {"asr", "intent", "task", "response", "tts", "lipsync"} <= set(stages)
    assert turn.attributes is not None
    assert turn.attributes["parley.fate"] == "answered"
    assert turn.attributes["parley.turn"] == "s1/1"
    assert turn.status.status_code is StatusCode.UNSET
    assert turn.context is not None
    for span in stages.values():
        assert span.parent is not None
        assert span.parent.span_id == turn.context.span_id
        assert turn.start_time <= span.start_time  # type: ignore[operator]  # both were seen to be numbers
        assert span.end_time <= turn.end_time  # type: ignore[operator]
    response = stages["response"].attributes
    assert response is not None
    assert isinstance(computing := response["parley.seconds.computing"], float)
    assert computing >= 0.05


def test_a_failure_marks_the_turn_and_the_stage_that_failed() -> None:
    spans = spans_of(tts=ScriptedVoice(faults=[RuntimeError(BROKEN)] * 9))
    failed = {span.name: span for span in spans if span.status.status_code is StatusCode.ERROR}
    assert set(failed) == {"turn", "tts"}
    for span in failed.values():
        assert span.attributes is not None
        assert span.attributes["parley.failed"] == "tts"


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """A receiver of OTLP over HTTP: its address, and what it got."""
    got: list[ExportTraceServiceRequest] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            got.append(ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Receiver) as address:
        yield address, got


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_receiver_gets_them_as_the_environment_says(
    receiver: tuple[str, list[ExportTraceServiceRequest]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, got = receiver
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "tavern")
    tracing = open_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_SERVICE_NAME": "tavern"})
    assert tracing is not None
    asyncio.run(ask(tracing))
    tracing.close()
    (request,) = got
    (resource,) = request.resource_spans
    named = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert named["service.name"] == "tavern"
    spans = resource.scope_spans[0].spans
    (turn,) = (span for span in spans if span.name == "turn")
    assert all(span.parent_span_id == turn.span_id for span in spans if span is not turn)
    assert QUESTION.encode() not in request.SerializeToString()


def test_without_the_environment_s_wish_there_are_none() -> None:
    endpoint = {ENDPOINTS[1]: "http://127.0.0.1:9"}
    assert open_tracing({}) is None
    assert open_tracing({**endpoint, "OTEL_SDK_DISABLED": "True"}) is None
    assert open_tracing({**endpoint, "OTEL_TRACES_EXPORTER": "none"}) is None
    with pytest.raises(TracingUnusable, match=r"http/protobuf.*'grpc'"):
        open_tracing({**endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(TracingUnusable, match=r"pip install 'parley-avatar\[telemetry\]'"):
        open_tracing({ENDPOINTS[0]: "http://127.0.0.1:9"})
