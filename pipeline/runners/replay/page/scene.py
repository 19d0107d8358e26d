"""What the page shows of one turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from models.protocols import Samples
from pipeline.graph.graph import AUDIO, Graph
from pipeline.packets import Audio, Partial, Speech
from pipeline.runtime.journal.reader import Recorded, RecordedTurn
from pipeline.runtime.record import Fate, Record, State
from pipeline.runtime.waterfall import Span, waterfall

AUDIBLE = 10 ** (-40 / 20)
"""The share of full scale below which a sample at the answer's beginning counts as silent."""
UNHEARD = 1.0
"""Seconds of an answer that are shown after the moment when it was cut."""
SHORTEST = 0.5
"""The shortest figure, in seconds."""


@dataclass(frozen=True, slots=True)
class Track:
    """Sound, and the time at which it was heard."""

    samples: Samples
    sample_rate: int
    start: float
    """The beginning, in session time."""

    @property
    def end(self) -> float:
        """The end, in session time."""
        return self.start + self.samples.size / self.sample_rate


UNFINISHED = "unfinished"
"""The fate of a turn that the journal ends in."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One turn."""

    record: Record
    fate: str
    """One of `Fate`, or `UNFINISHED`."""
    ended: float
    """Session time at which nothing of it was left; where it was interrupted, at which it fell silent."""
    user: Track | None = None
    """What the user said; None where they typed."""
    answer: Track | None = None
    """What was made of the answer's sound, heard or not."""
    partials: Sequence[Partial] = ()
    speech: Sequence[Speech] = ()
    spans: Sequence[Span] = ()
    steps: Mapping[str, str] = field(default_factory=dict)
    """The step of each node, by which it is coloured."""
    notes: Sequence[str] = ()
    """How the replay differs; empty where it does not, or where nothing was replayed."""

    @property
    def number(self) -> str:
        """The number of the turn within its session."""
        return self.record.turn.rpartition("/")[2]

    @property
    def start(self) -> float:
        """The session time at which its figure begins."""
        return min(self.record.began, self.user.start) if self.user else self.record.began

    @property
    def cut(self) -> float:
        """The session time at which the answer fell silent."""
        if self.answer is None:
            return self.ended
        if self.fate == Fate.ANSWERED:
            return self.answer.end
        return max(self.answer.start, min(self.ended, self.answer.end))

    @property
    def end(self) -> float:
        """The session time at which its figure ends."""
        ends = [self.user.end] if self.user else []
        ends += [min(self.answer.end, self.cut + UNHEARD)] if self.answer else []
        return max([*ends, self.start + SHORTEST])


def scene(recorded: Recorded, turn: RecordedTurn, graph: Graph, notes: Sequence[str]) -> Scene:
    """What the page shows of a turn; `notes` say how the replay differs."""
    record, sounded = turn.record, turn.record.sounded if turn.record else None
    if record is None:  # the journal ends before the turn does
        record = Record(turn.turn.id, began=turn.began)
        for crossing in turn.crossings:
            record.observe(crossing.node, crossing.packet)
        spoken = (at for at, state in recorded.states if state is State.SPEAKING and at >= turn.began)
        sounded = next(spoken, None)
    given = [crossing.packet for crossing in turn.crossings]
    speech = [packet for packet in given if isinstance(packet, Speech)]
    ended = turn.ended
    if ended is None:
        ended = turn.crossings[-1].at if turn.crossings else turn.began
    if record.fate is Fate.INTERRUPTED:
        ended = _fell_silent(recorded.states, ended)
    return Scene(
        record=record,
        fate=record.fate if turn.record else UNFINISHED,
        ended=ended,
        user=user_track([packet for packet in turn.packets(AUDIO) if isinstance(packet, Audio)]),
        answer=answer_track(speech, sounded),
        partials=[packet for packet in given if isinstance(packet, Partial)],
        speech=speech,
        spans=waterfall(record, graph),
        steps={node.name: node.step for node in graph.nodes},
        notes=notes,
    )


def _fell_silent(states: Sequence[tuple[float, State]], ended: float) -> float:
    """The time at which the avatar stopped speaking before a turn ended.

    It stops before it knows that the user has something to say."""
    silent = ended
    for (_, state), (at, after) in pairwise(states):
        if at <= ended and state is State.SPEAKING and after is not State.SPEAKING:
            silent = at
    return silent


def user_track(pieces: Sequence[Audio]) -> Track | None:
    """The pieces of the user's sound as one."""
    heard = [piece for piece in pieces if piece.samples.size]
    if not heard:
        return None
    return Track(np.concatenate([piece.samples for piece in heard]), heard[0].sample_rate, heard[0].start)


def answer_track(speech: Sequence[Speech], sounded: float | None) -> Track | None:
    """The pieces of the answer as one; where the device was asked for nothing, there is none.

    `sounded` is when the first audible sample was heard."""
    if not speech or sounded is None:
        return None
    rate = speech[0].voiced.sample_rate
    # A voice that takes over from one that failed may have another rate; an envelope is drawn of the first one's.
    samples = np.concatenate([piece.voiced.samples for piece in speech if piece.voiced.sample_rate == rate])
    loud = np.flatnonzero(np.abs(samples) > AUDIBLE)
    quiet = int(loud[0]) / rate if loud.size else 0.0
    return Track(samples, rate, sounded - quiet)


def clock(seconds: float) -> str:
    """The time as text, such as ``1:02.3``."""
    tenths = round(max(0.0, seconds) * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
