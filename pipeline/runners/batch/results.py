"""What a batch leaves behind, as data: the published schema is made from these models.

Times are seconds. Those of a turn count from the recording's start, those of its visemes and face from the start of the
answer's sound, those in a `VisemeTrack` or `FaceTrack` from the start of the WAV file, those in `timings` from the
moment when the turn began to run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from models.protocols import Act, SlotValue
from pipeline.host.meter import Meter
from pipeline.packets import Expression, Gesture, Intent, Outcome
from pipeline.runtime.record import Record

Status = Literal["answered", "nothing heard", "failed"]


class _Result(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class IntentResult(_Result):
    """What the user wanted."""

    name: str
    slots: dict[str, SlotValue]
    confidence: float = Field(ge=0.0, le=1.0)
    act: Act = "do"
    words: str = ""
    """The part of the utterance that expresses it; empty stands for the whole utterance."""


class ActionResult(_Result):
    """What a client should show or do."""

    kind: str
    args: dict[str, SlotValue]


class TaskResult(_Result):
    """What was done about it."""

    name: str
    status: Literal["done", "refused", "unclear", "open"]
    result: str
    """The outcome in plain words; for ``open`` the direction that the language model was given."""
    facts: dict[str, str]
    actions: list[ActionResult]


class SpeechResult(_Result):
    """Where the answer's sound lies."""

    file: str
    """A WAV file in the folder of this result."""
    start: float
    duration: float


class VisemeResult(_Result):
    """A mouth shape of the answer."""

    viseme: str
    start: float
    duration: float
    weight: float


class ExpressionResult(_Result):
    """A look on the avatar's face."""

    expression: str
    start: float
    duration: float
    """In which it comes, stays and goes."""
    weight: float


class GestureResult(_Result):
    """A movement of the avatar's head or hands."""

    gesture: str
    start: float


FaceResult: TypeAlias = ExpressionResult | GestureResult


class VisemeTrack(_Result):
    """The mouth beside the sound of all answers to a recording: the content of ``<name>.visemes.json``."""

    schema_version: Literal[1]
    sound: str
    """The WAV file beside it."""
    visemes: list[VisemeResult]
    """In order; where there is none, the mouth rests."""


class FaceTrack(_Result):
    """Looks and gestures beside the sound of all answers to a recording: the content of ``<name>.face.json``."""

    schema_version: Literal[1]
    sound: str
    """The WAV file beside it."""
    face: list[FaceResult]
    """Answer by answer. A look may end behind its sound: it fades."""


class StageTimings(_Result):
    """What a stage cost."""

    first_in: float | None
    first_out: float | None
    ended: float | None
    computing: float
    queued: float
    """Waiting for the engine while it served other recordings."""
    waiting: float
    """Waiting for the stages before it."""
    blocked: float
    """Waiting for the stages behind it."""


class TurnResult(_Result):
    """One utterance and its answer."""

    start: float
    end: float
    transcript: str
    language: str
    intent: IntentResult | None
    """The first of `intents`."""
    task: TaskResult | None
    """The first of `tasks`."""
    intents: list[IntentResult] = []
    """The commands of the utterance, in the order of its words."""
    tasks: list[TaskResult] = []
    """What came of them, in order."""
    reply: str
    speech: SpeechResult | None
    visemes: list[VisemeResult]
    face: list[FaceResult] = []
    timings: dict[str, StageTimings]
    error: str | None
    """The stage that failed, and why; what the stages before it found is kept."""
    degraded: list[str] = []
    """What failed in stages that went on without it: the stage and engine, how it went on, and the error."""


class FileResult(_Result):
    """Everything about one recording: the content of ``<name>.json``."""

    schema_version: Literal[1]
    source: str
    sound: str = ""
    """SHA-256 of the recording's file, hexadecimal; empty where it cannot be read."""
    graph: str
    turns: list[TurnResult]
    duration_s: float
    status: Status
    notes: list[str]
    """What is odd about the recording although it was answered."""
    error: str | None
    degraded: list[str] = []
    """What is said under this name in its turns, each once."""
    files: list[str] = []
    """The other files in its folder that belong to this result: the answers' sound and the tracks."""


