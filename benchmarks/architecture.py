"""Draws the tree's own imports as a picture: python benchmarks/architecture.py docs/architecture.svg

A box is a room: a package or module of `pipeline` or of `models`. An arrow leads from a room to one that it imports,
and every arrow goes down. An import that a longer chain of arrows implies is not drawn.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from graphlib import TopologicalSorter
from html import escape
from pathlib import Path

import grimp  # import-linter reads imports with it

from pipeline.graph.drawing.layout import Item, Link, arrange
from pipeline.graph.drawing.mermaid import Edge, Picture, Shape
from pipeline.graph.drawing.svg import BOX, LETTER, MARGIN, STYLE, TIP, TOP

PACKAGES = ("pipeline", "models")
HUES = {"pipeline": 215, "models": 150}
"""Degrees of the colour circle: the colour of a room's border tells the package that it belongs to."""
GAP = 64.0
"""Pixels between two rows."""
TITLE = "The rooms of Parley"
ABOUT = "An arrow leads from a room to one that it imports; imports that longer ways imply are left out."


def imports(packages: tuple[str, ...] = PACKAGES) -> dict[str, set[str]]:
    """The rooms that each room imports."""
    graph = grimp.build_graph(*packages)
    rooms = sorted(room for package in packages for room in graph.find_children(package))
    for room in rooms:
        graph.squash_module(room)
    return {room: graph.find_modules_directly_imported_by(room).intersection(rooms) - {room} for room in rooms}


def reduced(uses: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The same rooms, without the imports that others imply. Raises graphlib.CycleError for a circle."""
    below: dict[str, set[str]] = {}
    kept = {}
    for room in TopologicalSorter(uses).static_order():
        implied = {far for near in uses[room] for far in below[near]}
        below[room] = uses[room] | implied
        kept[room] = uses[room] - implied
    return kept


def drawn(uses: Mapping[str, set[str]]) -> str:
    """The picture of `uses`, which comes from `reduced`, as the text of an SVG file."""
    shapes = tuple(Shape(room, package, name, ()) for room in uses for package, name in [room.split(".")])
    edges = tuple(Edge(other, room, "") for room in uses for other in sorted(uses[room]))
    # A column of `arrange` is a row here, counted from the bottom, and its y runs across.
    layout = arrange(Picture(TITLE, ABOUT, shapes, edges), lambda shape: (_width(shape) / 2, _width(shape) / 2))
    items = [item for row in layout.columns for item in row]
    across = MARGIN - min(item.y - item.above for item in items)
    width = max(max(item.y + item.below for item in items) + across, MARGIN + len(ABOUT) * LETTER["about"]) + MARGIN
    height = TOP + len(layout.columns) * (BOX + GAP) - GAP + MARGIN
    tops = [height - MARGIN - BOX - row * (BOX + GAP) for row in range(len(layout.columns))]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="title about">',
            f'<title id="title">{escape(TITLE)}</title>',
            f'<desc id="about">{escape(ABOUT)}</desc>',
            f"<style>\n{STYLE}\n</style>",
            '<rect class="page" width="100%" height="100%" rx="12"/>',
            f'<text class="head" x="{MARGIN}" y="30">{escape(TITLE)}</text>',
            f'<text class="note" x="{MARGIN}" y="48">{escape(ABOUT)}</text>',
            *(_arrow(link, tops, across) for link in layout.links),
            *(_room(item, item.shape, tops[item.column], across) for item in items if item.shape),
            "</svg>\n",
        ]
    )


def _width(shape: Shape) -> float:
    return max(len(shape.about) * LETTER["title"], len(shape.step) * LETTER["about"]) + 30


def _arrow(link: Link, tops: list[float], across: float) -> str:
    """The arrow from the foot of the importing room to the head of the imported one, directly or through a lane."""
    low, high = link.start, link.end
    x1, y1 = high.y + across, tops[high.column] + BOX
    x2, y2 = low.y + across, tops[low.column] - (TIP if low.shape else 0)
    bend = (y2 - y1) / 2
    way = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}"
    if low.shape is None:
        return f'<path class="edge" d="{way}v{BOX}"/>'
    return f'<path class="edge" d="{way}"/>\n<path class="tip" d="M{x2 - 4:.1f} {y2:.1f}h8l-4 {TIP}z"/>'


def _room(item: Item, shape: Shape, top: float, across: float) -> str:
    width, middle = _width(shape), item.y + across
    return "\n".join(
        [
            f'<rect class="card" x="{middle - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" height="{BOX}" rx="9" '
            f'style="stroke:hsl({HUES[shape.step]},60%,55%);stroke-width:1.8"/>',
            f'<text class="title" x="{middle:.1f}" y="{top + BOX / 2 - 2:.1f}">{escape(shape.about)}</text>',
            f'<text class="about" x="{middle:.1f}" y="{top + BOX / 2 + 15:.1f}">{escape(shape.step)}</text>',
        ]
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    Path(sys.argv[1]).write_text(drawn(reduced(imports())), encoding="utf-8")
