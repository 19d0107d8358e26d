"""The observers of a server's sessions: metrics, logs, traces and journals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from models.context import ANYBODY
from pipeline.devices.files.paths import shown
from pipeline.errors import JournalError
from pipeline.graph.build import Built
from pipeline.graph.dump import dump
from pipeline.runners.recording import header
from pipeline.runners.serve.metrics import Metrics
from pipeline.runners.serve.tracing import Tracing
from pipeline.runtime.journal import Journal
from pipeline.runtime.record import Observer, Record

log = logging.getLogger(__name__)


class Journals:
    """Records each session in a folder of its own inside one folder."""

    def __init__(self, folder: Path, built: Built) -> None:
        """Record into `folder`. Raises JournalError where nothing can be written there."""
        self._folder = folder
        # Listing the installed packages takes half a second, so it is done once.
        self._header = header(built, ANYBODY)
        self._graph = dump(built.spec.name, built.spec.root)
        self._packets = {kind for node in built.graph.nodes for kind in node.emits}
        self._closing: set[asyncio.Task[None]] = set()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise JournalError(f"{shown(folder)}: cannot be made: {error.strerror}; choose another folder") from error

    @contextmanager
    def journal(self, session: str, user: str) -> Iterator[Sequence[Observer]]:
        """Record a new session while the context lasts. A fault of the journal is logged, and the session goes on."""
        began = datetime.now(UTC)
        try:
            journal = Journal(
                self._folder / f"{began:%Y%m%d-%H%M%S}-{session}",
                replace(self._header, user=user, started=began.isoformat(timespec="milliseconds")),
                self._graph,
                self._packets,
            )
        except JournalError:
            log.exception("a session is not recorded", extra={"session": session})
            yield ()
            return
        journal.__enter__()
        try:
            yield (journal,)
        finally:
            # The last write may wait for a slow disk, and other sessions must not wait with it.
            task = asyncio.create_task(asyncio.to_thread(journal.__exit__, None, None, None))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Wait until the journals of all ended sessions are written."""
        if self._closing:
            await asyncio.wait(self._closing)


class Logged(Observer):
    """Logs how each turn of a session ended."""

    def __init__(self, session: str) -> None:
        self._session = session

    def ended(self, record: Record, at: float) -> None:
        waited = None
        if record.sounded is not None and record.finished is not None:
            waited = round(1000 * (record.sounded - record.finished))
        fields = {"session": self._session, "turn": record.turn, "fate": record.fate.value, "latency_ms": waited}
        log.info("turn over", extra=fields)


@dataclass(frozen=True, slots=True)
class Observers:
    """The observers that every session has."""

    graph: str
    """The graph's name."""
    metrics: Metrics
    tracing: Tracing | None = None
    journals: Journals | None = None

    @contextmanager
    def of(self, session: str, user: str) -> Iterator[Sequence[Observer]]:
        """Give a new session its observers while the context lasts."""
        observers: list[Observer] = [self.metrics, Logged(session)]
        if self.tracing:
            observers.append(self.tracing.observer(session, self.graph))
        log.info("session began", extra={"session": session, "user": user})
        with ExitStack() as stack:
            stack.callback(log.info, "session over", extra={"session": session})
            if self.journals:
                observers += stack.enter_context(self.journals.journal(session, user))
            yield observers