class FileSummary(_Result):
    """One line of the summary."""

    source: str
    result: str | None
    """The file that holds the `FileResult`; absent where it could not be written."""
    speech: str | None
    tracks: list[str]
    """The captions and visemes beside it."""
    status: Status
    turns: int
    duration_s: float
    seconds: float
    """How long it took to answer, beside the other recordings."""
    notes: list[str]
    error: str | None
    degraded: list[str] = []
    """What failed in stages that went on without it, each once."""


class Summary(_Result):
    """Everything about one run: the content of ``summary.json``."""

    schema_version: Literal[1]
    graph: str
    answered: int
    nothing_heard: int
    failed: int
    degraded: int = 0
    """How many of those that were answered would have another answer if no stage had failed."""
    duration_s: float
    """Of all recordings together."""
    seconds: float
    files: list[FileSummary]


def turn_result(record: Record, start: float, end: float, speech: SpeechResult | None) -> TurnResult:
    """The record of a turn, as data."""
    heard = record.transcript
    intents, tasks = [*map(_intent_result, record.intents)], [*map(_task_result, record.outcomes)]
    return TurnResult(
        start=round(start, 3),
        end=round(end, 3),
        transcript=heard.text if heard else "",
        language=heard.language if heard else "",
        intent=intents[0] if intents else None,
        task=tasks[0] if tasks else None,
        intents=intents,
        tasks=tasks,
        reply=record.reply.strip(),
        speech=speech,
        visemes=[
            VisemeResult(
                viseme=v.viseme, start=round(v.start, 4), duration=round(v.duration, 4), weight=round(v.weight, 3)
            )
            for v in record.visemes
        ],
        face=[_face_result(packet) for packet in record.face],
        timings=_timings(record.report.meters),
        error=str(record.error) if record.error else None,
        degraded=[str(notice) for notice in record.notices],
    )


def _intent_result(intent: Intent) -> IntentResult:
    return IntentResult(
        name=intent.name, slots=dict(intent.slots), confidence=intent.confidence, act=intent.act, words=intent.words
    )


def _task_result(outcome: Outcome) -> TaskResult:
    return TaskResult(
        name=outcome.task,
        status=outcome.status,
        result=outcome.say,
        facts=dict(outcome.facts),
        actions=[ActionResult(kind=action.kind, args=dict(action.args)) for action in outcome.actions],
    )


def _face_result(packet: Expression | Gesture) -> FaceResult:
    if isinstance(packet, Gesture):
        return GestureResult(gesture=packet.name, start=round(packet.start, 4))
    return ExpressionResult(
        expression=packet.name,
        start=round(packet.start, 4),
        duration=round(packet.duration, 4),
        weight=round(packet.weight, 3),
    )


def json_line(result: BaseModel, fields: set[str] | None = None) -> bytes:
    """The `fields` of a result, or all, as UTF-8 JSON on one line without its end. Raises ValueError for NaN."""
    values = result.model_dump(mode="json", include=fields)
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # File names that are no UTF-8 hold lone surrogates; with a backslash they are JSON's own escapes.
    return text.encode("utf-8", "backslashreplace")


def _timings(meters: Mapping[str, Meter]) -> dict[str, StageTimings]:
    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 6)

    return {
        name: StageTimings(
            first_in=rounded(meter.first_in),
            first_out=rounded(meter.first_out),
            ended=rounded(meter.ended),
            computing=round(meter.computing, 6),
            queued=round(meter.queued, 6),
            waiting=round(meter.waiting, 6),
            blocked=round(meter.blocked, 6),
        )
        for name, meter in meters.items()
        if meter.packets_in or meter.packets_out
    }


def schema() -> dict[str, Any]:
    """The JSON schema of what a batch writes, published as ``batch.schema.json`` beside this module."""
    models: list[tuple[type[BaseModel], Literal["serialization"]]] = [
        (FileResult, "serialization"),
        (VisemeTrack, "serialization"),
        (FaceTrack, "serialization"),
        (Summary, "serialization"),
    ]
    _, definitions = models_json_schema(models, title="What parley batch writes")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **definitions}


if __name__ == "__main__":
    from pathlib import Path

    Path(__file__).with_name("batch.schema.json").write_text(json.dumps(schema(), indent=2) + "\n", "utf-8")
