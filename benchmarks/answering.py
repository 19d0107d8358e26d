"""Measures the time from the true end of speech to the first audible sample of the answer, by key and by voice
alone."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handwritten import Loop
from live import Talk, conversation
from sounds import Clip
from support.reading import word_error_rate

from pipeline.graph.graph import Graph
from pipeline.runtime.record import Record

UNANSWERED = 6.0
"""Seconds to wait for an answer. They count as the delay if it does not come."""
SETTLED = 0.5
"""Seconds of conversation before the user speaks."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How one utterance was answered."""

    clip: Clip
    ms: float
    early: bool
    """Whether the avatar took an earlier moment for the end, or spoke before the end."""
    missing: bool
    """Whether no answer was heard."""
    record: Record | None
    """The record of the turn that was answered."""

    @property
    def heard(self) -> str:
        """The user's words, as the avatar heard them."""
        return self.record.transcript.text if self.record and self.record.transcript else ""


async def push_to_talk(graph: Graph, clip: Clip) -> Answered:
    """Answer a clip whose key is pressed 0.3 s before the first word and released at the last sample of speech."""
    async with conversation(graph, "push-to-talk") as talk:
        end = talk.say(clip, SETTLED)
        await talk.room.until(SETTLED)
        talk.floor.press()
        await talk.room.until(end)
        talk.floor.release()
        first = await _first_sound(talk, end)
    return _answered(clip, talk, first, end)


async def hands_free(graph: Graph, clip: Clip) -> Answered:
    """Answer a clip where only the voice tells when the user begins and ends."""
    async with conversation(graph, "hands-free") as talk:
        end = talk.say(clip, SETTLED)
        first = await _first_sound(talk, end)
    return _answered(clip, talk, first, end)


async def _first_sound(talk: Talk, end: float) -> float | None:
    """When the answer was first audible."""
    await talk.wait_for(lambda: talk.sounded is not None and talk.room.now > talk.sounded, end + UNANSWERED)
    await talk.room.until(end)
    return talk.room.played.first_audible()


def _answered(clip: Clip, talk: Talk, first: float | None, end: float) -> Answered:
    confirmed = [(at, turn) for turn in talk.turns if (at := talk.confirmed(turn)) is not None]
    early = any(at < end for at, _ in confirmed)
    delay = UNANSWERED if first is None else first - end
    return Answered(clip, 1000 * delay, early or delay < 0, first is None, confirmed[-1][1] if confirmed else None)


async def by_key(graph: Graph, clips: Sequence[Clip]) -> dict[str, Any]:
    """The measures of push-to-talk and of the hand-written loop, which run in turn on the same machine."""
    loop = Loop(graph)
    ours: list[Answered] = []
    theirs: list[float] = []
    for clip in [clips[0], *clips]:
        theirs.append(await loop.answer(clip, UNANSWERED))
        ours.append(await push_to_talk(graph, clip))
        _tell("push-to-talk", ours[-1], f"hand-written {theirs[-1]:.0f} ms")
    del ours[0], theirs[0]  # the first turn warms up what loading did not
    result, by_hand = _summary(ours), spread(theirs)
    return {
        "ptt_ms": result,
        "handwritten_ptt_ms": by_hand,
        "ptt_to_handwritten": {key: round(result[key] / by_hand[key], 2) for key in ("p50", "p90")},
    }


async def by_voice(graph: Graph, clips: Sequence[Clip]) -> dict[str, Any]:
    """The measures of hands-free talk."""
    answers: list[Answered] = []
    for clip in [clips[0], *clips]:
        answers.append(await hands_free(graph, clip))
        _tell("hands-free", answers[-1], "EARLY" if answers[-1].early else "")
    early = [one.clip.name for one in answers[1:] if one.early]
    return {"hands_free_ms": _summary(answers[1:]) | {"cut_early": len(early), "cut": early}}


def _summary(answers: Sequence[Answered]) -> dict[str, Any]:
    groups = dict.fromkeys(answer.clip.group for answer in answers)
    stages: dict[str, list[float]] = {}
    for answer in answers:
        for name, at in _waterfall(answer).items():
            stages.setdefault(name, []).append(at)
    return spread([answer.ms for answer in answers]) | {
        "utterances": len(answers),
        "unanswered": [answer.clip.name for answer in answers if answer.missing],
        "groups": {group: spread([one.ms for one in answers if one.clip.group == group]) for group in groups},
        "reached_p50": {name: round(statistics.median(times), 1) for name, times in stages.items()},
        "wer": round(word_error_rate([one.clip.words for one in answers], [one.heard for one in answers]), 3),
    }


def _waterfall(answer: Answered) -> dict[str, float]:
    """Milliseconds from the end that the avatar knew to the first output of each stage; below 0 if that was earlier."""
    record = answer.record
    if record is None or record.confirmed is None:
        return {}
    reached = {
        name: 1000 * (record.began + meter.first_out - record.confirmed)
        for name, meter in record.report.meters.items()
        if meter.first_out is not None and name not in ("audio", "asr")
    }
    return reached


def spread(values: Sequence[float]) -> dict[str, float]:
    """The median and the ninth decile."""
    if len(values) < 2:
        return {"p50": round(values[0], 1), "p90": round(values[0], 1)}
    return {"p50": round(statistics.median(values), 1), "p90": round(decile(values), 1)}


def decile(values: Sequence[float]) -> float:
    """The ninth decile."""
    return statistics.quantiles(values, n=10, method="inclusive")[-1]


def _tell(what: str, answer: Answered, more: str) -> None:
    lost = "NO ANSWER" if answer.missing else ""
    print(
        f"{what:13} {answer.clip.name:20} {answer.clip.group:11} {answer.ms:6.0f} ms  {answer.heard!r} {more}{lost}",
        file=sys.stderr,
    )
