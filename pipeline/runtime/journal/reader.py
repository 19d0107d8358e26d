"""Reads a journal, even if its writer was killed, and even if a stranger made it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO

from models.protocols import Samples
from pipeline import packets
from pipeline.errors import JournalError
from pipeline.packets import Audio, Partial
from pipeline.runtime.journal.codec import DERIVED, Sound, decode, digest, fingerprint, no_sound
from pipeline.runtime.journal.events import (
    LONGEST,
    BeganEvent,
    ClosedEvent,
    CrossedEvent,
    EndedEvent,
    Event,
    SoundEvent,
    StateEvent,
    from_line,
)
from pipeline.runtime.journal.flac import FlacReader
from pipeline.runtime.journal.header import EVENTS, GRAPH, Header, read_header, track_path
from pipeline.runtime.record import Record, State
from pipeline.stages.stage import Turn

PACKETS: tuple[type, ...] = tuple(getattr(packets, name) for name in packets.__all__)
"""The packets that come with Parley."""

KILLED = "the process ended before the session did"
CUT = "its sound ends before its events do: a file was not copied whole"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A packet that crossed an edge."""

    at: float
    """The session time in seconds."""
    node: str
    packet: Any
    fingerprint: str
    """The fingerprint of the packet as it was, by `pipeline.runtime.journal.fingerprint`."""
    exact: bool
    """Whether `packet` is that packet bit by bit. Its samples may have had more than a track's 24 bits."""
    lacking: frozenset[str] = frozenset()
    """The fields that packets of this type did not have when the journal was written. In `packet` they have
    defaults."""


@dataclass(slots=True)
class RecordedTurn:
    """A turn, as far as it was recorded."""

    turn: Turn
    """The turn as the stages saw it; `captions` are those that were made."""
    began: float
    """The session time at which it began, in seconds."""
    crossings: list[Crossing] = field(default_factory=list)
    """The packets that crossed an edge, in the order in which they did."""
    record: Record | None = None
    """The record of the turn. It is None where the journal ends before the turn does; `ended` is then None, too."""
    ended: float | None = None

    def packets(self, node: str) -> list[Any]:
        """Return the packets that a node, or ``audio``, gave."""
        return [crossing.packet for crossing in self.crossings if crossing.node == node]


@dataclass(slots=True)
class Recorded:
    """A session, as far as it was recorded."""

    folder: Path
    header: Header
    turns: list[RecordedTurn] = field(default_factory=list)
    """The turns in the order in which they began."""
    states: list[tuple[float, State]] = field(default_factory=list)
    """The states of the avatar, each with the session time from which it lasted."""
    stopped: str = KILLED
    """Why the rest of the session is missing; empty where the session came to its end."""
    _runs: list[SoundEvent] = field(default_factory=list)
    _tracks: dict[str, FlacReader] = field(default_factory=dict)

    @property
    def graph(self) -> Path:
        """The file of the graph, with its overlays and overrides laid on."""
        return self.folder / GRAPH

    def sound(self, piece: float = 1.0) -> Iterator[Audio]:
        """Give the microphone's sound in pieces of at most `piece` seconds. Times at which it gave none are left out.

        The last piece may end in silence that fills up a block of the track."""
        for run, following in zip_longest(self._runs, self._runs[1:]):
            track = self._tracks[run.track]
            rate, end = track.sample_rate, track.length
            if following is not None:
                same = following.track == run.track
                lasted = run.offset + max(0, round((following.start - run.start) * rate))
                end = min(lasted, following.offset if same else end)
            for offset in range(run.offset, end, step := max(1, round(piece * rate))):
                samples = track.read(offset, min(step, end - offset))
                yield Audio(samples, rate, run.start + (offset - run.offset) / rate)


def read_journal(folder: Path, kinds: Iterable[type] = ()) -> Recorded:
    """Read what was recorded in `folder` into memory: up to half a gigabyte for an hour.

    `kinds` are types of packets besides those that come with Parley: what the nodes of the graph emit. Raises
    JournalError where there is no journal, or one that this version does not read."""
    return _Reading(folder, {kind.__name__: kind for kind in (*PACKETS, *kinds)}).run()


