"""Fits models/lipsync/sound.json: mouth shapes in the sound of two voices that tell their phonemes.

    python benchmarks/fit_sound.py [--only hibari] [--out FILE]

It uses linear discriminant analysis (Fisher, 1936; Rao, 1948) in closed form, so the same sentences give the same file.
benchmarks/lipsync.py measures the result on other sentences. It needs the extra `samples`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from speakers import voices

from models.face import VISEMES
from models.lipsync.features import HOP, Frames, features, spectrum, timbre
from models.lipsync.phonemes import Phonemes
from models.lipsync.sound import FITTED
from models.protocols import Voiced
from models.task.skills import Skills

SIZES = (0.88, 1.0, 1.12)
"""Speeds at which each voice is played. Played faster, it has a shorter throat, as of a speaker who was not
recorded."""
SHRINKAGE = 0.02
"""How far the covariance is shrunk towards its diagonal (Friedman, "Regularized Discriminant Analysis", 1989)."""
WORDS = 4
"""Words that a sentence has at least. Shorter examples are left out."""


def sentences() -> list[str]:
    """The sentences that are spoken: the examples of the intents."""
    background = Path("models/language/en/background.txt").read_text(encoding="utf-8").splitlines()
    examples = [example for card in Skills().skills() for example in card.examples if "{" not in example]
    return sorted({line.strip() for line in [*background, *examples] if len(line.split()) >= WORDS})


def labels(voiced: Voiced, times: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """The viseme, as an index of `VISEMES`, that the phonemes give at each of `times`."""
    shapes = Phonemes().shape(voiced)
    places = np.searchsorted([shape.start for shape in shapes], times, side="right") - 1
    return np.array([VISEMES.index(shape.viseme) for shape in shapes])[np.maximum(places, 0)]


def discriminant(frames: Frames, shown: NDArray[np.int64]) -> tuple[Frames, Frames]:
    """The rows, shape (15, features), and the bias, shape (15,), of the linear scores of the mouth shapes."""
    counts = np.bincount(shown, minlength=len(VISEMES))
    means = np.stack([frames[shown == place].mean(axis=0) for place in range(len(VISEMES))])
    spread = frames - means[shown]
    covariance = spread.T @ spread / len(spread)
    covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(np.diag(covariance))
    rows = np.linalg.solve(covariance, means.T).T
    return rows, np.log(counts / counts.sum()) - (means * rows).sum(axis=1) / 2


def main() -> None:
    """Speak the sentences, fit the classifier, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="fit on one voice")
    parser.add_argument("--out", type=Path, default=FITTED)
    options = parser.parse_args()
    spoken = [
        piece
        for name, voice in voices().items()
        if options.only in (None, name)
        for sentence in sentences()
        for piece in voice.speak(sentence)
    ]
    heard = [
        (piece, size, spectrum(piece.samples, round(piece.sample_rate * size))) for piece in spoken for size in SIZES
    ]
    timbres = np.array([timbre(bands) for _, _, bands in heard])
    usual = np.average(timbres[:, 1:], axis=0, weights=timbres[:, 0])
    frames = np.concatenate([features(bands, usual) for _, _, bands in heard])
    shown = np.concatenate([labels(piece, (np.arange(len(bands)) + 0.5) * HOP * size) for piece, size, bands in heard])
    rows, bias = discriminant(frames, shown)
    fitted = {
        "timbre": usual.round(3).tolist(),
        "bias": bias.round(3).tolist(),
        "rows": {name: row.round(4).tolist() for name, row in zip(VISEMES, rows, strict=True)},
    }
    lines = [f'  "{name}": {json.dumps(row)}' for name, row in fitted["rows"].items()]
    head = f'{{"timbre": {fitted["timbre"]},\n"bias": {fitted["bias"]},\n"rows": {{\n'
    options.out.write_text(head + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
    print(f"{options.out}: {len(spoken)} sentences, {len(frames)} frames")


if __name__ == "__main__":
    main()
