"""Writes a journal while the session runs, in a thread of its own, so that a slow disk never delays a conversation."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from types import TracebackType
from typing import Any

from models.protocols import Voiced
from pipeline.errors import JournalError, traced
from pipeline.packets import Audio, Speech
from pipeline.runtime.journal.codec import decoder, no_sound
from pipeline.runtime.journal.events import (
    BeganEvent,
    ClosedEvent,
    CrossedEvent,
    EndedEvent,
    Event,
    StateEvent,
    WrittenTurn,
    to_line,
)
from pipeline.runtime.journal.files import Growing, write_new
from pipeline.runtime.journal.header import EVENTS, GRAPH, SESSION, Header, to_text
from pipeline.runtime.journal.tracks import Tracks
from pipeline.runtime.record import Observer, Record, State
from pipeline.stages.stage import Turn

log = logging.getLogger(__name__)

INTERVAL = 0.1
"""Seconds between two writes."""
SETTLE = 3
"""Writes after which sound that has stopped is filled up with silence, so that its end can be written."""
ROOM = 64_000_000
"""Bytes that wait for the disk at most: some minutes of a session."""
PATIENCE = 10.0
"""Seconds that an ended session waits for the disk."""
EVENT = 1_000
"""Bytes that an event takes while it waits, without its samples; an estimate."""


class Journal(Observer):
    """Records a session in a new journal; a context manager around the session.

    A fault of the disk ends the recording and never the conversation. It is logged, and `trouble` tells it."""

    def __init__(self, folder: Path, header: Header, graph: str, packets: Iterable[type] = ()) -> None:
        """`graph` is the graph's file as `pipeline.graph.dump.dump` returns it; `packets` are the types that its stages
        emit.

        Raises JournalError for a folder that holds a journal or cannot be written to, and for packets with fields that
        cannot be recorded."""
        for kind in packets:
            _check(kind)
        import av  # noqa: F401  takes a moment, which should not be one in which somebody speaks

        self.folder = folder
        self.trouble = ""
        """Why the rest of the session is not recorded; empty while it is recorded."""
        self._events = _create(folder, to_text(header), graph)
        self._tracks = Tracks(folder, header.sample_rate)
        self._lock, self._closing = Lock(), Flag()
        self._queue: list[Event | Audio] = []
        self.waiting = 0
        """Bytes that wait for the disk, estimated."""
        self._thread = Thread(target=self._run, name="journal", daemon=True)

    def __enter__(self) -> Journal:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            self._give_up(f"{self.folder}: the disk did not take what was left within {PATIENCE:.0f} s")

    def sound(self, audio: Audio) -> None:
        self._put(audio, audio.samples.nbytes)

    def state(self, state: State, at: float) -> None:
        self._put(StateEvent(at, state))

    def began(self, turn: Turn, at: float) -> None:
        self._put(BeganEvent(at, WrittenTurn.of(turn)))

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        self._put(CrossedEvent(at, turn, node, type(packet).__name__, packet), _size(packet))

    def ended(self, record: Record, at: float) -> None:
        self._put(EndedEvent(at, record))

    def _put(self, event: Event | Audio, size: int = 0) -> None:
        with self._lock:
            if self.trouble:
                return
            self._queue.append(event)
            self.waiting += size + EVENT
            full = self.waiting > ROOM
        if full:
            self._give_up(f"the disk is too slow, and {ROOM // 1_000_000} MB wait for it")

    def _give_up(self, why: str, cause: Exception | None = None) -> None:
        with self._lock:
            if self.trouble:
                return
            self.trouble = why
        logged = traced(cause) if cause else why  # a cause may quote what it could not write
        log.error("the rest of the session is not recorded: %s", logged, extra={"folder": str(self.folder)})

    # What follows runs on the thread.

    def _run(self) -> None:
        try:
            self._record()
        except OSError as error:
            self._give_up(f"{self.folder} cannot be written to: {error.strerror or error}")
        except Exception as error:  # noqa: BLE001  whatever a packet holds, and whatever the encoder makes of it
            self._give_up(f"{type(error).__name__}: {error}", error)
        finally:
            self._close()

    def _record(self) -> None:
        passes = 0
        while not (self._closing.wait(INTERVAL) or self.trouble):
            passes += 1
            self._write()
            if passes % SETTLE == 0:
                self._tracks.settle()
            self._flush()
        self._write()
        self._tracks.finish()
        self._flush()

    def _write(self) -> None:
        with self._lock:
            events, self._queue, self.waiting = self._queue, [], 0
        for event in events:
            if isinstance(event, CrossedEvent):
                self._events.add(to_line(event, self._tracks.keep(event.node, event.packet)))
            elif not isinstance(event, Audio):
                self._events.add(to_line(event, no_sound))
            elif (heard := self._tracks.hear(event)) is not None:
                self._events.add(to_line(heard, no_sound))

    def _flush(self) -> None:
        self._tracks.flush()  # sound first, so that no line refers to sound that is missing
        self._events.flush()

    def _close(self) -> None:
        """Write the last line, if the disk takes it."""
        with contextlib.suppress(OSError):
            self._events.forget()
            self._events.add(to_line(ClosedEvent(self.trouble), no_sound))
            self._events.flush()
        with contextlib.suppress(OSError):
            self._tracks.close()
        with contextlib.suppress(OSError):
            self._events.close()


def require_new(folder: Path) -> None:
    """Check that `folder` holds no journal. Raises JournalError where it does."""
    taken = [name for name in (EVENTS, SESSION, GRAPH) if (folder / name).exists()]
    if taken:
        raise JournalError(f"{folder}: holds {taken[0]} already, and nothing is written over it; give a new folder")


def _create(folder: Path, session: str, graph: str) -> Growing:
    """Create the files with which a journal begins, and return the one for events. Raises JournalError."""
    require_new(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        events = Growing(folder / EVENTS)  # first, so that only one of two writers at the same time goes on
        try:
            write_new(folder / SESSION, session)
            write_new(folder / GRAPH, graph)
        except OSError:
            events.close()
            raise
    except OSError as error:
        raise JournalError(f"{folder}: cannot be written to: {error.strerror or error}") from error
    return events


def _size(packet: Any) -> int:
    """Return the bytes of a packet's samples."""
    match packet:
        case Audio(samples=samples) | Speech(voiced=Voiced(samples=samples)):
            return samples.nbytes
        case _:
            return 0


def _check(kind: type) -> None:
    try:
        decoder(kind)
    except (TypeError, NameError) as error:
        fields = "text, numbers, truth values, samples, and dataclasses, tuples and maps of these"
        raise JournalError(
            f"packets of the type {kind.__name__} cannot be recorded: {error}; they may hold {fields}"
        ) from error
