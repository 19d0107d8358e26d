"""Makes the recordings and their manifest: ``python -m audio_samples.make_samples [--out DIR]``.

The voice is piper's `joe` (CC0). Parley does not answer with it, so no recogniser hears the product's own voice. It
needs the extra ``samples``. Every random number is seeded and the voice's own randomness is off, so the same versions
on the same kind of processor give the same bytes.
"""

from __future__ import annotations

import argparse
import dataclasses
import zlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
import yaml
from numpy.typing import NDArray

from audio_samples import FOLDER, SAMPLE_RATE, Sample, Utterance
from audio_samples.recipes import BABBLE, LEVEL, PAUSE, RECIPES, Line, Recipe
from models.store.store import locate
from pipeline.devices.files.wav import write_wav

if TYPE_CHECKING:
    from av import AudioStream
    from piper import PiperVoice

Sound = NDArray[np.float64]
"""Mono sound, shape (n,), full scale is -1 to 1."""

VOICE = "piper-joe"
NORMAL = 10 ** (LEVEL / 20)
"""The root mean square of speech before a recipe's own level is applied; full scale is 1."""
AUDIBLE = 0.01
"""One per cent of full scale. Speech begins and ends where it passes this at the normal level."""
PAUSED = 0.5
"""Seconds of a pause in mid-sentence."""
MARGIN = 0.2
"""Seconds kept before and after the audible part, because the release of a last k or t is softer."""
FADE = 0.01
"""Seconds of a fade."""
TRAIL = 0.8
"""Seconds of silence after the last word."""
ENCODERS = {
    ".flac": ("flac", "flac", "s16"),
    ".mp3": ("mp3", "libmp3lame", "fltp"),
    ".opus": ("ogg", "libopus", "flt"),
    ".webm": ("webm", "libopus", "flt"),
    ".m4a": ("mp4", "aac", "fltp"),
}
"""FFmpeg's container, encoder and sample format for each suffix."""


class Speaker:
    """The voice that speaks the recordings."""

    def __init__(self) -> None:
        from piper import PiperVoice

        self._voice: PiperVoice = PiperVoice.load(locate(VOICE) / "en_US-joe-medium.onnx")

    def say(self, text: str, speed: float, pitch: float, sample_rate: int) -> Sound:
        """Speech at the normal level from its first to its last audible sample, with a margin and with pauses put
        in."""
        parts = [self._phrase(part, speed, pitch, sample_rate) for part in text.split(PAUSE)]
        silence = np.zeros(round((PAUSED - 2 * MARGIN) * sample_rate))
        return np.concatenate([parts[0], *(piece for part in parts[1:] for piece in (silence, part))])

    def _phrase(self, text: str, speed: float, pitch: float, sample_rate: int) -> Sound:
        from piper import SynthesisConfig

        # Played faster, the voice sounds higher, so it has to speak slower by as much.
        config = SynthesisConfig(length_scale=pitch / speed, noise_scale=0.0, noise_w_scale=0.0)
        chunks = list(self._voice.synthesize(text.strip(), config))
        sound = np.concatenate([chunk.audio_float_array for chunk in chunks]).astype(np.float64)
        sound = resample(sound, chunks[0].sample_rate * pitch, sample_rate)
        for _ in range(2):  # the level depends on where speech ends, and that on the level
            start, end = edges(sound)
            sound *= NORMAL / rms(sound[start:end])
        margin = round(MARGIN * sample_rate)
        padded = np.pad(sound, margin)
        start, end = edges(padded)
        clip = padded[start - margin : end + margin]
        fade = np.linspace(0.0, 1.0, round(FADE * sample_rate))
        clip[: fade.size] *= fade
        clip[-fade.size :] *= fade[::-1]
        return clip


def rms(sound: Sound) -> float:
    """The root mean square of a sound."""
    return float(np.sqrt(np.mean(sound**2)))


def edges(sound: Sound) -> tuple[int, int]:
    """The index of the first audible sample, and the index after the last."""
    audible = np.flatnonzero(np.abs(sound) > AUDIBLE)
    return int(audible[0]), int(audible[-1]) + 1


