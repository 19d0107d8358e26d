"""Curves: sound as an envelope, mouth shapes as a strip. One unit across is 20 ms: figures stretch to any width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from models.face import VISEMES, Viseme
from models.protocols import Samples
from pipeline.runners.replay.page.markup import Markup, element

UNIT = 0.02
"""Seconds in one unit."""
LANE = 48
"""The height of a lane of sound, in units."""
STRIP = 20
"""The height of the strip of mouth shapes, in units."""
FAINT = 0.02
"""The share of full scale below which the loudest sample of a lane is not enlarged further."""


def envelope(samples: Samples, sample_rate: int) -> NDArray[np.float32]:
    """The loudest sample of each `UNIT`, 0 to 1, shape (units,)."""
    size = round(sample_rate * UNIT)
    padded = np.pad(np.abs(samples), (0, -samples.size % size))
    levels: NDArray[np.float32] = padded.reshape(-1, size).max(axis=1, initial=0.0)
    return levels


def wave(levels: NDArray[np.float32], start: float, class_: str) -> Markup:
    """An envelope as a shape around the middle of its lane, from `start` seconds on."""
    loudest = max(FAINT, float(levels.max(initial=0.0)))
    heights = np.maximum(1, np.round(levels / loudest * (LANE - 4) / 2)).astype(int)  # quiet stays visible as a line
    steps = np.diff(heights, append=heights[-1:])
    above = "".join(f"l1 {-step}" for step in steps)
    below = "".join(f"l-1 {-step}" for step in reversed(steps))
    first, last = heights[:1].sum(), heights[-1:].sum()
    return element("path", class_=class_, d=f"M{round(start / UNIT)} {LANE // 2 - first}{above}v{2 * last}{below}z")


def mouth(visemes: Iterable[Viseme], start: float) -> Iterator[Markup]:
    """Give a path for each mouth shape, whose bars are as high as the shape's weight."""
    bars: dict[str, list[str]] = {}
    for viseme in visemes:
        left, width = (start + viseme.start) / UNIT, viseme.duration / UNIT
        height = 2 if viseme.viseme == "sil" else 4 + (STRIP - 4) * viseme.weight
        bars.setdefault(viseme.viseme, []).append(f"M{left:.1f} {STRIP}v-{height:.0f}h{width:.1f}v{height:.0f}z")
    for name in VISEMES:
        if name in bars:
            yield element("path", element("title", name), class_=f"v-{name}", d="".join(bars[name]))


def lane(width: float, height: int, *shapes: Markup) -> Markup:
    """A drawing of `width` seconds that stretches to the width it is given."""
    return element(
        "svg",
        *shapes,
        viewBox=f"0 0 {max(1, round(width / UNIT))} {height}",
        preserveAspectRatio="none",
        height=height,
        aria_hidden="true",
    )
