"""Answers recordings: each is a session of its own, several at a time, all on the same engines."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, aclosing
from pathlib import Path
from typing import Any, cast

from models.context import User, guest
from models.protocols import Voiced
from pipeline.devices.files.atomic import Draft, OpenDraft, Together, replacing, write_json
from pipeline.devices.files.decoding import Recording, packets, sound_hash
from pipeline.devices.files.paths import shown
from pipeline.devices.files.wav import WavWriter, resampled, wav_writer
from pipeline.devices.word_timing import Words
from pipeline.errors import MediaError, PipelineError
from pipeline.graph.graph import Graph
from pipeline.packets import Audio, Speech
from pipeline.runners.batch.batch_progress import BatchProgress
from pipeline.runners.batch.claims import SUMMARY, Claim, Claims, open_folder
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


async def run_batch(
    graph: Graph, inputs: Mapping[Path, str], out: Path, jobs: int, progress: BatchProgress, user: str | None = None
) -> Summary:
    """Answer recordings with a loaded graph, `jobs` at a time.

    They act in the world of `user`, one after the other in the order of `inputs`, because what one does there changes
    the answers to the next. Without a user, each recording is a guest of its own, so its answers depend neither on the
    others nor on earlier runs.

    `inputs` gives each recording the name of its answer: ``<name>.json``, ``<name>.reply.wav`` and its tracks in the
    folder `out`, beside ``summary.json``. A recording whose answer would take the place of another file there fails.
    What is wrong with one recording is in its summary and never stops the others. Raises MediaError where the folder or
    the summary cannot be written."""
    began = time.perf_counter()
    open_folder(out)
    claims = Claims(out, inputs)
    summaries: dict[Path, FileSummary] = {}
    waiting = iter(inputs.items())
    run = secrets.token_hex(4)

    async def work() -> None:
        for path, name in waiting:
            session = Session(graph, name, User(user) if user else guest(f"{run} {shown(name)}"))
            summaries[path] = await _FileJob(session, path, claims, progress).run()
            progress.ended(path, summaries[path])

    async with asyncio.TaskGroup() as group:
        for _ in range(1 if user else jobs):
            group.create_task(work())
    files = [summaries[path] for path in inputs]
    summary = Summary(
        schema_version=1,
        graph=graph.name,
        answered=sum(file.status == "answered" for file in files),
        nothing_heard=sum(file.status == "nothing heard" for file in files),
        failed=sum(file.status == "failed" for file in files),
        degraded=sum(file.status == "answered" and bool(file.degraded) for file in files),
        duration_s=round(sum(file.duration_s for file in files), 3),
        seconds=round(time.perf_counter() - began, 3),
        files=files,
    )
    write_json(out / SUMMARY, summary.model_dump(mode="json"))
    return summary


NEVER_RINGS = "what the avatar was asked to say later, such as a timer's end, is never said: a batch waits for nothing"
"""The note on a recording in which a reminder was set."""


class _FileJob:
    """One recording on its way from sound to answers."""

    def __init__(self, session: Session, path: Path, claims: Claims, progress: BatchProgress) -> None:
        self.session, self.path, self.claims, self.progress = session, path, claims, progress
        self.graph, self.name = session.graph, session.name
        self.turns, self.duration = 0, 0.0
        self.notes: list[str] = []
        self.errors: list[str] = []
        self.degraded: dict[str, None] = {}
        self.written: str | None = None
        self.spoken: str | None = None
        self.tracks: list[str] = []

    async def run(self) -> FileSummary:
        """Answer it, whatever it is."""
        began = time.perf_counter()
        sound = ""
        try:
            sound = await asyncio.to_thread(sound_hash, self.path)
        except MediaError as error:
            self.errors.append(str(error))
        try:
            await self._write(sound, await asyncio.to_thread(self.claims.claim, self.name, self.path, sound))
        except MediaError as error:
            self.errors.append(str(error))
        return FileSummary(
            source=shown(self.path),
            result=self.written,
            speech=self.spoken,
            tracks=self.tracks,
            status=self._status(),
            turns=self.turns,
            duration_s=round(self.duration, 3),
            seconds=round(time.perf_counter() - began, 3),
            notes=self.notes,
            error="; ".join(self.errors) or None,
            degraded=[*self.degraded],
        )

    async def _write(self, sound: str, claim: Claim) -> None:
        """Write the answer, its result last: where the result stands, all that it names does. Raises MediaError."""
        over = claim.result in claim.over
        with replacing(claim.result, over=over) as result, Together(claim.over) as beside:
            await self._write_result(result, sound, claim, beside)
            # From here on a killed process could leave half an answer, so all that takes long was done before.
            result.finish()
            beside.publish()
            claim.remove_stale(self._files())
        self.written = claim.result.name

    async def _write_result(self, result: Draft, sound: str, claim: Claim, beside: Together) -> None:
        """Write it turn by turn, so that hours of sound need no more memory than minutes."""
        head = FileResult(
            schema_version=1,
            source=shown(self.path),
            sound=sound,
            graph=self.graph.name,
            turns=[],
            duration_s=0.0,
            status="answered",
            notes=[],
            error=None,
        )
        opening = json_line(head, {"schema_version", "source", "sound", "graph"})
        result.write(opening.removesuffix(b"}") + b',"turns":[')
        if sound:
            await self._try(result, claim, beside)
        head.duration_s, head.status = round(self.duration, 3), self._status()
        head.notes, head.error = self.notes, "; ".join(self.errors) or None
        head.degraded, head.files = [*self.degraded], self._files()
        closing = json_line(head, {"duration_s", "status", "notes", "error", "degraded", "files"})
        result.write(b"]," + closing.removeprefix(b"{") + b"\n")

    async def _try(self, result: Draft, claim: Claim, beside: Together) -> None:
        """Answer it; where that fails, the result says why, and no other file is left."""
        try:
            await self._answer(result, claim, beside)
        except PipelineError as error:
            self.errors.append(str(error))
            beside.discard()
        except Exception as error:  # a defect must not cost the other recordings their answers
            log.exception("recording failed", extra={"recording": self.name})
            self.errors.append(f"{shown(self.path)}: failed unexpectedly: {type(error).__name__}: {error}")
            beside.discard()

    async def _answer(self, result: Draft, claim: Claim, beside: Together) -> None:
        with ExitStack() as stack:
            recording = stack.enter_context(Recording(self.path, self.graph.sample_rate))
            self.progress.began(self.path, recording.expected)
            tracks = Tracks(claim.result.parent, self.name, stack, beside.file)
            answer = AnswerFile(claim.sound, stack, beside.file)
            heard = utterances(self._progressing(recording), self.graph.detector, self.graph.turns)
            async with aclosing(cast("Any", heard)) as found:
                async for utterance in found:
                    turn = await self._turn(utterance, answer, tracks)
                    if turn.transcript or turn.error:
                        result.write((b"," if self.turns else b"") + json_line(turn))
                        self.turns += 1
                        self.progress.answered(self.path, turn)
            self.duration, self.notes = recording.duration, [*recording.notes, *self.notes]
        self.spoken = answer.path.name if answer.writer else None
        self.tracks = tracks.files

    def _files(self) -> list[str]:
        """The names of the files beside the result."""
        return [*([self.spoken] if self.spoken else []), *self.tracks]

    async def _turn(self, utterance: Passage, answer: AnswerFile, tracks: Tracks) -> TurnResult:
        rate = self.graph.sample_rate
        end = utterance.start + utterance.samples.size / rate
        start = answer.begin()
        record = await self.session.answer(_pieces(utterance, rate), answer)
        if record.error:
            self.errors.append(str(record.error))
        if any(outcome.reminders for outcome in record.outcomes) and NEVER_RINGS not in self.notes:
            self.notes.append(NEVER_RINGS)
        speech = None
        if answer.seconds > start:
            speech = SpeechResult(
                file=answer.path.name, start=round(start, 4), duration=round(answer.seconds - start, 4)
            )
        turn = turn_result(record, utterance.start, end, speech)
        self.degraded.update(dict.fromkeys(turn.degraded))
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
                self.progress.listened(self.path, self.duration)

    def _status(self) -> Status:
        if self.errors:
            return "failed"
        return "answered" if self.turns else "nothing heard"


class AnswerFile(Sink):
    """Writes the answers to a recording into one WAV file, made when the first of them sounds."""

    def __init__(self, path: Path, stack: ExitStack, draft: OpenDraft = replacing) -> None:
        """`stack` ends the block for which `draft` opens the file."""
        self.path = path
        self.writer: WavWriter | None = None
        self.words = Words()
        """Those of the latest answer."""
        self._stack, self._draft = stack, draft

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
                    self.writer = self._open(voiced.sample_rate)
                # Another voice may have taken over from one that failed, at another rate.
                self.writer.write(resampled(voiced.samples, voiced.sample_rate, self.writer.sample_rate))
                self.words.add(packet.text, voiced)

    def heard(self) -> str:
        return self.words.before(self.words.length)

    def _open(self, sample_rate: int) -> WavWriter:
        return self._stack.enter_context(wav_writer(self.path, sample_rate, self._draft))


async def _pieces(utterance: Passage, sample_rate: int, seconds: float = 0.5) -> AsyncIterator[Audio]:
    """An utterance as a microphone would give it, but all at once."""
    for start, samples in _split(utterance, round(sample_rate * seconds)):
        yield Audio(samples, sample_rate, utterance.start + start / sample_rate)


def _split(utterance: Passage, size: int) -> Iterator[tuple[int, Any]]:
    for start in range(0, utterance.samples.size, size):
        yield start, utterance.samples[start : start + size]