def resample(sound: Sound, old: float, new: float) -> Sound:
    """`sound` at another rate. Its spectrum is cut or padded, which is exact where sound begins and ends silent."""
    length = round(sound.size * new / old)
    spectrum = np.fft.rfft(sound)[: length // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, length) * (length / sound.size))


def pink(length: int, random: np.random.Generator) -> Sound:
    """Noise of equal power in every octave, with a root mean square of 1."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1))
    noise = np.fft.irfft(spectrum, length)
    return np.asarray(noise / rms(noise))


def babble(speaker: Speaker, length: int, sample_rate: int, random: np.random.Generator) -> Sound:
    """Several people who talk at once, with a root mean square of 1."""
    crowd = np.zeros(length)
    for text, pitch in zip(BABBLE, (0.84, 0.95, 1.08, 1.2), strict=True):
        speech = speaker.say(text, 1.0, pitch, sample_rate)
        crowd += np.resize(np.roll(speech, int(random.integers(speech.size))), length)
    return np.asarray(crowd / rms(crowd))


def record(recipe: Recipe, speaker: Speaker) -> tuple[Sound, list[Utterance]]:
    """The sound of a recipe, mono at its rate, and the times at which its lines are spoken."""
    rate = recipe.sample_rate
    margin = round(MARGIN * rate)
    pieces, utterances, at = [], [], 0
    for number, line in enumerate(recipe.lines):
        silence = np.zeros(round((line.gap if number else recipe.lead) * rate) - (2 if number else 1) * margin)
        speech = speaker.say(line.text, recipe.speed, recipe.pitch, rate)
        pieces += [silence, speech]
        at += silence.size + speech.size
        utterances.append(_utterance(line, (at - speech.size + margin) / rate, (at - margin) / rate))
    speech = np.concatenate([*pieces, np.zeros(round(TRAIL * rate) - margin)])
    random = np.random.default_rng(zlib.crc32(recipe.file.encode()))
    crowd = recipe.noise == "babble"
    noise = babble(speaker, speech.size, rate, random) if crowd else pink(speech.size, random)
    sound = speech + noise * NORMAL * 10 ** (-recipe.snr / 20)
    return sound * 10 ** (recipe.level / 20) / NORMAL, utterances


def _utterance(line: Line, start: float, end: float) -> Utterance:
    words = "".join(letter for letter in line.text.lower().replace(PAUSE, "") if letter.isalpha() or letter in " '")
    end_sample = round(end * SAMPLE_RATE)
    return Utterance(" ".join(words.split()), round(start, 3), round(end, 3), end_sample, line.intent, dict(line.slots))


def write(path: Path, sound: Sound, recipe: Recipe) -> None:
    """Write a recording in the format that the suffix of `path` names."""
    if path.suffix == ".wav":
        write_wav(path, sound.astype(np.float32), recipe.sample_rate)
    else:
        # Two thirds of the sound are on the left.
        sides = np.stack([sound, sound]) if recipe.channels == 1 else np.stack([sound * 1.2, sound * 0.6])
        encode(path, sides[: recipe.channels], recipe.sample_rate)


def encode(path: Path, sides: Sound, sample_rate: int) -> None:
    """Write `sides`, shape (channels, n), one or two channels, in the format that the suffix of `path` names."""
    container, encoder, form = ENCODERS[path.suffix]
    layout = "mono" if sides.shape[0] == 1 else "stereo"
    # Without bitexact, FFmpeg writes random stream numbers and its own version into the file.
    with av.open(path, "w", format=container, options={"fflags": "+bitexact"}) as file:
        stream = cast("AudioStream", file.add_stream(encoder, rate=sample_rate, layout=layout, format=form))
        stream.codec_context.flags |= 1 << 23  # AV_CODEC_FLAG_BITEXACT
        frame = av.AudioFrame.from_ndarray(sides.astype(np.float32), format="fltp", layout=layout)
        frame.sample_rate = sample_rate
        frame.pts = 0
        resampler = av.AudioResampler(form, layout, sample_rate, stream.codec_context.frame_size or None)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            for packet in stream.encode(piece):
                file.mux(packet)


def make(folder: Path, speaker: Speaker, recipes: tuple[Recipe, ...] = RECIPES) -> Iterator[Sample]:
    """Write the recordings into `folder`, and yield the description of each."""
    for recipe in recipes:
        sound, utterances = record(recipe, speaker)
        write(folder / recipe.file, sound, recipe)
        own = {field.name for field in dataclasses.fields(Sample)} & {f.name for f in dataclasses.fields(Recipe)}
        yield Sample(
            duration=round(sound.size / recipe.sample_rate, 3),
            utterances=tuple(utterances),
            **{name: getattr(recipe, name) for name in own},
        )


def describe(made: list[Sample]) -> dict[str, Any]:
    """The contents of the manifest."""
    return {
        "licence": "CC0-1.0",
        "voice": "en_US joe, medium, by the Rhasspy project: CC0-1.0",
        "made_by": f"python -m audio_samples.make_samples, with piper-tts {version('piper-tts')}",
        "samples": [
            {**dataclasses.asdict(sample), "utterances": [dataclasses.asdict(one) for one in sample.utterances]}
            for sample in made
        ],
    }


def main() -> None:
    """Make the recordings and the manifest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for the recordings and manifest.yaml")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    manifest = yaml.safe_dump(describe(list(make(out, Speaker()))), sort_keys=False, allow_unicode=True, width=120)
    out.joinpath("manifest.yaml").write_text(manifest, "utf-8")


if __name__ == "__main__":
    main()
