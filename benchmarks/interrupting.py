"""Measures what the avatar does when someone speaks, coughs or murmurs during a story, and when it hears itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from answering import spread
from live import LOUDSPEAKER, Talk, conversation
from sounds import Clip

from models.protocols import VoiceDetector
from pipeline.devices.files.decoding import SAMPLE_RATE
from pipeline.graph.graph import Graph
from pipeline.runtime.record import Fate
from pipeline.runtime.turn_taking.endpointing import Endpointer
from pipeline.testing.tape import AUDIBLE

STORY = "Tell me a story about a dragon"
"""The request for a story that lasts longer than any of the trials."""
BEGUN = 10.0
"""Seconds within which the story must have begun."""
INTO = (1.0, 1.35, 1.7)
"""Seconds of the story before the interruption, taken in turn."""
PATIENCE = 6.0
"""Seconds after an interruption within which it must be answered."""
SETTLED = 2.5
"""Seconds after a sound that was no interruption within which the story must have gone on."""
FADE = 0.1
"""Seconds after the order to be silent in which the last sound is looked for, because it fades and loudspeakers are
late."""
ECHOES = (0.1, 0.2, 0.3, 0.5)
"""How loud the loudspeaker is at the microphone, as a factor, in the trials in which no one speaks."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The result of an interruption."""

    clip: Clip
    ms: float | None
    """Milliseconds from its first audible sample to the loudspeaker's silence; None where that did not fall silent."""
    inside_ms: float | None
    """The part of these from the moment when the pipeline had enough voice to the order to be silent."""
    missed: str
    """Why the interruption was missed; empty where it was not."""
    hesitant: bool = False
    """Whether the story went on once more before it ended: "okay" is a backchannel until "stop" follows."""


async def interrupt(graph: Graph, clip: Clip, into: float) -> Stopped:
    """Interrupt a story with a clip that is meant to interrupt."""
    async with conversation(graph, "hands-free") as talk:
        began = await _story(talk)
        end = talk.say(clip, began + into)
        onset = began + into + clip.onset / SAMPLE_RATE
        answered = await talk.wait_for(lambda: talk.sounded is not None and talk.sounded > onset, end + PATIENCE)
        orders = [(order, at) for order, at in talk.orders if at >= onset]
        ended = _story_interrupted(talk)
    stop = next((at for order, at in orders if order != "resume"), None)
    if stop is None:
        return Stopped(clip, None, None, "the story went on")
    crossed = _crossed(graph, talk, onset)
    inside = None if crossed is None else 1000 * (stop - crossed)
    hesitant = "resume" in [order for order, _ in orders]
    missed = "" if ended and answered else "no answer" if ended else "the story went on"
    return Stopped(clip, 1000 * (_silent(talk, onset, stop) - onset), inside, missed, hesitant)


def _silent(talk: Talk, onset: float, stop: float) -> float:
    """When the loudspeaker fell silent. Silence before the order does not count, because the story pauses for
    breath."""
    loud = np.flatnonzero(np.abs(talk.room.played.between(onset, stop + FADE)) > AUDIBLE)
    return max(stop, onset + (int(loud[-1]) + 1) / LOUDSPEAKER if loud.size else 0.0)


async def distract(graph: Graph, clip: Clip | None, into: float, echo: float = 0.0) -> tuple[bool, list[float]]:
    """Play a clip that is not meant to interrupt; without a clip the avatar only hears itself. It tells whether the
    story ended all the same, and how many milliseconds each of its hesitations lasted."""
    async with conversation(graph, "hands-free", echo) as talk:
        began = await _story(talk)
        end = talk.say(clip, began + into) if clip else began + into
        await talk.room.until(end + SETTLED)
        stopped = _story_interrupted(talk)
        silent = bool(talk.orders) and talk.orders[-1][0] != "resume"
        orders = talk.orders
    pauses = [(then, there) for (order, then), (_, there) in pairwise(orders) if order == "pause"]
    return stopped or silent, [1000 * (there - then) for then, there in pauses]


