"""Makes the sound for the microphone of benchmarks/talk.py: utterances, interruptions, and what must not interrupt.

All of it is made in a few seconds from the project's samples, from recordings of people (the catalogue's, and those of
Debian's package ``scratch``) and from voices that are not the avatar's own (piper's `joe`, espeak-ng). It is seeded, so
two runs hear the same.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tempfile
import wave
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from audio_samples import samples
from audio_samples.make_samples import NORMAL, Sound, Speaker, edges, pink, resample, rms
from models.protocols import Samples
from models.store.store import locate
from pipeline.devices.files.decoding import SAMPLE_RATE, read
from pipeline.devices.pcm import from_pcm16
from pipeline.testing.tape import AUDIBLE

LEAD = round(0.3 * SAMPLE_RATE)
"""Samples before the first word, because users hold the key for a moment before they speak."""
AFTER = 3 * SAMPLE_RATE
"""Samples for which noise and other talkers go on after the last word."""
PAUSE = SAMPLE_RATE // 2
"""Samples of silence in the middle of utterances with a pause."""
SNR = 15.0
"""Decibels between the speaker and the other sound."""


@dataclass(frozen=True, slots=True)
class Clip:
    """The sound of one speaker, as the microphone hears it at `SAMPLE_RATE`."""

    name: str
    group: str
    words: str
    """The words that are said; empty where none are."""
    samples: Samples
    """The sound, shape (n,). It may go on after the last word."""
    end: int
    """The number of samples up to the last sample of speech, including that one."""

    @property
    def onset(self) -> int:
        """The index of the first audible sample."""
        return int(np.flatnonzero(np.abs(self.samples) > AUDIBLE)[0])


# --- utterances ----------------------------------------------------------------------------------------------------

CHOSEN = {
    "navigate.wav#1": "clean",
    "where.wav#1": "clean",
    "price.flac#1": "clean",
    "inventory.wav#1": "clean",
    "timer.mp3#1": "clean",
    "hello.wav#1": "clean",
    "visit.wav#4": "clean",
    "buy.wav#1": "noisy",
    "refused.webm#1": "pink",
    "visit.wav#7": "white",
    "remember.wav#1": "pink",
    "visit.wav#16": "white",
    "weather.opus#1": "background",
    "teach.wav#1": "speech-two-cities",
    "late.wav#1": "speech-beckett",
    "visit.wav#14": "speech-jfk",
    "paused.wav#1": "paused",
    "hesitant.wav#1": "paused",
    "story.m4a#1": "pause",
    "visit.wav#9": "pause",
    "visit.wav#10": "pause",
}
"""Utterances of audio_samples/ by file and number, and how they are treated. Some only get the name of their group.
Others get noise or a talker under them, or half a second of silence in their middle."""


def utterances(folder: Path | None) -> list[Clip]:
    """The utterances of users. `folder` holds WAV files and manifest.json, a list of {file, ref, end_sample}.
    `end_sample` is counted at the file's own rate."""
    if folder is not None:
        listed = json.loads((folder / "manifest.json").read_text("utf-8"))
        return [_given(folder / one["file"], one["ref"], one["end_sample"]) for one in listed]
    known = {clip.name: clip for clip in _sampled()}
    return [_treated(known[name], treatment) for name, treatment in CHOSEN.items()]


def _given(path: Path, words: str, end_sample: int) -> Clip:
    with wave.open(str(path)) as file:
        rate = file.getframerate()
    return Clip(path.name, "given", words, read(path), round(end_sample * SAMPLE_RATE / rate))


