"""Makes mouth shapes from the phonemes of the voice, at the times of the phonemes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from math import exp

import numpy as np

from models.face import Viseme
from models.lipsync.coarticulation import KEPT, Gesture, coarticulated
from models.lipsync.sound import Sound
from models.protocols import MouthShaper, Phoneme, Samples, Voiced

SHAPES = {
    "PP": "p b m ɸ β",
    "FF": "f v ɱ ʋ",
    "TH": "θ ð",
    "DD": "t d ɾ ʈ ɖ ɽ",
    "kk": "k ɡ g ŋ q ɢ x ɣ χ ʁ c ɟ ʔ ɰ ɴ",
    "CH": "ʃ ʒ tʃ dʒ tɕ dʑ tʂ dʐ ʂ ʐ ɕ ʑ ç ʝ ʧ ʤ ʨ ʥ",
    "SS": "s z ts dz ʦ ʣ",
    "nn": "n l ɲ ɳ ɫ ɭ ʎ ɬ",
    "RR": "ɹ r ɻ ʀ ɝ ɚ",
    "aa": "a ɑ æ ʌ ɐ ɶ",
    "E": "e ɛ ɜ ə ɘ œ ø",
    "ih": "i ɪ j ɨ ᵻ y ʏ ɥ",
    "oh": "ɔ o ɒ ɤ",
    "ou": "u ʊ w ʍ ɯ ʉ",
}
"""The sounds of the International Phonetic Alphabet by mouth shape.

The groups and their examples are those of Oculus LipSync ("Viseme Reference": PP put bat mat, FF fat vat, TH think
that, DD tip doll, kk call gas, CH chair join she, SS sir zeal, nn lot not, RR red, aa car, E bed, ih tip, oh toe, ou
book). A sound that it does not name stands with the nearest in place of articulation (IPA chart of 2020). A vowel
stands with the nearest in height and rounding. The central ə stands with E, at little weight."""

VISEME_OF = {sound: viseme for viseme, sounds in SHAPES.items() for sound in sounds.split()}
PAUSE_MARKS = frozenset(' ;:,.!?—…"()“”|_^$')

FIRST_PART = 0.6
"""The share of a diphthong that its first vowel takes: the first vowel is the longer one."""

WEIGHTS = {
    "sil": 0.0,
    "PP": 1.0,
    "FF": 0.9,
    "TH": 0.7,
    "CH": 0.8,
    "SS": 0.6,
    "RR": 0.6,
    "DD": 0.5,
    "nn": 0.5,
    "kk": 0.5,
}
"""How far the mouth goes for a consonant at full loudness. Lips meet (`KEPT`) however soft it is."""
STRESSED, UNSTRESSED, REDUCED = 1.0, 0.8, 0.5
"""How far the mouth opens for a vowel at full loudness. The last is for ə."""
HURRY = 0.04
"""Seconds: the time constant with which an unstressed vowel nears its full opening. The form is Lindblom's
("Spectrographic Study of Vowel Reduction", 1963), the constant is our own judgement."""

BLOCK = 0.01
"""Seconds over which loudness is averaged."""
SURROUNDINGS = 0.1
"""Seconds before and after a consonant whose loudness counts for it, because a stop itself is silent."""
SILENT = 0.03
"""A block is silent below this share of the loudest one: -30 dB."""
WHISPER = 0.01
"""A root mean square, -40 dB of full scale. Softer speech does not count as a speaker's full voice."""
LOUDNESS_EXPONENT = 0.6
"""The exponent that turns sound pressure into heard loudness (Stevens, "The Measurement of Loudness", 1955)."""


class Phonemes(MouthShaper):
    """Looks phonemes up in a table. Where a voice tells none, `Sound` finds the shapes in the sound."""

    def __init__(self) -> None:
        self._sound = Sound()

    def load(self) -> None:
        self._sound.load()

    def shape(self, voiced: Voiced) -> Sequence[Viseme]:
        """Mouth shapes from the first sample to the last."""
        if not voiced.phonemes:
            return self._sound.shape(voiced)
        loudness = _Loudness(voiced.samples, voiced.sample_rate)
        gestures = coarticulated(g for phoneme in voiced.phonemes if phoneme.duration for g in _gestures(phoneme))
        return [
            Viseme(gesture.viseme, gesture.start, gesture.end - gesture.start, round(_weight(gesture, loudness), 3))
            for gesture in gestures
            if gesture.end > gesture.start
        ]


class _Loudness:
    """How loud a voice is heard in any stretch of its sound: 0 to 1, where 1 is the voice's own level."""

    def __init__(self, samples: Samples, sample_rate: int) -> None:
        self.block = round(BLOCK * sample_rate)
        self.sample_rate = sample_rate
        blocks = np.append(samples, np.zeros(-samples.size % self.block, np.float32)).reshape(-1, self.block)
        power = np.einsum("ij,ij->i", blocks, blocks, dtype=np.float64) / self.block
        self._sums = np.concatenate([[0.0], np.cumsum(power)])
        # As in ITU-T P.56, the level of speech is that of its active part, so pauses do not lower it.
        active = power[power > SILENT**2 * power.max(initial=0.0)]
        self._level = max(float(active.mean()) if active.size else 0.0, WHISPER**2)

    def between(self, start: float, end: float) -> float:
        """The loudness of the mean power from `start` to `end`, in seconds."""
        last = self._sums.size - 1
        first = min(max(int(start * self.sample_rate / self.block), 0), max(last - 1, 0))
        stop = min(max(round(end * self.sample_rate / self.block), first + 1), last)
        if stop <= first:
            return 0.0
        power = max(float(self._sums[stop] - self._sums[first]), 0.0) / (stop - first)
        return min(float((power / self._level) ** (LOUDNESS_EXPONENT / 2)), 1.0)


def _gestures(phoneme: Phoneme) -> Iterator[Gesture]:
    """The shape of a phoneme, or the two of a diphthong."""
    start, end = phoneme.start, phoneme.start + phoneme.duration
    if PAUSE_MARKS.issuperset(phoneme.symbol):
        yield Gesture("sil", start, end, WEIGHTS["sil"])
        return
    is_stressed = phoneme.symbol[0] in "ˈˌ"
    sound = phoneme.symbol.strip("ˈˌː")
    # A letter with marks on it or after it (nasal, aspirated, half long) has the shape of the letter.
    bare = unicodedata.normalize("NFD", sound)
    viseme = VISEME_OF.get(sound) or VISEME_OF.get(bare[:2]) or VISEME_OF.get(bare[:1], "")
    if viseme in WEIGHTS:
        yield Gesture(viseme, start, end, WEIGHTS[viseme])
        return
    glide = VISEME_OF.get(sound[-1:], viseme)
    middle = end if glide == viseme or glide in WEIGHTS else start + FIRST_PART * phoneme.duration
    fullest = STRESSED if is_stressed else _reduced(REDUCED if sound == "ə" else UNSTRESSED, middle - start)
    yield Gesture(viseme, start, middle, fullest)
    if middle < end:
        yield Gesture(glide, middle, end, _reduced(UNSTRESSED, end - middle))


def _reduced(openness: float, duration: float) -> float:
    """How far a vowel of `duration` seconds opens on its way to `openness`."""
    return openness * (1 - exp(-duration / HURRY))


def _weight(gesture: Gesture, loudness: _Loudness) -> float:
    if gesture.viseme in KEPT:
        return gesture.openness
    around = SURROUNDINGS if gesture.viseme in WEIGHTS else 0.0
    return gesture.openness * loudness.between(gesture.start - around, gesture.end + around)
