"""The layout of a picture: columns from left to right, as Sugiyama, Tagawa and Toda drew layered graphs (1981).

An edge that passes columns runs through a lane in each. Edges of one source with the same types share their lanes, so a
transcript that three stages read is one line that branches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean, median

from pipeline.graph.drawing.mermaid import Edge, Picture, Shape

SWEEPS = 8
"""Passes over the columns, after which the nodes of a graph with a few dozen of them no longer move."""
SPACE = 26.0
"""Pixels between two items in a column."""
LANE = 4.0
"""Pixels that a lane needs above and below its line."""


@dataclass(slots=True, eq=False)
class Item:
    """A node or a lane in its column."""

    column: int
    above: float
    """Pixels that it needs above `y`."""
    below: float
    label: str = ""
    """The packet types that a lane carries."""
    shape: Shape | None = None
    """The node that is drawn; None for a lane."""
    y: float = 0.0
    """The height at which lines meet it, in pixels downwards from the first node."""
    before: list[Item] = field(default_factory=list)
    after: list[Item] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Link:
    """A line between two items of neighbouring columns."""

    start: Item
    end: Item
    label: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The items of each column from top to bottom, and the lines between them."""

    columns: list[list[Item]]
    links: list[Link]


def arrange(picture: Picture, extent: Callable[[Shape], tuple[float, float]]) -> Layout:
    """Put every shape and every lane in its place; `extent` gives the pixels a shape needs above and below its y."""
    depth = _depths(picture)
    items = {shape.name: Item(depth[shape.name], *extent(shape), shape=shape) for shape in picture.shapes}
    lanes: dict[tuple[str, str, int], Item] = {}
    links: dict[tuple[int, int], Link] = {}
    columns: list[list[Item]] = [[] for _ in range(max(depth.values()) + 1)]
    for item in items.values():
        columns[item.column].append(item)
    for edge in sorted(picture.edges, key=lambda edge: depth[edge.target]):
        for start, end in _way(edge, items, lanes, columns):
            links.setdefault((id(start), id(end)), Link(start, end, edge.label))
    for link in links.values():
        link.start.after.append(link.end)
        link.end.before.append(link.start)
    _order(columns)
    _settle(columns)
    return Layout(columns, list(links.values()))


def _depths(picture: Picture) -> dict[str, int]:
    """Return the column of each shape: the number of edges on its longest way from the source."""
    depth: dict[str, int] = {}
    for shape in picture.shapes:
        depth[shape.name] = max((depth[e.source] + 1 for e in picture.edges if e.target == shape.name), default=0)
    return depth


def _way(
    edge: Edge, items: Mapping[str, Item], lanes: dict[tuple[str, str, int], Item], columns: list[list[Item]]
) -> Iterable[tuple[Item, Item]]:
    """Give the steps of an edge from column to column; missing lanes are made."""
    here, end = items[edge.source], items[edge.target]
    for column in range(here.column + 1, end.column):
        key = (edge.source, edge.label, column)
        if key not in lanes:
            lanes[key] = Item(column, LANE, LANE, edge.label)
            columns[column].append(lanes[key])
        yield here, lanes[key]
        here = lanes[key]
    yield here, end


def _order(columns: list[list[Item]]) -> None:
    """Order each column by the mean place of its neighbours, forwards and backwards; equal ones keep their order."""
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            place = {id(item): float(at) for each in columns for at, item in enumerate(each)}

            def wish(item: Item, place: dict[int, float] = place, forward: bool = forward) -> float:
                around = item.before if forward else item.after
                return fmean(place[id(other)] for other in around) if around else place[id(item)]

            column.sort(key=wish)


def _settle(columns: list[list[Item]]) -> None:
    """Draw each item to the middle of its neighbours as far as the order and the space between items allow."""
    for column in columns:
        _spread(column, [0.0] * len(column))
    for sweep in range(2 * SWEEPS + 1):
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            _spread(column, [median([other.y for other in _near(item, forward)] or [item.y]) for item in column])


def _near(item: Item, forward: bool) -> list[Item]:
    """Return the items that an item is drawn to: nodes to nodes on one side, so that the main line is straight, and
    lanes to both ends."""
    if item.shape is None:
        return [*item.before, *item.after]
    around = item.before if forward else item.after
    return [other for other in around if other.shape] or around


def _spread(column: list[Item], wishes: list[float]) -> None:
    """Give each item the y nearest to its wish, in order and with space between: isotonic regression by pooling
    adjacent violators. Nodes weigh so much that lanes move instead."""
    offset, last = 0.0, None
    pools: list[tuple[float, float, int]] = []  # mean of (wish - offset), weight, items
    offsets = []
    for item, wish in zip(column, wishes, strict=True):
        offset += last.below + SPACE + item.above if last else 0.0
        offsets.append(offset)
        mean, weight, count = wish - offset, 1e6 if item.shape else 1.0, 1
        while pools and pools[-1][0] > mean:
            other, heavy, more = pools.pop()
            mean = (mean * weight + other * heavy) / (weight + heavy)
            weight, count = weight + heavy, count + more
        pools.append((mean, weight, count))
        last = item
    means = [mean for mean, _, count in pools for _ in range(count)]
    for item, mean, shift in zip(column, means, offsets, strict=True):
        item.y = mean + shift