class _Missing(Exception):
    """Sound that a line refers to was not written any more."""


class _Reading:
    """The state of reading a journal line by line."""

    def __init__(self, folder: Path, kinds: dict[str, type]) -> None:
        self._folder, self._kinds = folder, kinds
        self._recorded = Recorded(folder, read_header(folder))
        self._turns: dict[str, RecordedTurn] = {}
        self._line, self._cut = 0, False

    def run(self) -> Recorded:
        path = self._folder / EVENTS
        try:
            with path.open("rb") as file:
                for line in _lines(file):
                    self._line += 1
                    self._read(from_line(line, no_sound))
        except ValueError as error:
            raise JournalError(f"{path}:{self._line}: is not an event of a journal: {error}") from error
        except OSError as error:
            raise JournalError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error
        for turn in self._recorded.turns:
            captions = tuple(c.packet.end for c in turn.crossings if isinstance(c.packet, Partial))
            turn.turn = replace(turn.turn, captions=captions)
        return self._recorded

    def _read(self, event: Event) -> None:
        """Take the event, unless its sound or earlier sound is lost, like an incomplete line at the end."""
        if not self._cut:
            try:
                self._take(event)
            except _Missing:
                self._cut = True
        elif isinstance(event, ClosedEvent):
            self._recorded.stopped = event.stopped or CUT

    def _take(self, event: Event) -> None:
        match event:
            case SoundEvent():
                if event.offset > self._track(event.track).length:
                    raise _Missing
                self._recorded._runs.append(event)
            case StateEvent():
                self._recorded.states.append((event.at, event.state))
            case BeganEvent(turn=written):
                turn = written.turn()
                if turn.id in self._turns:
                    raise ValueError(f"the turn {turn.id!r} begins a second time")
                self._turns[turn.id] = RecordedTurn(turn, event.at)
                self._recorded.turns.append(self._turns[turn.id])
            case CrossedEvent():
                self._of(event.turn).crossings.append(self._crossing(event))
            case EndedEvent(record=record):
                ended = self._of(record.turn)
                ended.record, ended.ended = _whole(record, ended), event.at
            case ClosedEvent():
                self._recorded.stopped = event.stopped

    def _of(self, turn: str) -> RecordedTurn:
        if turn not in self._turns:
            raise ValueError(f"the turn {turn!r} has not begun")
        return self._turns[turn]

    def _crossing(self, event: CrossedEvent) -> Crossing:
        if event.type not in self._kinds:
            raise ValueError(
                f"{event.node!r} gave a packet of the type {event.type!r}, which is not known here; "
                "remedy: install the package that this stage comes from"
            )
        found: list[tuple[str, bool]] = []

        def restore(sound: Sound) -> Samples:
            samples = self._samples(sound)
            found.append((sound.digest, digest(samples) == sound.digest))
            return samples

        packet: Any = decode(self._kinds[event.type], event.packet, restore)
        recorded = iter([each for each, _ in found])
        return Crossing(
            event.at,
            event.node,
            packet,
            fingerprint(packet, lambda _: next(recorded)),
            all(exact for _, exact in found),
            frozenset(each.name for each in fields(packet) if each.name not in event.packet),
        )

    def _samples(self, sound: Sound) -> Samples:
        track = self._track(sound.track)
        if sound.offset + sound.count > track.length:
            raise _Missing
        return track.read(sound.offset, sound.count)

    def _track(self, name: str) -> FlacReader:
        tracks = self._recorded._tracks
        if name not in tracks:
            tracks[name] = FlacReader(track_path(self._folder, name))
        return tracks[name]


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Give whole lines, without an incomplete one at the end. Raises ValueError for one that is too long."""
    while line := file.readline(LONGEST + 1):
        if len(line) > LONGEST:
            raise ValueError(f"a line is longer than {LONGEST:,} bytes")
        if line.endswith(b"\n"):
            yield line


def _whole(record: Record, turn: RecordedTurn) -> Record:
    """Return the record with the fields that follow from the turn's packets."""
    observed = Record(record.turn)
    for crossing in turn.crossings:
        observed.observe(crossing.node, crossing.packet)
    return replace(record, **{name: getattr(observed, name) for name in DERIVED[Record]})