def _sampled() -> Iterator[Clip]:
    """The utterances of the samples, each with the sound up to the next one or to the end of the file."""
    for sample in samples():
        sound = read(sample.path)
        for index, said in enumerate(sample.utterances):
            start = max(0, round(said.start * SAMPLE_RATE) - LEAD)
            stop = min(sound.size, said.end_sample + SAMPLE_RATE // 2)
            yield Clip(f"{sample.file}#{index + 1}", "", said.words, sound[start:stop], said.end_sample - start)


def _treated(clip: Clip, treatment: str) -> Clip:
    if treatment == "pause":
        return _paused(replace(clip, group="paused"))
    if treatment in ("pink", "white"):
        random = np.random.default_rng(zlib.crc32(clip.name.encode()))
        size = clip.end + AFTER
        return _over(
            replace(clip, group="noisy"), pink(size, random) if treatment == "pink" else random.normal(size=size)
        )
    if treatment.startswith("speech-"):
        return _over(replace(clip, group="background"), _talker(treatment, clip.end + AFTER))
    return replace(clip, group=treatment)


def _over(clip: Clip, other: Sound) -> Clip:
    """`clip` with another sound under it and after it, `SNR` softer."""
    speech = np.pad(clip.samples[: clip.end], (0, other.size - clip.end)).astype(np.float64)
    start, end = edges(speech)
    level = rms(speech[start:end]) / rms(other) * 10 ** (-SNR / 20)
    return replace(clip, samples=(speech + level * other).astype(np.float32))


def _paused(clip: Clip) -> Clip:
    """`clip` with a pause at the quietest 30 ms near its middle."""
    width = round(0.03 * SAMPLE_RATE)
    first, last = (round(share * clip.end) for share in (0.35, 0.65))
    energy = np.convolve(np.square(clip.samples[first:last]), np.ones(width), "valid")
    cut = first + int(np.argmin(energy)) + width // 2
    room = np.resize(clip.samples[: LEAD // 2], PAUSE)  # the microphone's sound while no one speaks
    return replace(clip, samples=np.concatenate([clip.samples[:cut], room, clip.samples[cut:]]), end=clip.end + PAUSE)


@cache
def person(name: str) -> Samples:
    """A whole recording of the catalogue."""
    return read(locate(name))


def _talker(name: str, size: int) -> Sound:
    """The sound of a person who talks, without a long silence at the beginning; shape (size,)."""
    sound = person(name)
    start, end = edges(sound.astype(np.float64) * NORMAL / rms(sound.astype(np.float64)))
    return np.resize(sound[start:end], size).astype(np.float64)


# --- interruptions -------------------------------------------------------------------------------------------------

INTERRUPTIONS = (
    "Stop!",
    "Wait, how much is a lantern?",
    "No, take me to the harbour.",
    "Hold on.",
    "What did you say?",
    "Where am I?",
    "Excuse me, what time is it?",
    "Okay, stop talking.",
    "Can you tell me the weather instead?",
    "I want to buy two apples.",
    "Never mind.",
    "How many coins do I have?",
    "Yes, but how far is the market?",
    "Set a timer for five minutes.",
    "That's enough, thank you.",
    "What is in my bag?",
    "Sorry, I have to go now.",
    "Tell me about volcanoes instead.",
)
"""Interruptions in the voice `joe`, at the speeds and pitches of `MANNERS` in turn. Those of `PEOPLE` follow."""
MANNERS = ((1.0, 1.0), (1.15, 1.08), (0.95, 0.94), (1.1, 1.0), (1.0, 1.12), (1.2, 0.97))
"""The speed and pitch of each manner of speaking."""
PEOPLE = {"speech-jfk": (0.0, 3.2), "speech-beckett": (0.33, 2.8)}
"""Recordings whose speakers interrupt too, with the first and last second of the part that is played."""


def interruptions() -> list[Clip]:
    """Twenty interruptions, all of them meant."""
    speaker = Speaker()
    found = [
        _clip(text, "interruption", text, speaker.say(text, *MANNERS[index % len(MANNERS)], SAMPLE_RATE))
        for index, text in enumerate(INTERRUPTIONS)
    ]
    for name, (start, end) in PEOPLE.items():
        said = person(name)[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)].astype(np.float64)
        found.append(_clip(name, "interruption", name, _levelled(said)))
    return found


# --- what must not interrupt ---------------------------------------------------------------------------------------

BACKCHANNELS = (
    ("Uh-huh.", None),
    ("Yeah.", None),
    ("Mm-hmm.", None),
    ("Okay.", None),
    ("Right.", None),
    ("I see.", "en-us+f3"),
    ("Yeah, yeah.", "en-gb"),
    ("Oh, okay.", "en-us+m3"),
)
"""What a listener says, and espeak-ng's voice that says it; None is `joe`."""
PACKAGE = "scratch"
"""The package of Debian with recordings of people. Its media are under CC-BY-SA-3.0."""
NOISES = ("Cough-female", "Cough-male", "Sneeze-female", "Sneeze-male", "Laugh-female", "Laugh-male1")
"""Recordings in the package of people who say no words."""
COUGHS = 2
"""Synthetic coughs beside the recorded ones."""


def distractions() -> list[Clip]:
    """Sixteen sounds that must not interrupt. The avatar's own echo needs no other sound."""
    speaker = Speaker()
    people = _noises()
    found = [
        _clip(text, "backchannel", text, _espeak(text, voice) if voice else speaker.say(text, *manner, SAMPLE_RATE))
        for (text, voice), manner in zip(BACKCHANNELS, (*MANNERS, *MANNERS), strict=False)
    ]
    found += [_clip(name, "cough", "", _levelled(sound)) for name, sound in people.items()]
    count = COUGHS + len(NOISES) - len(people)
    return found + [_clip(f"synthetic cough {seed}", "cough", "", cough(seed)) for seed in range(count)]


def cough(seed: int) -> Sound:
    """A cough: a burst as the glottis opens, breath through the throat, and a voiced end. Shape (n,).

    The phases and their lengths are from Korpas, Sadlonova, Vrabec: "Analysis of the cough sound: an overview"
    (1996)."""
    random = np.random.default_rng(seed)
    size = round(random.uniform(0.35, 0.5) * SAMPLE_RATE)
    at = np.arange(size) / SAMPLE_RATE
    burst = np.exp(-at / 0.02) * (1 - np.exp(-at / 0.001))
    breath = 0.35 * np.exp(-at / 0.12)
    noise = random.standard_normal(size) * (burst + breath)
    pitch = random.uniform(110, 220)
    glottis = np.sign(np.sin(2 * np.pi * pitch * at * (1 - 0.4 * at))) * np.exp(-(((at - 0.3) / 0.05) ** 2))
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    throat = sum(
        gain / (1 + ((frequency - centre) / width) ** 2)
        for gain, centre, width in ((1.0, 550, 200), (0.8, 1500, 350), (0.5, 2700, 500), (0.15, 5000, 2000))
    )
    shaped = np.fft.irfft(np.fft.rfft(noise + 0.2 * glottis) * throat, size)
    return _levelled(np.asarray(shaped))


def _clip(name: str, group: str, words: str, sound: Sound) -> Clip:
    start, end = edges(sound)
    margin = min(start, SAMPLE_RATE // 5)
    return Clip(name, group, words, sound[start - margin :].astype(np.float32), end - start + margin)


def _levelled(sound: Sound) -> Sound:
    """`sound` at the level of speech."""
    start, end = edges(sound / np.abs(sound).max() * 0.5)
    return sound * (NORMAL / rms(sound[start:end]))


def _espeak(text: str, voice: str) -> Sound:
    program = shutil.which("espeak-ng")
    if program is None:
        raise SystemExit("espeak-ng was not found; it speaks some of the backchannels: apt install espeak-ng")
    made = subprocess.run([program, "-v", voice, "--stdout", text], check=True, capture_output=True)
    with wave.open(io.BytesIO(made.stdout)) as file:
        sound = from_pcm16(file.readframes(1 << 24)).astype(np.float64)
        return _levelled(resample(sound, file.getframerate(), SAMPLE_RATE))


def _noises() -> dict[str, Sound]:
    """Sounds of people who cough, sneeze and laugh; none where Debian's packages cannot be reached."""
    folder = user_cache_path("parley") / "benchmarks"
    paths = [folder / f"{name}.wav" for name in NOISES]
    if not all(path.exists() for path in paths):
        try:
            _unpack(folder, paths)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"synthetic coughs only: Debian's package {PACKAGE} is out of reach ({error})", file=sys.stderr)
            return {}
    return {path.stem: read(path).astype(np.float64) for path in paths}


def _unpack(folder: Path, paths: Sequence[Path]) -> None:
    """Put the recordings of Debian's package into `folder`; apt checks its signature."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["apt-get", "download", "-qq", PACKAGE], cwd=scratch, check=True, capture_output=True)
        (package,) = Path(scratch).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(package), scratch], check=True, capture_output=True)
        for path in paths:
            shutil.copy(Path(scratch, "usr/share/scratch/Media/Sounds/Human", path.name), path)
