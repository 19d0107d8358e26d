"""A picture as SVG: one file, no fonts or scripts of its own, legible on light and on dark pages."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from pipeline.graph.drawing.layout import Item, Layout, Link, arrange
from pipeline.graph.drawing.mermaid import Picture, Shape
from pipeline.graph.graph import AUDIO

MARGIN, TOP = 24.0, 76.0
"""Pixels around the drawing, and above it, where the title stands."""
TIP = 8
"""Pixels of an arrow's head."""
BOX, LEAF = 50.0, 16.0
"""Pixels of a node's height, and of a line for what leaves the graph."""
LETTER = {"title": 8.0, "about": 6.4, "label": 6.2}
"""Mean width of a letter in pixels, at the sizes of `STYLE`: a little more than that of common sans-serif fonts."""
HUES = {"audio": 215, "asr": 195, "intent": 265, "task": 30, "response": 150, "tts": 335, "lipsync": 5}
OTHER_HUE = 60
"""The hue of kinds of stage that Parley does not know."""

# Plain colours and not CSS variables: converters of SVG to other forms know only these.
STYLE = """
text { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: #17202e; }
.page { fill: #ffffff; }
.card { fill: #f6f8fb; stroke: #c3ccd9; }
.head { font-size: 17px; font-weight: 650; }
.title { font-size: 14px; font-weight: 600; text-anchor: middle; }
.about { font-size: 11.5px; fill: #5b6779; text-anchor: middle; }
.note { font-size: 12px; fill: #5b6779; }
.label { font-size: 11px; fill: #5b6779; text-anchor: middle; stroke: #ffffff; stroke-width: 5px;
  stroke-linejoin: round; paint-order: stroke; }
.leaf { font-size: 11px; font-weight: 600; text-anchor: middle; }
.edge { fill: none; stroke: #9aa6b8; stroke-width: 1.6px; }
.out { stroke-dasharray: 3 3; }
.tip { fill: #9aa6b8; }
@media (prefers-color-scheme: dark) {
  text { fill: #e8edf5; }
  .page { fill: #0e131b; }
  .card { fill: #19212d; stroke: #36425a; }
  .about, .note { fill: #9aa8bc; }
  .label { fill: #9aa8bc; stroke: #0e131b; }
  .edge { stroke: #5d6b84; }
  .tip { fill: #5d6b84; }
}
""".strip()


@dataclass(frozen=True, slots=True)
class Column:
    """The place of a column of items."""

    left: float
    width: float

    @property
    def right(self) -> float:
        """The right edge of the column."""
        return self.left + self.width

    @property
    def middle(self) -> float:
        """The line on which the nodes of the column are centred."""
        return self.left + self.width / 2


def svg(picture: Picture) -> str:
    """Return the picture as the text of an SVG file."""
    layout = arrange(picture, _extent)
    columns = _columns(layout)
    items = [item for column in layout.columns for item in column]
    down = TOP - min(item.y - item.above for item in items)
    head = max(len(picture.title) * 10, len(picture.about) * LETTER["about"])
    width = max(columns[-1].right, MARGIN + head) + MARGIN
    height = max(item.y + item.below for item in items) + down + MARGIN
    parts = [_line(link, columns, down) for link in layout.links]
    parts += [text for link in layout.links if (text := _label(link, columns, down))]
    parts += [_node(item, item.shape, columns[item.column], item.y + down) for item in items if item.shape]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="title about">',
            f'<title id="title">{escape(picture.title)}</title>',
            f'<desc id="about">{escape(picture.about)}</desc>',
            f"<style>\n{STYLE}\n</style>",
            '<rect class="page" width="100%" height="100%" rx="12"/>',
            _text("head", MARGIN, 30, picture.title),
            _text("note", MARGIN, 48, picture.about),
            *parts,
            "</svg>\n",
        ]
    )


def _extent(shape: Shape) -> tuple[float, float]:
    leaves = LEAF * len(shape.leaves) + 22 if shape.leaves else 0
    return BOX / 2, BOX / 2 + leaves


