"""The numbers of a server for Prometheus, at ``/metrics``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.runners.serve.security import AccessControl, bearer
from pipeline.runners.serve.sessions import Sessions
from pipeline.runtime.record import Fate, Observer, Record

WAITS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Buckets for the seconds that a user waits for an answer."""
WORK: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Buckets for the seconds that a stage computes in a turn."""
LAGS: Final = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0)
"""Buckets for the seconds by which the event loop is late; sound arrives every 0.02 s."""
TICK: Final = 0.1
"""Seconds between two measurements of the event loop."""


class Metrics(Observer):
    """Observes every session of a process, and counts turns, waits, work and bytes."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._turns = Counter("parley_turns", "Turns, by how they ended.", ["fate"], registry=self.registry)
        for fate in Fate:
            self._turns.labels(fate)  # so that a rate is known from the first turn on
        self._failures = Counter("parley_failures", "Turns that failed, by stage.", ["stage"], registry=self.registry)
        self._first_audible = Histogram(
            "parley_first_audible_seconds",
            "From the end of the user's words to the first audible sample of the answer.",
            buckets=WAITS,
            registry=self.registry,
        )
        self._computing = Histogram(
            "parley_stage_seconds", "Work of a stage in a turn.", ["stage"], buckets=WORK, registry=self.registry
        )
        self._queued = Histogram(
            "parley_stage_queued_seconds",
            "Time in which a stage waited in a turn for other sessions' work on its engine.",
            ["stage"],
            buckets=WORK,
            registry=self.registry,
        )
        self._lag = Histogram(
            "parley_loop_lag_seconds", "How late the event loop is.", buckets=LAGS, registry=self.registry
        )
        self._bytes = Counter(
            "parley_bytes", "Bytes of HTTP and WebSocket bodies.", ["direction"], registry=self.registry
        )

    def ended(self, record: Record, at: float) -> None:
        self._turns.labels(record.fate).inc()
        if record.error:
            self._failures.labels(record.error.stage).inc()
        if record.sounded is not None and record.finished is not None:
            self._first_audible.observe(max(0.0, record.sounded - record.finished))
        for stage, meter in record.report.meters.items():
            if meter.packets_in:  # a stage that only waits, as the sound does, tells nothing of the server
                self._computing.labels(stage).observe(meter.computing)
                self._queued.labels(stage).observe(meter.queued)

    def observe(self, sessions: Sessions) -> None:
        """Count these sessions, and the frames of their connections, too."""
        self.registry.register(_SessionsCollector(sessions))

    def counting(self, app: ASGIApp) -> ASGIApp:
        """Return the application with its bytes counted."""
        taken, given = self._bytes.labels("received"), self._bytes.labels("sent")

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            async def take() -> Message:
                message = await receive()
                taken.inc(_size(message))
                return message

            async def give(message: Message) -> None:
                given.inc(_size(message))
                await send(message)

            await app(scope, take, give)

        return counted

    async def follow_loop(self) -> None:
        """Measure how late the event loop is, until cancelled."""
        time = asyncio.get_running_loop().time
        while True:
            due = time() + TICK
            await asyncio.sleep(TICK)
            self._lag.observe(max(0.0, time() - due))

    def routes(self, access: AccessControl) -> list[BaseRoute]:
        """Return the route ``/metrics``, for users whom the access knows."""

        async def metrics(request: Request) -> Response:
            access.user(bearer(request.headers.get("authorization", "")))
            return Response(generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

        return [Route("/metrics", metrics)]


class _SessionsCollector(Collector):
    """Reads the sessions of a server at each scrape."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def collect(self) -> Iterator[Metric]:
        totals = self._sessions.totals
        yield GaugeMetricFamily("parley_sessions", "Sessions that are open.", self._sessions.count)
        stats = [client.stats() for client in self._sessions.clients.values()]
        frames = CounterMetricFamily("parley_frames", "Frames of sound, by what became of them.", labels=["what"])
        for what in ("received", "lost", "late", "dropped", "sent"):
            frames.add_metric([what], getattr(totals, what) + sum(getattr(each, what) for each in stats))
        yield frames
        refusals = CounterMetricFamily("parley_refusals", "What clients were refused, by code.", labels=["code"])
        for code, count in totals.refusals.items():
            refusals.add_metric([code], count)
        yield refusals


def _size(message: Message) -> int:
    return len(message.get("bytes") or message.get("text") or message.get("body") or b"")
