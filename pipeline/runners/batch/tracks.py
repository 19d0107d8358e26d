"""What lies beside the sound of a batch's answers: captions, the mouth and the face, on the time of the sound file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from pydantic import BaseModel

from pipeline.devices.files.atomic import Draft, OpenDraft, replacing
from pipeline.devices.files.captions import VTT_HEAD, Cue, cues, srt, vtt
from pipeline.devices.files.paths import ANSWER, BESIDE
from pipeline.devices.word_timing import Word
from pipeline.runners.batch.results import FaceResult, FaceTrack, SpeechResult, VisemeResult, VisemeTrack, json_line

REPLY, VISEMES, FACE = BESIDE
ENDINGS = (
    *(".srt", ".vtt", f"{REPLY}.srt", f"{REPLY}.vtt"),
    *(f"{VISEMES}.json", f"{VISEMES}.csv", f"{FACE}.json"),
)
"""How the names of all tracks end."""


class Tracks:
    """Takes the turns of a recording one by one; its methods raise MediaError.

    A file is begun when there is something for it; `stack` ends the block for which `draft` opens it."""

    def __init__(self, folder: Path, name: str, stack: ExitStack, draft: OpenDraft = replacing) -> None:
        self.files: list[str] = []
        """The names of those that were begun."""
        self._folder, self._name, self._stack, self._draft = folder, name, stack, draft
        self._captions: dict[str, _Captions] = {}
        self._visemes: _Visemes | None = None
        self._face: _Rows | None = None

    def heard(self, words: Iterable[Word]) -> None:
        """Take what the user said, in seconds of the recording."""
        self._show("", words)

    def said(self, words: Iterable[Word]) -> None:
        """Take the words of an answer, in seconds of the sound file."""
        self._show(REPLY, words)

    def moved(self, visemes: Iterable[VisemeResult], speech: SpeechResult) -> None:
        """Take the mouth shapes of an answer, in seconds since the beginning of `speech`."""
        for shape in _within(visemes, speech):
            if self._visemes is None:
                empty = VisemeTrack(schema_version=1, sound=f"{self._name}{ANSWER}", visemes=[])
                self._visemes = _Visemes(self._open_rows(f"{VISEMES}.json", empty), self._open(f"{VISEMES}.csv"))
            self._visemes.write(shape)

    def showed(self, face: Iterable[FaceResult], speech: SpeechResult) -> None:
        """Take the looks and gestures of an answer, in seconds since the beginning of `speech`."""
        for packet in face:
            if packet.start >= speech.duration:  # of an answer that failed
                continue
            if self._face is None:
                empty = FaceTrack(schema_version=1, sound=f"{self._name}{ANSWER}", face=[])
                self._face = self._open_rows(f"{FACE}.json", empty)
            self._face.write(packet.model_copy(update={"start": round(speech.start + packet.start, 4)}))

    def _show(self, whose: str, words: Iterable[Word]) -> None:
        for cue in cues(words):
            if whose not in self._captions:
                self._captions[whose] = _Captions(self._open(f"{whose}.srt"), self._open(f"{whose}.vtt"))
            self._captions[whose].write(cue)

    def _open_rows(self, ending: str, empty: BaseModel) -> _Rows:
        return _Rows(self._stack.enter_context(_listing(self._draft(self._begin(ending)), empty)))

    def _open(self, ending: str) -> Draft:
        return self._stack.enter_context(self._draft(self._begin(ending)))

    def _begin(self, ending: str) -> Path:
        self.files.append(f"{self._name}{ending}")
        return self._folder / self.files[-1]


class _Captions:
    """The same captions in two formats."""

    def __init__(self, subrip: Draft, webvtt: Draft) -> None:
        self._srt, self._vtt, self._number = subrip, webvtt, 0
        webvtt.write(VTT_HEAD.encode())

    def write(self, cue: Cue) -> None:
        self._number += 1
        self._srt.write(srt(self._number, cue).encode())
        self._vtt.write(vtt(cue).encode())


class _Rows:
    """A JSON list, a line to each of its members."""

    def __init__(self, file: Draft) -> None:
        self._file, self._behind = file, b"\n"

    def write(self, row: BaseModel) -> None:
        self._file.write(self._behind + json_line(row))
        self._behind = b",\n"


class _Visemes:
    """The same mouth shapes as JSON and as a table."""

    def __init__(self, json: _Rows, csv: Draft) -> None:
        self._json, self._csv = json, csv
        csv.write(b"start,duration,viseme,weight\n")

    def write(self, shape: VisemeResult) -> None:
        self._json.write(shape)
        self._csv.write(f"{shape.start},{shape.duration},{shape.viseme},{shape.weight}\n".encode())


@contextmanager
def _listing(draft: AbstractContextManager[Draft], empty: BaseModel) -> Iterator[Draft]:
    """A file like `empty`, whose last field is a list that is still to be written."""
    with draft as file:
        file.write(json_line(empty).removesuffix(b"]}"))
        yield file
        file.write(b"\n]}\n")


def _within(visemes: Iterable[VisemeResult], speech: SpeechResult) -> Iterator[VisemeResult]:
    """The shapes on the time of the file that holds `speech`, as far as it sounds: an answer that failed has more."""
    end = speech.start + speech.duration
    for shape in visemes:
        start = speech.start + shape.start
        stop = min(start + shape.duration, end)
        if start < stop:
            times = {"start": round(start, 4), "duration": round(stop - start, 4)}
            yield shape.model_copy(update=times)
