"""What lies beside the sound of an answer, read back as other programs read it."""

from __future__ import annotations

import asyncio
import csv
import json
import wave
from contextlib import ExitStack
from importlib import resources
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
from support.captions import read_captions
from support.reading import normalised

from audio_samples import FOLDER
from models.face import EXPRESSIONS, GESTURES, VISEMES
from pipeline.cli.progress import Silent
from pipeline.devices.word_timing import Word
from pipeline.errors import MediaError
from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.runners.batch.batch import run_batch
from pipeline.runners.batch.results import (
    ExpressionResult,
    FaceTrack,
    FileResult,
    FileSummary,
    GestureResult,
    SpeechResult,
    VisemeResult,
    VisemeTrack,
)
from pipeline.runners.batch.tracks import Tracks

EVERY = ["x.srt", "x.vtt", "x.reply.srt", "x.reply.vtt", "x.visemes.json", "x.visemes.csv", "x.face.json"]


def batch(graph: Graph, recording: str, out: Path) -> FileSummary:
    (file,) = asyncio.run(run_batch(graph, {FOLDER / recording: "x"}, out, 1, Silent())).files
    return file


@pytest.fixture(scope="module")
def answered(assistant: Graph, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FileResult]:
    """A recording of several turns, answered."""
    out = tmp_path_factory.mktemp("answers")
    assert batch(assistant, "remember.wav", out).tracks == EVERY
    return out, FileResult.model_validate_json((out / "x.json").read_bytes())


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_captions_of_the_user_lie_on_the_recordings_time(answered: tuple[Path, FileResult], kind: str) -> None:
    out, result = answered
    shown = list(read_captions(out / f"x.{kind}"))
    assert normalised(" ".join(text for _, _, text in shown)) == normalised(
        " ".join(turn.transcript for turn in result.turns)
    )
    for turn in result.turns:
        assert any(start == pytest.approx(turn.start, abs=0.002) for start, _, _ in shown)
    assert shown[-1][1] == pytest.approx(result.turns[-1].end, abs=0.002)


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_captions_of_the_answers_lie_on_the_sounds_time(answered: tuple[Path, FileResult], kind: str) -> None:
    out, result = answered
    shown = list(read_captions(out / f"x.reply.{kind}"))
    for turn in result.turns:
        assert turn.speech is not None
        begin, end = turn.speech.start - 0.002, turn.speech.start + turn.speech.duration + 0.002
        texts = [text for start, stop, text in shown if begin <= start and stop <= end]
        assert " ".join(" ".join(texts).split()) == " ".join(turn.reply.split())


def test_both_viseme_tracks_hold_the_mouth_of_the_whole_sound(answered: tuple[Path, FileResult]) -> None:
    out, result = answered
    published = json.loads((resources.files("pipeline.runners.batch") / "batch.schema.json").read_text("utf-8"))
    data = json.loads((out / "x.visemes.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(published["$defs"]["VisemeTrack"] | {"$defs": published["$defs"]}).validate(data)
    track = VisemeTrack.model_validate(data)
    with (out / "x.visemes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{name: str(value) for name, value in shape.items()} for shape in _columns(track)]
    with wave.open(str(out / track.sound)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    assert track.visemes[0].start == 0.0
    assert track.visemes[-1].start + track.visemes[-1].duration == pytest.approx(seconds, abs=0.02)
    assert all(b.start == pytest.approx(a.start + a.duration, abs=0.02) for a, b in pairwise(track.visemes))
    assert {shape.viseme for shape in track.visemes} <= set(VISEMES)
    assert len(track.visemes) == sum(len(turn.visemes) for turn in result.turns)


def test_the_face_lies_on_the_sounds_time(answered: tuple[Path, FileResult]) -> None:
    out, result = answered
    published = json.loads((resources.files("pipeline.runners.batch") / "batch.schema.json").read_text("utf-8"))
    data = json.loads((out / "x.face.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(published["$defs"]["FaceTrack"] | {"$defs": published["$defs"]}).validate(data)
    track = FaceTrack.model_validate(data)
    assert len(track.face) == sum(len(turn.face) for turn in result.turns)
    for turn in result.turns:
        assert turn.speech is not None
        begin, end = turn.speech.start, turn.speech.start + turn.speech.duration
        here = [packet for packet in track.face if begin <= packet.start < end]
        looks = [packet for packet in here if isinstance(packet, ExpressionResult)]
        assert {look.expression for look in looks} <= set(EXPRESSIONS)
        assert looks[0].start == begin, "a look from the first sample on"
        assert {packet.gesture for packet in here if isinstance(packet, GestureResult)} <= set(GESTURES)
    assert any(isinstance(packet, GestureResult) for packet in track.face)


@pytest.mark.model
def test_without_a_voice_there_are_captions_of_the_user_alone(tmp_path: Path) -> None:
    graph = open_graph("captions")

    async def run() -> FileSummary:
        await graph.load()
        try:
            return (await run_batch(graph, {FOLDER / "stop.wav": "x"}, tmp_path, 1, Silent())).files[0]
        finally:
            await graph.close()

    assert asyncio.run(run()).tracks == ["x.srt", "x.vtt"]
    assert {path.name for path in tmp_path.iterdir()} == {"x.json", "x.srt", "x.vtt", "summary.json"}


def test_a_mouth_never_moves_longer_than_the_sound(tmp_path: Path) -> None:
    """As where a voice failed within an answer whose mouth was shaped already."""
    shapes = [VisemeResult(viseme="aa", start=at, duration=0.4, weight=1.0) for at in (0.0, 0.4, 0.8)]
    with ExitStack() as stack:
        Tracks(tmp_path, "x", stack).moved(shapes, SpeechResult(file="x.reply.wav", start=2.0, duration=0.5))
    track = VisemeTrack.model_validate_json((tmp_path / "x.visemes.json").read_bytes())
    assert [(shape.start, shape.duration) for shape in track.visemes] == [(2.0, 0.4), (2.4, 0.1)]


def test_where_a_recording_fails_no_half_of_a_track_is_left(tmp_path: Path) -> None:
    def fail() -> None:
        with ExitStack() as stack:
            tracks = Tracks(tmp_path, "x", stack)
            tracks.heard([Word("Stop.", 0.0, 1.0)])
            tracks.moved(
                [VisemeResult(viseme="aa", start=0.0, duration=1.0, weight=1.0)],
                SpeechResult(file="x.reply.wav", start=0.0, duration=1.0),
            )
            raise MediaError("x.wav: cut off")

    with pytest.raises(MediaError, match="cut off"):
        fail()
    assert list(tmp_path.iterdir()) == []


def _columns(track: VisemeTrack) -> list[dict[str, object]]:
    return [
        {"start": shape.start, "duration": shape.duration, "viseme": shape.viseme, "weight": shape.weight}
        for shape in track.visemes
    ]
