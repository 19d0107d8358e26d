"""Answers recordings: each is a session of its own, several at a time, all on the same engines."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, aclosing
from pathlib import Path
from typing import Any, Protocol, cast

from models.protocols import GUEST, Voiced
from pipeline.devices.files.atomic import Draft, replacing, write_json
from pipeline.devices.files.decoding import Recording, packets
from pipeline.devices.files.paths import ANSWER, shown
from pipeline.devices.files.wav import WavWriter, resampled, wav_writer
from pipeline.devices.word_timing import Words
from pipeline.errors import MediaError, PipelineError
from pipeline.graph.graph import Graph
from pipeline.packets import Audio, Speech
from pipeline.runners.batch.results import (
    FileResult,
    FileSummary,
    SpeechResult,
    Status,
    Summary,
    TurnResult,
    json_line,
    turn_result,
)
from pipeline.runners.batch.tracks import Tracks
from pipeline.runtime.session import Session
from pipeline.runtime.sink import Sink
from pipeline.runtime.turn_taking.segmenting import Passage, utterances

log = logging.getLogger(__name__)

SUMMARY = "summary.json"


class Watcher(Protocol):
    """Is told how a batch goes on."""

    def began(self, path: Path, expected: float | None) -> None:
        """A recording was opened; `expected` seconds long, where its header says so."""
        ...

    def listened(self, path: Path, seconds: float) -> None:
        """That much of it was worked on so far."""
        ...

    def answered(self, path: Path, turn: TurnResult) -> None:
        """One utterance has its answer."""
        ...

    def ended(self, path: Path, summary: FileSummary) -> None:
        """All of it was answered, or could not be."""
        ...


async def run_batch(
    graph: Graph, inputs: Mapping[Path, str], out: Path, jobs: int, watcher: Watcher, user: str | None = None
) -> Summary:
    """Answer recordings with a loaded graph, `jobs` at a time.

    They act in the world of `user`; without one, each recording is a guest of its own, so its answers depend neither on
    the others nor on earlier runs.

    `inputs` gives each recording the name of its answer: ``<name>.json``, ``<name>.reply.wav`` and its tracks in the
    folder `out`, beside ``summary.json``. What is wrong with one recording is in its summary and never stops the
    others. Raises MediaError where the folder or the summary cannot be written."""
    began = time.perf_counter()
    make_folder(out)
    summaries: dict[Path, FileSummary] = {}
    waiting = iter(inputs.items())
    run = secrets.token_hex(4)

    async def work() -> None:
        for path, name in waiting:
            session = Session(graph, name, user or f"{GUEST} {run} {shown(name)}")
            summaries[path] = await _FileJob(session, path, out, watcher).run()
            watcher.ended(path, summaries[path])

    async with asyncio.TaskGroup() as group:
        for _ in range(jobs):
            group.create_task(work())
    files = [summaries[path] for path in inputs]
    summary = Summary(
        schema_version=1,
        graph=graph.name,
        answered=sum(file.status == "answered" for file in files),
        nothing_heard=sum(file.status == "nothing heard" for file in files),
        failed=sum(file.status == "failed" for file in files),
        duration_s=round(sum(file.duration_s for file in files), 3),
        seconds=round(time.perf_counter() - began, 3),
        files=files,
    )
    write_json(out / SUMMARY, summary.model_dump(mode="json"))
    return summary


def make_folder(path: Path) -> None:
    """Have a folder for answers. Raises MediaError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"{shown(path)}: cannot be made a folder for the answers: {error.strerror}") from error


