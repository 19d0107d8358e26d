"""Recordings in, answers out, through the real engines."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from contextlib import ExitStack
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from support.reading import normalised, read_speech, word_error_rate
from support.waves import dominant, tone

from audio_samples import samples
from models.protocols import Samples, Voiced
from pipeline.cli.progress import Silent
from pipeline.devices.files.paths import unique_names
from pipeline.devices.files.wav import write_wav
from pipeline.devices.pcm import from_pcm16
from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.packets import Speech
from pipeline.runners.batch.batch import NEVER_RINGS, AnswerFile, run_batch
from pipeline.runners.batch.results import FileResult, FileSummary, Summary, schema

RATE = 16_000


def answer(graph: Graph, paths: list[Path], out: Path, jobs: int = 2) -> Summary:
    return asyncio.run(run_batch(graph, unique_names(paths), out, jobs, Silent()))


def result(out: Path, summary: FileSummary) -> FileResult:
    assert summary.result is not None
    return FileResult.model_validate_json((out / summary.result).read_bytes())


@pytest.fixture(scope="module")
def answered(assistant: Graph, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    """Every sample, answered."""
    out = tmp_path_factory.mktemp("answers")
    return out, answer(assistant, [sample.path for sample in samples()], out)


def test_every_sample_is_answered_turn_by_turn(answered: tuple[Path, Summary]) -> None:
    out, summary = answered
    assert (summary.failed, summary.nothing_heard, summary.answered) == (0, 0, len(samples()))
    for sample, file in zip(samples(), summary.files, strict=True):
        turns = result(out, file).turns
        assert len(turns) == len(sample.utterances), sample.file
        for turn, said in zip(turns, sample.utterances, strict=True):
            assert turn.start <= said.start + 0.1
            assert turn.end >= said.end - 0.1
            assert turn.reply
            assert turn.error is None


def test_a_timer_that_a_batch_cannot_wait_for_is_noted(answered: tuple[Path, Summary]) -> None:
    noted = {Path(file.source).stem for file in answered[1].files if NEVER_RINGS in file.notes}
    set_there = {Path(one.file).stem for one in samples() if any(said.intent == "timer" for said in one.utterances)}
    assert noted == set_there


def test_the_words_and_intents_are_understood(answered: tuple[Path, Summary]) -> None:
    out, summary = answered
    said, heard, right, wrong = [], [], 0, []
    for sample, file in zip(samples(), summary.files, strict=True):
        for turn, utterance in zip(result(out, file).turns, sample.utterances, strict=True):
            said.append(utterance.words)
            heard.append(turn.transcript)
            assert turn.intent is not None
            slots = {name: normalised(str(value)) for name, value in turn.intent.slots.items()}
            wanted = {name: normalised(str(value)) for name, value in utterance.slots.items()}
            if turn.intent.name == utterance.intent and wanted.items() <= slots.items():
                right += 1
            else:
                wrong.append((utterance.words, turn.intent))
    assert word_error_rate(said, heard) < 0.08
    assert len(wrong) <= 0.1 * (right + len(wrong)), wrong


def test_a_recogniser_understands_the_answers(answered: tuple[Path, Summary]) -> None:
    out, summary = answered
    said, heard = [], []
    for file in summary.files:
        for turn in result(out, file).turns:
            assert turn.speech is not None
            sound, rate = _sound(out / turn.speech.file, turn.speech.start, turn.speech.duration)
            said.append(turn.reply)
            heard.append(read_speech(sound, rate))
    assert word_error_rate(said, heard) <= 0.1


def test_the_mouth_moves_as_long_as_the_voice_sounds(answered: tuple[Path, Summary]) -> None:
    out, summary = answered
    for file in summary.files:
        for turn in result(out, file).turns:
            assert turn.speech is not None
            assert sum(v.duration for v in turn.visemes) == pytest.approx(turn.speech.duration, abs=0.02)
            edges = [(v.start, v.start + v.duration) for v in turn.visemes]
            assert all(b[0] == pytest.approx(a[1], abs=0.002) for a, b in pairwise(edges))


def test_facts_of_a_task_are_in_the_answer(answered: tuple[Path, Summary]) -> None:
    out, summary = answered
    for file in summary.files:
        for turn in result(out, file).turns:
            assert turn.task is not None
            for fact in turn.task.facts.values():
                assert normalised(fact) in normalised(turn.reply)


def test_what_is_bought_in_one_turn_is_owned_in_a_later_one(answered: tuple[Path, Summary]) -> None:
    out, summary = answered
    (visit,) = (file for file in summary.files if file.source.endswith("visit.wav"))
    turns = result(out, visit).turns
    owned = [turn.reply for turn in turns if turn.intent and turn.intent.name == "inventory"]
    assert "cookies" in owned[0] or "coins" in owned[0]
    assert "umbrella" in owned[-1]
    recalled = next(turn.reply for turn in turns if turn.intent and turn.intent.name == "recall")
    assert "gate" in recalled


def test_the_results_obey_the_published_schema(answered: tuple[Path, Summary]) -> None:
    out, summary = answered
    published = json.loads((resources.files("pipeline.runners.batch") / "batch.schema.json").read_text("utf-8"))
    assert published == schema(), "write it anew: python -m pipeline.runners.batch.results"
    validator = jsonschema.Draft202012Validator
    for file in summary.files:
        assert file.result is not None
        validator(published["$defs"]["FileResult"] | {"$defs": published["$defs"]}).validate(_json(out / file.result))
    validator(published["$defs"]["Summary"] | {"$defs": published["$defs"]}).validate(_json(out / "summary.json"))


def test_answers_do_not_depend_on_how_many_run_at_once(
    assistant: Graph, answered: tuple[Path, Summary], tmp_path: Path
) -> None:
    out, summary = answered
    some = [sample.path for sample in samples() if sample.file in ("buy.wav", "timer.mp3", "navigate.wav")]
    alone = answer(assistant, some, tmp_path, jobs=1)
    for file in alone.files:
        twin = next(other for other in summary.files if other.source == file.source)
        assert [t.transcript for t in result(tmp_path, file).turns] == [t.transcript for t in result(out, twin).turns]
        assert [t.task for t in result(tmp_path, file).turns] == [t.task for t in result(out, twin).turns]


@pytest.mark.model
def test_another_recogniser_is_one_word_away(tmp_path: Path) -> None:
    graph = open_graph("assistant", ["stages.asr.engine=faster-whisper"])

    async def run() -> Summary:
        await graph.load()
        try:
            paths = [sample.path for sample in samples() if sample.file == "navigate.wav"]
            return await run_batch(graph, unique_names(paths), tmp_path, 1, Silent())
        finally:
            await graph.close()

    (file,) = asyncio.run(run()).files
    (turn,) = result(tmp_path, file).turns
    assert normalised(turn.transcript) == "take me to the library please"


def test_a_voice_that_takes_over_at_another_rate_sounds_right(tmp_path: Path) -> None:
    """The sink gets the same second of sound from two voices."""

    async def both() -> AsyncIterator[Speech]:
        for rate in (24_000, 16_000):
            yield Speech(Voiced(tone(1.0, sample_rate=rate), rate), 0.0, "word ")

    with ExitStack() as stack:
        answer_file = AnswerFile(tmp_path / "x.reply.wav", stack)
        asyncio.run(answer_file.play(both()))
    sound, rate = _sound(tmp_path / "x.reply.wav", 0.0, 2.0)
    assert rate == 24_000
    assert sound.size == pytest.approx(48_000, rel=0.01)
    assert dominant(sound[24_000:], rate) == pytest.approx(440.0, abs=2.0)
    assert answer_file.heard() == "word word"


@pytest.mark.parametrize("kind", ["silence", "white noise", "hum", "clicks"])
def test_where_nobody_speaks_nothing_is_heard(assistant: Graph, tmp_path: Path, kind: str) -> None:
    random = np.random.default_rng(7)
    seconds = np.arange(6 * RATE) / RATE
    sound = {
        "silence": np.zeros(seconds.size),
        "white noise": 0.1 * random.standard_normal(seconds.size),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * seconds),
        "clicks": (random.random(seconds.size) > 0.9998) * 0.9,
    }[kind]
    path = tmp_path / "nobody.wav"
    write_wav(path, sound.astype(np.float32), RATE)
    (file,) = answer(assistant, [path], tmp_path / "out").files
    assert (file.status, file.turns, file.speech) == ("nothing heard", 0, None)
    assert not (tmp_path / "out" / "nobody.reply.wav").exists()


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _sound(path: Path, start: float, duration: float) -> tuple[Samples, int]:
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        file.setpos(round(start * rate))
        raw = file.readframes(round(duration * rate))
    return from_pcm16(raw), rate
