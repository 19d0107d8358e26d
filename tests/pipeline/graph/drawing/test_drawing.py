from __future__ import annotations

import itertools
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipeline.graph.build import open_spec
from pipeline.graph.drawing.layout import SPACE, Layout, arrange
from pipeline.graph.drawing.mermaid import Edge, Picture, Shape, mermaid, picture
from pipeline.graph.drawing.svg import svg
from pipeline.graph.registry import Registry
from pipeline.graph.wiring import wire

ARMS = """
description: two voices & "quotes" <in> words
stages:
  asr:      {from: audio, engine: moonshine, fallbacks: [{engine: faster-whisper}]}
  intent:   {from: asr, engine: nearest}
  task:     {from: [asr, intent]}
  response: {from: [asr, intent, task], engine: not-installed-anywhere}
  tts-en:   {use: tts, from: response, engine: hibari}
  tts-zh:   {use: tts, from: response, engine: hibari}
  lips:     {use: lipsync, from: [tts-en, tts-zh]}
outputs: [asr, task, tts-en, tts-zh, lips]
"""


@pytest.fixture
def arms(tmp_path: Path) -> Picture:
    file = tmp_path / "arms.yaml"
    file.write_text(ARMS)
    spec = open_spec(file)
    wiring = wire(spec, Registry())
    spec.mistakes.raise_any()
    return picture(spec, wiring)


def chain(length: int, skips: int) -> Picture:
    """A line of nodes, each of which is also read by those up to `skips` further on."""
    names = [f"n{n}" for n in range(length)]
    shapes = tuple(Shape(name, "other", "", ()) for name in names)
    pairs = [(a, b) for (i, a), (j, b) in itertools.combinations(enumerate(names), 2) if j - i <= skips]
    return Picture("chain", "", shapes, tuple(Edge(a, b, f"from {a}") for a, b in pairs))


def test_the_picture_tells_engines_types_and_what_leaves(arms: Picture) -> None:
    shapes = {shape.name: shape for shape in arms.shapes}
    assert shapes["audio"].about == "silero · 16 kHz"
    assert shapes["asr"].about == "moonshine › faster-whisper"
    assert shapes["task"].about == "skills"  # the default is named too
    assert shapes["asr"].leaves == ("Partial", "Transcript")
    assert shapes["response"].leaves == ()
    assert Edge("asr", "intent", "Transcript") in arms.edges  # and not Partial: it does not pass this edge
    assert Edge("tts-zh", "lips", "Speech") in arms.edges


def test_mermaid(arms: Picture) -> None:
    lines = mermaid(arms).splitlines()
    assert lines[0] == "flowchart LR"
    assert '    n0(["audio<br>silero · 16 kHz"])' in lines
    assert '    n1 -->|"Transcript"| n2' in lines
    assert '    n1 -.->|"Partial | Transcript"| out' in lines
    assert mermaid(Picture("", "", (Shape("a", "x", 'say "hi"', ()),), ())).count("#quot;") == 2


def test_the_svg_is_well_formed_and_says_everything(arms: Picture) -> None:
    root = ElementTree.fromstring(svg(arms))
    words = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"arms", arms.about, "asr", "moonshine › faster-whisper", "tts-zh", "Speech", "Partial", "Reply"} <= words
    width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
    for element in root.iter("{http://www.w3.org/2000/svg}rect"):
        if "x" in element.attrib:
            assert 0 <= float(element.attrib["x"]) <= width - float(element.attrib["width"])
            assert 0 <= float(element.attrib["y"]) <= height - float(element.attrib["height"])


def extent(shape: Shape) -> tuple[float, float]:
    return 20.0, 30.0


def room_is_kept(layout: Layout) -> bool:
    pairs = (pair for column in layout.columns for pair in itertools.pairwise(column))
    return all(lower.y - lower.above - (upper.y + upper.below) >= SPACE - 1e-6 for upper, lower in pairs)


@pytest.mark.parametrize(("length", "skips"), [(1, 1), (2, 1), (7, 1), (7, 3), (12, 11)])
def test_nothing_overlaps_and_lines_run_from_column_to_column(length: int, skips: int) -> None:
    layout = arrange(chain(length, skips), extent)
    assert len(layout.columns) == length
    assert room_is_kept(layout)
    assert all(link.end.column - link.start.column == 1 for link in layout.links)


def test_the_main_line_is_straight_and_arms_lie_on_both_sides_of_it(arms: Picture) -> None:
    layout = arrange(arms, extent)
    assert room_is_kept(layout)
    y = {item.shape.name: item.y for column in layout.columns for item in column if item.shape}
    assert len({round(y[name], 1) for name in ("audio", "asr", "intent", "task", "response")}) == 1
    assert y["tts-en"] < y["response"] < y["tts-zh"]


def test_readers_of_the_same_packets_share_one_line(arms: Picture) -> None:
    layout = arrange(arms, extent)
    lanes = [item for column in layout.columns for item in column if item.shape is None]
    assert sorted((lane.label, lane.column) for lane in lanes) == [
        ("Intent", 3),
        ("Partial | Transcript", 2),
        ("Partial | Transcript", 3),
        ("Transcript", 2),
    ]
