"""What lies beside the sound of a batch's answers: captions, and the mouth's shapes on the time of the sound file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipeline.devices.atomic import Draft, replacing
from pipeline.devices.captions import VTT_HEAD, Cue, cues, srt, vtt
from pipeline.devices.paths import ANSWER, BESIDE
from pipeline.devices.words import Word
from pipeline.runners.results import SpeechResult, VisemeResult, VisemeTrack, json_line

REPLY, VISEMES = BESIDE


class Tracks:
    """Takes the turns of a recording one by one; its methods raise MediaError.

    A file is begun when there is something for it, and appears when `stack` ends well."""

    def __init__(self, folder: Path, name: str, stack: ExitStack) -> None:
        self.files: list[str] = []
        """The names of those that were begun."""
        self._folder, self._name, self._stack = folder, name, stack
        self._captions: dict[str, _Captions] = {}
        self._visemes: _Visemes | None = None

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
                track = _viseme_track(self._begin(f"{VISEMES}.json"), f"{self._name}{ANSWER}")
                self._visemes = _Visemes(self._stack.enter_context(track), self._open(f"{VISEMES}.csv"))
            self._visemes.write(shape)

    def _show(self, whose: str, words: Iterable[Word]) -> None:
        for cue in cues(words):
            if whose not in self._captions:
                self._captions[whose] = _Captions(self._open(f"{whose}.srt"), self._open(f"{whose}.vtt"))
            self._captions[whose].write(cue)

    def _open(self, ending: str) -> Draft:
        return self._stack.enter_context(replacing(self._begin(ending)))

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


class _Visemes:
    """The same mouth shapes as JSON and as a table."""

    def __init__(self, json: Draft, csv: Draft) -> None:
        self._json, self._csv, self._behind = json, csv, b"\n"
        csv.write(b"start,duration,viseme,weight\n")

    def write(self, shape: VisemeResult) -> None:
        self._json.write(self._behind + json_line(shape))
        self._csv.write(f"{shape.start},{shape.duration},{shape.viseme},{shape.weight}\n".encode())
        self._behind = b",\n"


@contextmanager
def _viseme_track(path: Path, sound: str) -> Iterator[Draft]:
    """A `VisemeTrack` whose list is written shape by shape."""
    with replacing(path) as file:
        empty = VisemeTrack(schema_version=1, sound=sound, visemes=[])
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
