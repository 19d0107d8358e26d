"""One exchange of a simulated headset: what its user said, and what was heard and seen of the answer, measured."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from models.protocols import Samples
from pipeline.runners.headset.headset import Headset, TimedMessage
from pipeline.runners.headset.mouth_timing import AnswerClock, SeenShape, skews
from pipeline.runners.headset.playout import AUDIBLE, Stretch
from pipeline.wire import from_server
from pipeline.wire.frames import since

QUIET = 3.0
"""Seconds without an answer or an action, after which the avatar counts as not having heard anything."""
PATIENCE = 60.0
"""The most seconds to wait for the end of an answer."""


@dataclass(frozen=True, slots=True)
class MeasuredExchange:
    """The measures of one exchange. All times are in seconds."""

    name: str
    """The name of the recording."""
    session: str
    heard: str
    """The user's words, as the server understood them."""
    said: str
    """The avatar's words, as far as they were heard."""
    fate: str
    """``answered``, ``interrupted`` or ``failed``; ``nothing`` where no words were heard."""
    error: str
    first_audible: float | None
    """The time from the key's release, or the last voice, to the first audible sample of the answer in the headset."""
    latency: float | None
    """The latency that the server reports for the same answer."""
    gaps: tuple[float, ...]
    """Lengths of the silences within answers that sound which came too late has caused."""
    lost: int
    """Frames that never arrived."""
    buffered: float | None
    """The time for which the answer's first sample waited before it was played."""
    seconds: float
    """The time from the first audible sample to the last."""
    skews: tuple[float, ...]
    """The delays of the mouth after the sound, each time that both begin after a pause; see `mouth_timing.skews`."""
    late: float
    """The greatest delay with which mouth shapes arrived after their sound."""
    visemes: tuple[SeenShape, ...]
    """The mouth shapes as they were seen."""
    captions: tuple[tuple[float, str], ...]
    """The avatar's captions, each with the time at which it is due."""
    sound: Samples
    """The sound from the release, or the last voice, on, shape (n,). `visemes` and `captions` count from the same
    moment."""
    sample_rate: int
    """The rate of `sound` in Hz."""


class Before(NamedTuple):
    """The numbers of messages, and of lost frames, before the user began to speak."""

    told: int
    lost: int


async def measure_exchange(
    headset: Headset, name: str, samples: Samples, sample_rate: int, patience: float = PATIENCE
) -> MeasuredExchange:
    """Say `samples`, shape (n,), and listen until the answer is over, or for `patience` seconds. Raises
    TransportError."""
    known = {one.message.turn for one in headset.messages if hasattr(one.message, "turn")}
    told, lost = len(headset.messages), headset.playout.lost
    began, ended = await headset.say(samples, sample_rate)
    if headset.welcome.mode == "hands-free":
        loud = np.flatnonzero(np.abs(samples) > AUDIBLE)
        ended = began + (int(loud[-1]) + 1) / sample_rate if loud.size else ended

    def answers() -> list[from_server.Answered]:
        return [answer for answer in headset.of(from_server.Answered, told) if answer.turn not in known]

    def at_rest() -> bool:
        return headset.playout.quiet and headset.state in {"idle", "listening"}

    deadline = asyncio.get_running_loop().time() + patience
    while not await headset.until(lambda: answers() and at_rest(), QUIET):
        if at_rest() or asyncio.get_running_loop().time() > deadline:
            break
    return _measured(headset, name, ended, answers(), Before(told, lost))


def _measured(
    headset: Headset, name: str, ended: float, answers: list[from_server.Answered], before: Before
) -> MeasuredExchange:
    playout, rate = headset.playout, headset.playout.sample_rate
    syncs = headset.of(from_server.Sync, before.told)
    stretches = [stretch for stretch in playout.stretches if stretch.end > ended]
    sound = _sound(stretches, ended, rate)
    loud = np.flatnonzero(np.abs(sound) > AUDIBLE)
    first, last = (int(loud[0]) / rate, int(loud[-1]) / rate) if loud.size else (0.0, 0.0)
    clock, later = AnswerClock(playout, syncs), headset.messages[before.told :]
    shapes = list(_shapes(clock, later, ended))
    seen = tuple(shape for shape, _ in shapes if shape.duration)
    latency = answers[-1].latency if answers else None
    return MeasuredExchange(
        name=name,
        session=headset.welcome.session,
        heard=" ".join(one.heard for one in answers),
        said=" ".join(one.said for one in answers),
        fate=answers[-1].fate if any(one.heard or one.said or one.error for one in answers) else "nothing",
        error=" ".join(one.error for one in answers if one.error),
        first_audible=first if loud.size else None,
        latency=None if latency is None else latency / 1000,
        gaps=tuple(gap for at, gap in _gaps(stretches, syncs) if first < at - ended < last),
        lost=playout.lost - before.lost,
        buffered=stretches[0].buffered if stretches else None,
        seconds=last - first,
        skews=tuple(skews(seen, sound, rate)),
        late=max((late for _, late in shapes), default=0.0),
        visemes=seen,
        captions=tuple(_captions(clock, later, ended)),
        sound=sound,
        sample_rate=rate,
    )


def _shapes(clock: AnswerClock, later: Sequence[TimedMessage], begin: float) -> Iterator[tuple[SeenShape, float]]:
    """Give each mouth shape as it was seen, and the seconds by which it arrived too late.

    A shape is seen when its sound is heard, but not before the shape arrived."""
    for one in later:
        if isinstance(one.message, from_server.Visemes):
            for start, duration, name, weight in one.message.visemes:
                for due in clock.due(one.message.turn, start):
                    late = max(0.0, one.at - due)
                    yield SeenShape(due + late - begin, max(0.0, duration / 1000 - late), name, weight), late


def _captions(clock: AnswerClock, later: Sequence[TimedMessage], begin: float) -> Iterator[tuple[float, str]]:
    for one in later:
        if isinstance(one.message, from_server.Caption) and one.message.speaker == "avatar":
            for due in clock.due(one.message.turn, one.message.start):
                yield max(due, one.at) - begin, one.message.text


def _gaps(stretches: Sequence[Stretch], syncs: Sequence[from_server.Sync]) -> Iterator[tuple[float, float]]:
    """Give the time at which sound ran out, and for how long, between stretches of the same answer.

    After a sync, another answer begins, or one goes on after a flush. Silence that the server left out is no gap."""
    for one, other in pairwise(stretches):
        end = one.timestamp + one.size
        begins = any(since(sync.timestamp, end) >= 0 >= since(sync.timestamp, other.timestamp) for sync in syncs)
        gap = other.at - one.end - since(other.timestamp, end) / one.sample_rate
        if one.dry and not begins and gap > 0:
            yield one.end, gap


def _sound(stretches: list[Stretch], begin: float, rate: int) -> Samples:
    """The sound that was heard from `begin` on, with its silences."""
    end = max((stretch.end for stretch in stretches), default=begin)
    sound = np.zeros(round((end - begin) * rate), np.float32)
    for stretch in stretches:
        samples, at = stretch.samples, round((stretch.at - begin) * rate)
        samples = samples[max(0, -at) :]
        at = max(0, at)
        sound[at : at + samples.size] = samples[: sound.size - at]
    return sound