async def _story(talk: Talk) -> float:
    """Ask for a story, and return when it was first heard. Raises SystemExit if it never is."""
    talk.floor.type(STORY)
    await talk.wait_for(lambda: talk.sounded is not None, BEGUN)
    if (began := talk.sounded) is None:
        raise SystemExit(f"no story was told within {BEGUN:g} s")
    return began


def _story_interrupted(talk: Talk) -> bool:
    return any(
        turn.fate is Fate.INTERRUPTED and turn.transcript is not None and turn.transcript.text == STORY
        for turn in talk.turns
    )


def _crossed(graph: Graph, talk: Talk, onset: float) -> float | None:
    """When the pipeline got the sound that completes the voice for which it falls silent.

    The detector and the endpointer are asked again about all sound of the microphone. The voice that the policy waits
    for is no time inside the pipeline: it must hear that much before it believes that someone speaks."""
    detector: VoiceDetector = graph.detector.engine
    size = detector.window
    endpointer = Endpointer(graph.turns, size / SAMPLE_RATE, foreground=True)
    sound = np.concatenate([piece.samples for _, piece in talk.delivered])
    windows = sound[: sound.size - sound.size % size].reshape(-1, size)
    for index, probability in enumerate(detector.open().probabilities(windows)):
        endpointer.feed(windows[index], probability)
        end = (index + 1) * size
        if (
            end > onset * SAMPLE_RATE
            and endpointer.length
            and endpointer.lasting * size >= graph.turns.onset * SAMPLE_RATE
        ):
            return next(
                at for at, piece in talk.delivered if piece.start * SAMPLE_RATE + piece.samples.size >= end - 0.5
            )
    return None


async def meant(graph: Graph, clips: Sequence[Clip]) -> dict[str, Any]:
    """The measures of real interruptions."""
    found: list[Stopped] = []
    for index, clip in enumerate(clips):
        found.append(await interrupt(graph, clip, INTO[index % len(INTO)]))
        one = found[-1]
        _tell(f"interruption  {clip.name:36} {_ms(one.ms)} of which inside {_ms(one.inside_ms)} {one.missed}")
    times = [one.ms for one in found if one.ms is not None]
    inside = [one.inside_ms for one in found if one.inside_ms is not None]
    missed = {one.clip.name: one.missed for one in found if one.missed}
    return {
        "barge_in_ms": spread(times) | {"max": _most(times), "inside": spread(inside) | {"max": _most(inside)}},
        "missed_interruptions": len(missed),
        "missed": missed,
        "went_on_first": [one.clip.name for one in found if one.hesitant],
        "interruptions": len(found),
    }


async def not_meant(graph: Graph, clips: Sequence[Clip]) -> dict[str, Any]:
    """The measures of coughs, backchannels and the avatar's own echo, which must not interrupt."""
    trials: list[tuple[str, Clip | None, float]] = [(clip.name, clip, 0.0) for clip in clips]
    trials += [(f"echo at {echo:g}", None, echo) for echo in ECHOES]
    stops: list[str] = []
    pauses: list[float] = []
    for index, (name, clip, echo) in enumerate(trials):
        stopped, hesitations = await distract(graph, clip, INTO[index % len(INTO)], echo)
        stops += [name] if stopped else []
        pauses += hesitations
        _tell(f"no interruption  {name:33} {'STOPPED' if stopped else ''} {[round(ms) for ms in hesitations]}")
    return {
        "false_stops": len(stops),
        "stopped_by": stops,
        "false_pauses": {"count": len(pauses)} | (spread(pauses) if pauses else {}),
        "distractions": len(trials),
    }


def _most(values: Sequence[float]) -> float:
    return round(max(values, default=0.0), 1)


def _ms(value: float | None) -> str:
    return "   -    " if value is None else f"{value:5.0f} ms"


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
