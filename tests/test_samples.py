from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
import yaml
from support.needs import needing
from support.reading import word_error_rate
from support.waves import loudness

from audio_samples import FOLDER, SAMPLE_RATE, Sample, samples
from audio_samples.make_samples import AUDIBLE, Speaker, make
from audio_samples.recipes import LEVEL, PAUSE, RECIPES
from models.asr.moonshine import Moonshine
from models.protocols import UNKNOWN, Recogniser, Slot
from models.task.skills import Skills
from pipeline.devices.files.decoding import Recording, read
from pipeline.devices.files.paths import SUFFIXES

every_sample = pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.file)


@pytest.fixture(scope="module")
@needing("model")
def recogniser() -> Recogniser:
    engine = Moonshine()
    engine.load()
    return engine


def decibels(ratio: float) -> float:
    return float(20 * np.log10(ratio))


def test_every_recording_is_in_the_manifest() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.suffix in SUFFIXES}
    assert files == {sample.file for sample in samples()} == {recipe.file for recipe in RECIPES}
    assert len(files) >= 14


def test_they_are_small_enough_to_ship() -> None:
    assert sum(sample.path.stat().st_size for sample in samples()) < 6_000_000


def test_the_manifest_names_licence_and_origin() -> None:
    manifest = yaml.safe_load((FOLDER / "manifest.yaml").read_text("utf-8"))
    assert manifest["licence"] == "CC0-1.0"
    assert "CC0" in manifest["voice"]
    assert "make_samples" in manifest["made_by"]


def test_skills_of_many_packs_are_asked_for() -> None:
    """But for the time, whose answer is another whenever the samples are answered, and for what only pointing shows."""
    asked = {utterance.intent for sample in samples() for utterance in sample.utterances}
    assert asked <= {card.name for card in Skills().skills()} | {UNKNOWN}
    assert len(asked) >= 13


def test_every_kind_of_recording_is_there() -> None:
    found = samples()
    assert {".wav", ".flac", ".mp3", ".opus", ".m4a", ".webm"} == {sample.path.suffix for sample in found}
    assert any(sample.channels == 2 and sample.sample_rate == 44_100 for sample in found)
    assert {sample.noise for sample in found if sample.snr == 15.0} == {"pink", "babble"}
    assert any(PAUSE in line.text for recipe in RECIPES for line in recipe.lines)
    assert any(sample.level < -40.0 for sample in found)
    assert any(sample.utterances[0].start >= 5.0 for sample in found)
    assert any(len(sample.utterances[0].words.split()) == 1 for sample in found)
    visit = max(found, key=lambda sample: sample.duration)
    gaps = [after.start - before.end for before, after in zip(visit.utterances, visit.utterances[1:], strict=False)]
    assert visit.duration > 60.0
    assert len(visit.utterances) >= 5
    assert all(1.45 <= gap <= 3.05 for gap in gaps)


@every_sample
def test_slots_are_those_of_the_skill(sample: Sample) -> None:
    cards = {card.name: card for card in Skills().skills()}
    for utterance in sample.utterances:
        slots = {slot.name: slot for slot in cards[utterance.intent].slots} if utterance.intent != UNKNOWN else {}
        assert {name for name, slot in slots.items() if slot.required} <= set(utterance.slots) <= set(slots)
        assert all(_fits(slots[name], value) for name, value in utterance.slots.items())


def _fits(slot: Slot, value: str | int) -> bool:
    if slot.choices:
        return value in slot.choices
    return isinstance(value, int if slot.kind in ("integer", "duration") else str)


@every_sample
def test_sound_is_as_described(sample: Sample) -> None:
    with Recording(sample.path) as recording:
        sound = np.concatenate(list(recording))
    assert recording.notes == []
    assert recording.duration == pytest.approx(sample.duration, abs=0.1)
    assert np.abs(sound).max() < 1.0
    speech = np.concatenate([sound[round(one.start * SAMPLE_RATE) : one.end_sample] for one in sample.utterances])
    before = sound[: round((sample.utterances[0].start - 0.25) * SAMPLE_RATE)]
    # The two sides of stereo recordings are not equally loud, pauses are part of an utterance, and noise adds to it.
    assert decibels(loudness(speech)) == pytest.approx(sample.level, abs=2.0)
    assert decibels(loudness(speech) / loudness(before)) == pytest.approx(sample.snr, abs=3.0)


@pytest.mark.parametrize(
    "sample", [sample for sample in samples() if sample.path.suffix == ".wav"], ids=lambda s: s.file
)
def test_speech_ends_where_the_manifest_says(sample: Sample) -> None:
    with wave.open(str(sample.path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, SAMPLE_RATE)
    if sample.noise != "room":
        return  # what is noise and what is the softest speech cannot be told apart any more
    sound, audible = read(sample.path), AUDIBLE * 10 ** ((sample.level - LEVEL) / 20)
    for utterance in sample.utterances:
        start, end = round((utterance.start - 0.2) * SAMPLE_RATE), utterance.end_sample + round(0.2 * SAMPLE_RATE)
        loud = np.flatnonzero(np.abs(sound[start:end]) > audible) + start
        # The hiss lifts a sample over the threshold, or presses one below it, within a few periods of the end.
        assert loud[-1] + 1 == pytest.approx(utterance.end_sample, abs=SAMPLE_RATE // 50)
        assert loud[0] == pytest.approx(utterance.start * SAMPLE_RATE, abs=SAMPLE_RATE // 50)


def test_a_recogniser_understands_them(recogniser: Recogniser) -> None:
    said, heard = [], []
    for sample in samples():
        sound = read(sample.path)
        for utterance in sample.utterances:
            start, end = round((utterance.start - 0.3) * SAMPLE_RATE), utterance.end_sample + round(0.4 * SAMPLE_RATE)
            said.append(utterance.words)
            heard.append(recogniser.transcribe(sound[start:end]).text)
    assert word_error_rate(" ".join(said), " ".join(heard)) < 0.05


@pytest.mark.model
def test_made_again_they_are_the_same(tmp_path: Path) -> None:
    """To the byte on one machine; another kind of processor may round otherwise."""
    recipes = tuple(recipe for recipe in RECIPES if recipe.file in ("stop.wav", "buy.wav", "price.flac", "story.m4a"))
    shipped, speaker = {sample.file: sample for sample in samples()}, Speaker()
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        for sample in make(folder, speaker, recipes):
            assert [one.words for one in sample.utterances] == [one.words for one in shipped[sample.file].utterances]
            assert sample.duration == pytest.approx(shipped[sample.file].duration, abs=0.1)
    for recipe in recipes:
        assert (first / recipe.file).read_bytes() == (second / recipe.file).read_bytes()
