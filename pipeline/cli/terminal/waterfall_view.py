"""Draws the steps between the user's last word and the first sound of the answer."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from pipeline.runtime.waterfall import Span

NAME, FIGURES = 10, 8
"""The columns of the names, and of the milliseconds after the bars."""


def line(start: float, end: float, width: int) -> str:
    """A bar between two shares of `width` cells, exact to half a cell, and at least half a cell long."""
    first = min(round(start * width * 2), width * 2 - 1)
    last = max(first + 1, round(end * width * 2))
    halves = [first <= half < last for half in range(width * 2)]
    cells = zip(halves[::2], halves[1::2], strict=True)
    return "".join({(0, 0): " ", (1, 0): "╸", (0, 1): "╺", (1, 1): "━"}[int(left), int(right)] for left, right in cells)


class WaterfallView(Widget):
    """A widget with a row for each step that the user waited for in the last turn."""

    spans: reactive[Sequence[Span]] = reactive[Sequence[Span]]((), layout=True)

    def render(self) -> Content:
        if not self.spans:
            return Content.styled("the steps of your wait for an answer", "dim")
        total = max(self.spans[-1].end, 1e-3)
        width = max(4, self.size.width - NAME - FIGURES)
        return Content("\n").join([self._row(span, total, width) for span in self.spans])

    def watch_spans(self) -> None:
        total = f"{self.spans[-1].end * 1000:.0f} ms to the first sound" if self.spans else "the last turn"
        self.border_title = total

    @staticmethod
    def _row(span: Span, total: float, width: int) -> Content:
        name = span.name if len(span.name) < NAME else f"{span.name[: NAME - 2]}…"
        bar = line(span.start / total, span.end / total, width)
        return Content.assemble(
            name.ljust(NAME), (bar, "$accent"), (f"{span.seconds * 1000:5.0f} ms".rjust(FIGURES), "dim")
        )
