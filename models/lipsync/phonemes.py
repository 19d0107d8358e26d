"""Mouth shapes from the phonemes of the voice, with their own times."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from models.protocols import MouthShaper, Phoneme, Samples, Viseme, Voiced

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
book). Sounds that it does not name stand with the nearest in place of articulation (IPA chart of 2020), vowels with the
nearest in height and rounding; the central ə stands with E, at little weight."""

VISEME_OF = {sound: viseme for viseme, sounds in SHAPES.items() for sound in sounds.split()}
CLOSED = frozenset({"sil", "PP"})
"""Shapes that are kept however short they are: a mouth that does not close looks wrong at once."""
PAUSE_MARKS = frozenset(' ;:,.!?—…"()“”|_^$')

FIRST_PART = 0.6
"""Of a diphthong: the first vowel is the longer one."""
SHORTEST = 0.03
"""Seconds; two frames of a display with 60 a second. Shorter shapes are never seen, and make a mouth flutter."""
SHORTEST_CLOSURE = 0.05
"""Seconds that closed lips take."""

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
"""How far a consonant goes: to its place in the mouth, however soft or loud."""
STRESSED, UNSTRESSED, REDUCED = 1.0, 0.8, 0.5
"""How far a vowel opens at full loudness; the last is for ə."""
SOFT = 0.35
"""Of its weight, what a vowel has left in a very soft voice."""

BLOCK = 0.01
"""Seconds over which loudness is averaged."""
ENVELOPE = 0.06
"""Seconds to a shape where a voice gives no phonemes."""
SILENT = 0.03
"""-30 dB of the loudest block."""


@dataclass(slots=True)
class _Shape:
    """A mouth shape on the way to a `Viseme`; times in seconds."""

    viseme: str
    """Empty for a sound that has no shape of its own."""
    start: float
    end: float
    openness: float
    """The weight at full loudness."""

    @property
    def must_stay(self) -> bool:
        return self.viseme in CLOSED or (self.viseme != "" and self.end - self.start >= SHORTEST)


class Phonemes(MouthShaper):
    """Looks phonemes up in a table; without phonemes, opens the mouth as far as the voice is loud."""

    inline = True

    def shape(self, voiced: Voiced) -> Sequence[Viseme]:
        """Mouth shapes from the first sample to the last."""
        loudness = _Loudness(voiced.samples, voiced.sample_rate)
        if voiced.phonemes:
            shapes = _joined(shape for phoneme in voiced.phonemes if phoneme.duration for shape in _shapes(phoneme))
            shapes = _joined(_visible(_with_lips_closed(shapes)))
        else:
            shapes = list(_envelope(loudness, voiced.samples.size / voiced.sample_rate))
        return [
            Viseme(shape.viseme, shape.start, shape.end - shape.start, round(_weight(shape, loudness), 3))
            for shape in shapes
            if shape.end > shape.start
        ]


class _Loudness:
    """How loud a sound is in any stretch of it, 0 to 1, its loudest block being 1."""

    def __init__(self, samples: Samples, sample_rate: int) -> None:
        self.block = round(BLOCK * sample_rate)
        self.sample_rate = sample_rate
        blocks = np.append(samples, np.zeros(-samples.size % self.block, np.float32)).reshape(-1, self.block)
        power = np.einsum("ij,ij->i", blocks, blocks) / self.block
        self._sums = np.concatenate([[0.0], np.cumsum(power, dtype=np.float64)])
        self._peak = max(float(power.max(initial=0.0)), 1e-12)

    def between(self, start: float, end: float) -> float:
        """Root of the mean power from `start` to `end`, in seconds."""
        last = self._sums.size - 1
        first = min(int(start * self.sample_rate / self.block), max(last - 1, 0))
        stop = min(max(round(end * self.sample_rate / self.block), first + 1), last)
        if stop <= first:
            return 0.0
        return float(np.sqrt((self._sums[stop] - self._sums[first]) / (stop - first) / self._peak))


def _shapes(phoneme: Phoneme) -> Iterator[_Shape]:
    """One shape, or two for a diphthong."""
    start, end = phoneme.start, phoneme.start + phoneme.duration
    if PAUSE_MARKS.issuperset(phoneme.symbol):
        yield _Shape("sil", start, end, WEIGHTS["sil"])
        return
    stress = STRESSED if phoneme.symbol[0] in "ˈˌ" else UNSTRESSED
    sound = phoneme.symbol.strip("ˈˌː")
    # A letter with marks on it or behind it (nasal, aspirated, half long) has the shape of the letter.
    bare = unicodedata.normalize("NFD", sound)
    viseme = VISEME_OF.get(sound) or VISEME_OF.get(bare[:2]) or VISEME_OF.get(bare[:1], "")
    if viseme in WEIGHTS:
        yield _Shape(viseme, start, end, WEIGHTS[viseme])
        return
    glide = VISEME_OF.get(sound[-1:], viseme)
    middle = end if glide == viseme or glide in WEIGHTS else start + FIRST_PART * phoneme.duration
    yield _Shape(viseme, start, middle, REDUCED if sound == "ə" else stress)
    if middle < end:
        yield _Shape(glide, middle, end, UNSTRESSED)


def _joined(shapes: Iterable[_Shape]) -> list[_Shape]:
    """`shapes` with neighbours that are equal made one."""
    joined: list[_Shape] = []
    for shape in shapes:
        if joined and joined[-1].viseme == shape.viseme:
            joined[-1].end = shape.end
            joined[-1].openness = max(joined[-1].openness, shape.openness)
        else:
            joined.append(shape)
    return joined


def _with_lips_closed(shapes: list[_Shape]) -> list[_Shape]:
    """Begin short closures of the lips earlier: they close ahead of the sound that the burst makes."""
    for before, shape in pairwise(shapes):
        if shape.viseme == "PP":
            shape.start = max(before.start, min(shape.start, shape.end - SHORTEST_CLOSURE))
            before.end = shape.start
    return shapes


def _visible(shapes: Sequence[_Shape]) -> list[_Shape]:
    """Give the time of shapes that nobody sees to the one behind, as a mouth prepares for what comes; at a closure, to
    the one before."""
    kept: list[_Shape] = []
    since: float | None = None
    for shape, behind in zip(shapes, [*shapes[1:], None], strict=True):
        if shape.must_stay:
            kept.append(replace(shape, start=shape.start if since is None else since))
            since = None
        elif kept and (behind is None or behind.viseme in CLOSED):
            kept[-1].end, since = shape.end, None
        elif since is None:
            since = shape.start
    if not kept and shapes:
        kept.append(_Shape("sil", shapes[0].start, shapes[-1].end, WEIGHTS["sil"]))
    return kept


def _envelope(loudness: _Loudness, length: float) -> Iterator[_Shape]:
    """Open where there is sound, closed where there is none."""
    count = max(round(length / ENVELOPE), 1)
    edges = [length * i / count for i in range(count + 1)]
    silence: _Shape | None = None
    for start, end in pairwise(edges):
        if loudness.between(start, end) >= SILENT:
            if silence:
                yield silence
            silence = None
            yield _Shape("aa", start, end, STRESSED)
        elif silence:
            silence.end = end
        else:
            silence = _Shape("sil", start, end, WEIGHTS["sil"])
    if silence:
        yield silence


def _weight(shape: _Shape, loudness: _Loudness) -> float:
    if shape.viseme in WEIGHTS:
        return shape.openness
    return shape.openness * (SOFT + (1 - SOFT) * min(loudness.between(shape.start, shape.end), 1.0))