class _FileJob:
    """One recording on its way from sound to answers."""

    def __init__(self, session: Session, path: Path, out: Path, watcher: Watcher) -> None:
        self.session, self.path, self.out, self.watcher = session, path, out, watcher
        self.graph, self.name = session.graph, session.name
        self.turns, self.duration = 0, 0.0
        self.notes: list[str] = []
        self.errors: list[str] = []
        self.written: Path | None = None
        self.spoken: Path | None = None
        self.tracks: list[str] = []

    async def run(self) -> FileSummary:
        """Answer it, whatever it is."""
        began = time.perf_counter()
        result = self.out / f"{self.name}.json"
        try:
            with replacing(result) as draft:
                await self._write(draft)
            self.written = result
        except MediaError as error:
            self.errors.append(str(error))
        return FileSummary(
            source=shown(self.path),
            result=self.written and self.written.name,
            speech=self.spoken and self.spoken.name,
            tracks=self.tracks,
            status=self._status(),
            turns=self.turns,
            duration_s=round(self.duration, 3),
            seconds=round(time.perf_counter() - began, 3),
            notes=self.notes,
            error="; ".join(self.errors) or None,
        )

    async def _write(self, draft: Draft) -> None:
        """Write the result turn by turn, so that hours of sound need no more memory than minutes."""
        head = FileResult(
            schema_version=1,
            source=shown(self.path),
            graph=self.graph.name,
            turns=[],
            duration_s=0.0,
            status="answered",
            notes=[],
            error=None,
        )
        opening = json_line(head, {"schema_version", "source", "graph"})
        draft.write(opening.removesuffix(b"}") + b',"turns":[')
        try:
            await self._answer(draft)
        except PipelineError as error:
            self.errors.append(str(error))
        except Exception as error:  # a defect must not cost the other recordings their answers
            log.exception("recording failed", extra={"recording": self.name})
            self.errors.append(f"{shown(self.path)}: failed unexpectedly: {type(error).__name__}: {error}")
        head.duration_s, head.status = round(self.duration, 3), self._status()
        head.notes, head.error = self.notes, "; ".join(self.errors) or None
        closing = json_line(head, {"duration_s", "status", "notes", "error"})
        draft.write(b"]," + closing.removeprefix(b"{") + b"\n")

    async def _answer(self, draft: Draft) -> None:
        with ExitStack() as stack:
            recording = stack.enter_context(Recording(self.path, self.graph.sample_rate))
            self.watcher.began(self.path, recording.expected)
            tracks = Tracks(self.out, self.name, stack)
            answer = AnswerFile(self.out / f"{self.name}{ANSWER}", stack)
            heard = utterances(self._progressing(recording), self.graph.detector, self.graph.turns)
            async with aclosing(cast("Any", heard)) as found:
                async for utterance in found:
                    turn = await self._turn(utterance, answer, tracks)
                    if turn.transcript or turn.error:
                        draft.write((b"," if self.turns else b"") + json_line(turn))
                        self.turns += 1
                        self.watcher.answered(self.path, turn)
            self.duration, self.notes = recording.duration, recording.notes
        self.spoken = answer.path if answer.writer else None
        self.tracks = tracks.files

    async def _turn(self, utterance: Passage, answer: AnswerFile, tracks: Tracks) -> TurnResult:
        rate = self.graph.sample_rate
        end = utterance.start + utterance.samples.size / rate
        start = answer.begin()
        record = await self.session.answer(_pieces(utterance, rate), answer)
        if record.error:
            self.errors.append(str(record.error))
        speech = None
        if answer.seconds > start:
            speech = SpeechResult(
                file=answer.path.name, start=round(start, 4), duration=round(answer.seconds - start, 4)
            )
        turn = turn_result(record, utterance.start, end, speech)
        heard = Words()
        heard.add(turn.transcript, Voiced(utterance.samples, rate))
        tracks.heard(heard.timed(utterance.start))
        if speech:
            tracks.said(answer.words.timed(start))
            tracks.moved(turn.visemes, speech)
            tracks.showed(turn.face, speech)
        return turn

    async def _progressing(self, recording: Recording) -> AsyncIterator[Audio]:
        async with aclosing(cast("Any", packets(recording))) as pieces:
            async for piece in pieces:
                yield piece
                self.duration = recording.duration
                self.watcher.listened(self.path, self.duration)

    def _status(self) -> Status:
        if self.errors:
            return "failed"
        return "answered" if self.turns else "nothing heard"


class AnswerFile(Sink):
    """Writes the answers to a recording into one WAV file, made when the first of them sounds."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path = path
        self.writer: WavWriter | None = None
        self.words = Words()
        """Those of the latest answer."""
        self._stack = stack

    @property
    def seconds(self) -> float:
        """Of sound so far."""
        return self.writer.duration if self.writer else 0.0

    def begin(self) -> float:
        """Prepare for the next answer; where it begins, in seconds."""
        self.words = Words()
        return self.seconds

    async def play(self, packets: AsyncIterator[Any]) -> None:
        async for packet in packets:
            if isinstance(packet, Speech):
                voiced = packet.voiced
                if self.writer is None:
                    self.writer = self._stack.enter_context(wav_writer(self.path, voiced.sample_rate))
                # Another voice may have taken over from one that failed, at another rate.
                self.writer.write(resampled(voiced.samples, voiced.sample_rate, self.writer.sample_rate))
                self.words.add(packet.text, voiced)

    def heard(self) -> str:
        return self.words.before(self.words.length)


async def _pieces(utterance: Passage, sample_rate: int, seconds: float = 0.5) -> AsyncIterator[Audio]:
    """An utterance as a microphone would give it, but all at once."""
    for start, samples in _split(utterance, round(sample_rate * seconds)):
        yield Audio(samples, sample_rate, utterance.start + start / sample_rate)


def _split(utterance: Passage, size: int) -> Iterator[tuple[int, Any]]:
    for start in range(0, utterance.samples.size, size):
        yield start, utterance.samples[start : start + size]
