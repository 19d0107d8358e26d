"""Shows how loud the microphone is."""

from __future__ import annotations

import math

import numpy as np
from textual.content import Content
from textual.widget import Widget

from pipeline.packets import Audio

QUIETEST = -60.0
"""The level at which the meter begins, in dB below full scale."""
FALL = 30.0
"""How fast peaks sink, in dB per second, so that a short sound can be seen."""
LABEL = "mic "
REFRESH = 15.0
"""How many times a second it is drawn."""


def level(audio: Audio) -> float:
    """The level of a piece of sound in dB below full scale; `QUIETEST` for silence."""
    power = float(np.square(audio.samples).mean()) if audio.samples.size else 0.0
    return max(QUIETEST, 10 * math.log10(power)) if power > 0 else QUIETEST


class LevelMeter(Widget):
    """A bar that jumps to the loudest sound since it was drawn last, and sinks slowly."""

    def __init__(self) -> None:
        super().__init__()
        self._now = self._shown = QUIETEST

    def on_mount(self) -> None:
        self.set_interval(1 / REFRESH, self._draw)

    def hear(self, audio: Audio) -> None:
        """Take a piece of sound, which is drawn with the next frame."""
        self._now = max(self._now, level(audio))

    def render(self) -> Content:
        width = max(0, self.size.width - len(LABEL))
        loud = round((1 - self._shown / QUIETEST) * width)
        return Content.assemble((LABEL, "dim"), ("━" * loud, "ansi_green"), ("─" * (width - loud), "dim"))

    def _draw(self) -> None:
        before = self._shown
        self._shown = max(self._now, self._shown - FALL / REFRESH, QUIETEST)
        self._now = QUIETEST
        if self._shown != before:
            self.refresh()
