"""Compares mouth shapes from sound alone with those from phonemes, on sentences that were not used for fitting.

    python benchmarks/lipsync.py [--json]

It prints for each voice: `open`, the correlation of how far the mouth is open, 60 times a second; `open_envelope`, the
same for a mouth that only follows the loudness; `viseme` and `kind`, the share of time with the same shape and with the
same kind of shape; `closures`, the share of closed lips that are found within 40 ms; `false_closures`, the share of
found closures that are none; `lag_ms`, how late the mouth from sound is; `ms_per_s`, the work for a second of speech.
It needs the extra `samples`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from speakers import voices

from models.face import Viseme
from models.lipsync.phonemes import Phonemes
from models.lipsync.sound import Sound
from models.protocols import Voiced
from pipeline.devices.face.mouth import Mouth
from pipeline.devices.face.shapes import opening

SENTENCES = """
The old lighthouse keeper climbed the stairs before breakfast.
Maybe Bob will bring the purple umbrella, but I doubt it.
Five foxes vanished behind the thick fog over the valley.
She sells fresh fish and juicy cherries at the harbour market.
You should choose a good book and put it in the blue room.
My mother baked apple pie for everybody who came by.
Thank you for waiting; your boat leaves at half past three.
The weather will be bright and windy, so wear something warm.
He poured some coffee, opened the newspaper and sighed.
A small black puppy jumped over the muddy bank.
Both brothers thought that the path went north of the theatre.
Please keep the keys in the big green cupboard.
We watched huge waves crash against the jetty.
Peter painted a picture of a pumpkin for his neighbour.
The king quickly gave gold coins to the crooked guard.
It is a pleasure to measure such unusual treasure.
Could you move the wooden stool closer to the pool?
Every evening the choir sings softly in the church.
The butterfly flew above the maple tree and disappeared.
Nobody knows how long the voyage to the moon will take.
""".strip().splitlines()

RATE = 60
"""Pictures per second."""
KINDS = {
    "closed": "sil PP",
    "narrow": "FF TH DD kk nn ih",
    "wide": "aa E",
    "round": "RR oh ou",
    "sibilant": "CH SS",
}
KIND = {viseme: kind for kind, visemes in KINDS.items() for viseme in visemes.split()}
NEAR = 0.04
"""Seconds by which a closure may be early or late."""
FARTHEST = 9
"""Pictures, earlier and later, in which the lag of a mouth is looked for: 150 ms."""

Curve = NDArray[np.float64]


def times(voiced: Voiced) -> Curve:
    """The seconds at which the pictures of a piece are seen."""
    return (np.arange(int(voiced.samples.size / voiced.sample_rate * RATE)) + 0.5) / RATE


def openness(visemes: Sequence[Viseme], voiced: Voiced) -> Curve:
    """How far the mouth is open in each picture."""
    mouth = Mouth(visemes)
    return np.array([opening(mouth.at(float(at))) for at in times(voiced)])


def loudness(voiced: Voiced) -> Curve:
    """How loud the sound of each picture is: the curve of a mouth that only follows the loudness."""
    near = [int(at * voiced.sample_rate) for at in times(voiced)]
    half = voiced.sample_rate // RATE
    return np.array([float(np.sqrt(np.mean(voiced.samples[max(at - half, 0) : at + half] ** 2))) for at in near])


def shown(visemes: Sequence[Viseme], voiced: Voiced) -> list[str]:
    """The mouth shape in each picture."""
    starts = [viseme.start for viseme in visemes]
    places = np.maximum(np.searchsorted(starts, times(voiced), side="right") - 1, 0)
    return [visemes[place].viseme for place in places]


def found(wanted: Sequence[Viseme], given: Sequence[Viseme]) -> list[bool]:
    """Whether each closure of the lips in `wanted` has one in `given` within `NEAR`."""
    lips = [(v.start, v.start + v.duration) for v in given if v.viseme == "PP"]
    closures = [(v.start, v.start + v.duration) for v in wanted if v.viseme == "PP"]
    return [any(a < end + NEAR and b > start - NEAR for a, b in lips) for start, end in closures]


def lag(later: Sequence[Curve], earlier: Sequence[Curve]) -> float:
    """Seconds by which some curves follow others, at the peak of their correlation."""

    def together(shift: int) -> float:
        moved = [np.roll(curve, -shift)[FARTHEST:-FARTHEST] for curve in later]
        still = [curve[FARTHEST:-FARTHEST] for curve in earlier]
        return float(np.corrcoef(np.concatenate(moved), np.concatenate(still))[0, 1])

    return max(range(-FARTHEST, FARTHEST + 1), key=together) / RATE


def compare(pieces: Sequence[Voiced]) -> dict[str, float]:
    """The measures of one voice's pieces."""
    right = [Phonemes().shape(piece) for piece in pieces]
    began = time.process_time()
    heard = [Sound().shape(replace(piece, phonemes=())) for piece in pieces]
    took = time.process_time() - began
    wanted = [openness(shapes, piece) for shapes, piece in zip(right, pieces, strict=True)]
    given = [openness(shapes, piece) for shapes, piece in zip(heard, pieces, strict=True)]
    pairs = [
        pair
        for one, other, piece in zip(right, heard, pieces, strict=True)
        for pair in zip(shown(one, piece), shown(other, piece), strict=True)
    ]
    level = np.concatenate([loudness(piece) for piece in pieces])
    return {
        "open": float(np.corrcoef(np.concatenate(wanted), np.concatenate(given))[0, 1]),
        "open_envelope": float(np.corrcoef(np.concatenate(wanted), level)[0, 1]),
        "viseme": float(np.mean([a == b for a, b in pairs])),
        "kind": float(np.mean([KIND[a] == KIND[b] for a, b in pairs])),
        "closures": float(np.mean([hit for a, b in zip(right, heard, strict=True) for hit in found(a, b)])),
        "false_closures": 1 - float(np.mean([hit for a, b in zip(right, heard, strict=True) for hit in found(b, a)])),
        "lag_ms": 1000 * lag(given, wanted),
        "ms_per_s": 1000 * took / sum(piece.samples.size / piece.sample_rate for piece in pieces),
    }


def main() -> None:
    """Speak the sentences, shape and compare the mouths, and print the measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    as_json = parser.parse_args().json
    measures = {
        name: compare([piece for sentence in SENTENCES for piece in voice.speak(sentence)])
        for name, voice in voices().items()
    }
    if as_json:
        print(
            json.dumps({name: {key: round(value, 3) for key, value in row.items()} for name, row in measures.items()})
        )
        return
    for key in next(iter(measures.values())):
        print(f"{key:15}", *(f"{name} {row[key]:7.2f}" for name, row in measures.items()), sep="  ")


if __name__ == "__main__":
    main()
