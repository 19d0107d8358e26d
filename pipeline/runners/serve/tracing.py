"""Traces for OpenTelemetry: one span for each turn, and one child for each stage, with the times they had.

The standard environment variables set where traces go (``OTEL_EXPORTER_OTLP_ENDPOINT``), the service's name
(``OTEL_SERVICE_NAME``), how many are sent, and whether any are (``OTEL_SDK_DISABLED``). Without them nothing of
OpenTelemetry is imported."""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Thread
from typing import TYPE_CHECKING, Final

from pipeline.errors import PipelineError
from pipeline.runtime.record import Observer, Record

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN: Final = "http/protobuf"
SERVICE: Final = "parley"
"""The service's name where the environment gives no other."""
PATIENCE: Final = 3.0
"""Seconds in which the last traces are sent when the server ends."""


class TracingUnusable(PipelineError):
    """The environment asks for traces, and they cannot be sent."""


class Tracing:
    """Sends the traces of all sessions."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("parley")

    def observer(self, session: str, graph: str) -> Observer:
        """Return an observer that traces the turns of a session."""
        return _Traced(self, session, graph)

    def trace(self, record: Record, began: int, attributes: Mapping[str, str]) -> None:
        """Send the trace of a turn that is over and began at `began`, in nanoseconds since 1970."""
        from opentelemetry import trace

        turn = self._tracer.start_span("turn", attributes=_of_turn(record, attributes), start_time=began)
        if record.error:
            _fail(turn, record.error.stage, record.error.__cause__)
        inside = trace.set_span_in_context(turn)
        for stage, meter in record.report.meters.items():
            failed = record.error is not None and record.error.stage == stage
            if meter.ended is None or not (meter.packets_in or meter.packets_out or failed):
                continue
            span = self._tracer.start_span(
                stage,
                inside,
                attributes={
                    "parley.packets.in": meter.packets_in,
                    "parley.packets.out": meter.packets_out,
                    "parley.seconds.computing": meter.computing,
                    "parley.seconds.waiting": meter.waiting,
                    "parley.seconds.queued": meter.queued,
                    "parley.seconds.blocked": meter.blocked,
                },
                start_time=began + _nanoseconds(meter.first_in or 0.0),
            )
            if record.error and failed:
                _fail(span, stage, record.error.__cause__)
            span.end(began + _nanoseconds(meter.ended))
        turn.end(began + _nanoseconds(record.report.seconds))

    def close(self) -> None:
        """Send what is left within `PATIENCE` seconds, even where the receiver does not answer."""
        sending = Thread(target=self._provider.shutdown, name="last traces", daemon=True)
        sending.start()
        sending.join(PATIENCE)


class _Traced(Observer):
    def __init__(self, tracing: Tracing, session: str, graph: str) -> None:
        self._tracing = tracing
        self._attributes = {"parley.session": session, "parley.graph": graph}

    def ended(self, record: Record, at: float) -> None:
        self._tracing.trace(record, time.time_ns() - _nanoseconds(at - record.began), self._attributes)


def open_tracing(environ: Mapping[str, str]) -> Tracing | None:
    """Return the tracing that the environment asks for; None where it asks for none. Raises TracingUnusable."""
    asked = next((name for name in ENDPOINTS if environ.get(name)), None)
    disabled = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if asked is None or disabled or environ.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp":
        return None
    protocol = next((environ[name] for name in PROTOCOLS if environ.get(name)), SPOKEN)
    if protocol != SPOKEN:
        raise TracingUnusable(f"traces are sent by {SPOKEN}, and the environment asks for {protocol!r}")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracingUnusable(
            f"{asked} asks for traces; pip install 'parley-avatar[telemetry]', or unset it"
        ) from error
    named = {} if environ.get("OTEL_SERVICE_NAME") else {"service.name": SERVICE}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)


def _of_turn(record: Record, attributes: Mapping[str, str]) -> dict[str, str | float]:
    """Return the attributes of a turn, without what was said in it."""
    told: dict[str, str | float] = {**attributes, "parley.turn": record.turn, "parley.fate": record.fate.value}
    if record.sounded is not None and record.finished is not None:
        told["parley.seconds.first_audible"] = record.sounded - record.finished
    return told


def _fail(span: Span, stage: str, cause: BaseException | None) -> None:
    """Mark a span as failed. The cause's message is left out, because it may quote the user."""
    from opentelemetry.trace import Status, StatusCode

    span.set_status(Status(StatusCode.ERROR, f"{stage} failed"))
    span.set_attributes({"parley.failed": stage, "error.type": type(cause).__name__})


def _nanoseconds(seconds: float) -> int:
    return round(1e9 * seconds)