def _columns(layout: Layout) -> list[Column]:
    """Return columns as wide as their widest item, with room for the labels between them."""
    columns: list[Column] = []
    left = MARGIN
    for place, items in enumerate(layout.columns):
        column = Column(left, max(84.0, *map(_width, items)))
        columns.append(column)
        labels = [len(link.label) for link in layout.links if link.start.column == place and _direct(link)]
        left = column.right + max(48.0, max(labels, default=0) * LETTER["label"] + 38)
    return columns


def _width(item: Item) -> float:
    if item.shape is None:
        return len(item.label) * LETTER["label"]
    letters = [len(item.shape.name) * LETTER["title"], len(item.shape.about) * LETTER["about"]]
    letters += [len(leaf) * LETTER["label"] for leaf in item.shape.leaves]
    return max(letters) + 30


def _line(link: Link, columns: list[Column], down: float) -> str:
    """Return a line from the right side of one item to the left side of the next, and through a lane's column to its
    end."""
    start, end = link.start, link.end
    x1 = columns[start.column].right
    x2 = columns[end.column].left - (TIP if end.shape else 0)
    y1, y2 = start.y + down, _entry(link) + down
    bend = (x2 - x1) * 0.5
    way = f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    if end.shape is None:
        return f'<path class="edge" d="{way}H{columns[end.column].right:.1f}"/>'
    return f'<path class="edge" d="{way}"/>\n<path class="tip" d="M{x2:.1f} {y2 - 4:.1f}l{TIP} 4l-{TIP} 4z"/>'


def _entry(link: Link) -> float:
    """Return the y at which a line ends. Lines share a node's side in the order of their origins, the straightest in
    the middle."""
    end = link.end
    if end.shape is None:
        return end.y
    ranked = sorted(end.before, key=lambda each: each.y)
    straightest = min(ranked, key=lambda each: abs(each.y - end.y))
    step = min(12.0, (BOX / 2 - 8) / max(1, len(ranked) - 1))
    return end.y + (ranked.index(link.start) - ranked.index(straightest)) * step


def _direct(link: Link) -> bool:
    return link.start.shape is not None and link.end.shape is not None


def _label(link: Link, columns: list[Column], down: float) -> str:
    """Return the label of a line, which says once what it carries: between two nodes, or on its first lane."""
    if link.start.shape is None:
        return ""
    if link.end.shape is None:
        return _text("label", columns[link.end.column].middle, link.end.y + down + 4, link.label)
    x = (columns[link.start.column].right + columns[link.end.column].left - TIP) / 2
    y = (link.start.y + _entry(link)) / 2
    return _text("label", x, y + down - 7, link.label)


def _node(item: Item, shape: Shape, column: Column, y: float) -> str:
    left, top, middle = column.left, y - BOX / 2, column.middle
    hue = HUES.get(shape.step, OTHER_HUE)
    corner = BOX / 2 if shape.step == AUDIO else 9
    parts = [
        f'<rect class="card" x="{left:.1f}" y="{top:.1f}" width="{column.width:.1f}" height="{BOX}" rx="{corner}" '
        f'style="stroke:hsl({hue},60%,55%);stroke-width:1.8"/>',
        _text("title", middle, y + (5 if not shape.about else -2), shape.name),
    ]
    if shape.about:
        parts.append(_text("about", middle, y + 15, shape.about))
    if shape.leaves:
        end = y + BOX / 2 + 18
        parts.append(f'<path class="edge out" d="M{middle:.1f} {y + BOX / 2:.1f}V{end - 7:.1f}"/>')
        parts.append(f'<path class="tip" d="M{middle - 4:.1f} {end - 7:.1f}h8l-4 7z"/>')
        parts += [_text("leaf", middle, end + 13 + LEAF * at, leaf) for at, leaf in enumerate(shape.leaves)]
    return "\n".join(parts)


def _text(style: str, x: float, y: float, words: str) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
